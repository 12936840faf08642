// What pages cannot do without a script; everything else is in the HTML, and works without this file.
"use strict";

const tell = (text) => {
  const told = document.getElementById("told");
  told.textContent = "";
  setTimeout(() => (told.textContent = text), 50);
};

const mayBeSent = (form) =>
  [...form.querySelectorAll("[data-expected]")].every((input) => input.value.trim() === input.dataset.expected);

// Whether a page that refreshes itself was told not to; its box comes anew with each refresh.
let isPaused = false;

const prepare = (root) => {
  // Copying: buttons are hidden where they would do nothing.
  if (navigator.clipboard) {
    root.querySelectorAll("button[data-copy]").forEach((button) => (button.hidden = false));
  }
  // Typing a name to confirm: the button waits until it is right.
  root.querySelectorAll("[data-expected]").forEach((input) => {
    const button = input.form.querySelector("button:not([type=button])");
    button.disabled = !mayBeSent(input.form);
    input.addEventListener("input", () => (button.disabled = !mayBeSent(input.form)));
  });
  root.querySelectorAll("#live").forEach((input) => (input.checked = !isPaused));
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) {
    const text = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText((text.value ?? text.textContent).trim());
    const label = button.innerHTML;
    button.textContent = "Copied";
    tell("Copied");
    setTimeout(() => (button.innerHTML = label), 1500);
  }
  // A menu closes when something else is clicked.
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

prepare(document);
// Where the navigation scrolls, the page's own entry is in view.
const nav = document.querySelector(".side-nav");
const current = nav?.querySelector("[aria-current]");
if (current) nav.scrollLeft = current.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;

// What htmx puts into the page later is prepared too.
document.addEventListener("htmx:load", (event) => event.target !== document.body && prepare(event.target));

// What a filter was made of is in the address once it is in force.
document.addEventListener("submit", (event) => {
  if (!event.defaultPrevented) return;
  const menu = event.target.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  event.target.querySelectorAll("[data-once]").forEach((input) => (input.value = ""));
});

// A part that refreshes itself waits while its page is not seen or paused; a click is always followed.
document.addEventListener("htmx:beforeRequest", (event) => {
  const isClick = event.detail.requestConfig.triggeringEvent?.type === "click";
  if (!event.detail.elt.matches("[hx-trigger*='every ']") || isClick) return;
  if (document.hidden || isPaused) event.preventDefault();
});
document.addEventListener("change", (event) => {
  if (event.target.id === "live") isPaused = !event.target.checked;
});

// What had the focus may be gone afterwards, as "Next" is on the last page: then what came has it.
let hadFocus = false;
document.addEventListener("htmx:beforeSwap", (event) => (hadFocus = event.detail.target.contains(document.activeElement)));
document.addEventListener("htmx:afterSettle", (event) => {
  if (!hadFocus || document.activeElement !== document.body) return;
  event.detail.target.tabIndex = -1;
  event.detail.target.focus({ preventScroll: true });
});

// A file that the server would refuse is not even sent.
document.addEventListener("change", (event) => {
  const most = Number(event.target.dataset.maxBytes);
  if (!most) return;
  const isTooLarge = [...event.target.files].some((file) => file.size > most);
  event.target.setCustomValidity(isTooLarge ? "This file has more than 50 MB: see below how to import it." : "");
  event.target.reportValidity();
});

// Forms that act at once when a choice is made keep their button for those without scripts.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
