"""A person in front of a browser: what they see, and what their browser complains of meanwhile."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import (
    APIResponse,
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    ViewportSize,
    expect,
    sync_playwright,
)

from icefloe.domain.values.memberships import Role
from support import Organization, run

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Letters in shades of one colour: pictures are the same on every screen, and smaller.
    "--disable-lcd-text",
]
# How long a page may take to show what must come: the machine may have much else to do.
_MILLISECONDS = 60_000
expect.set_options(timeout=_MILLISECONDS)
# Said of each answer of 400 and above; which of those are faults, the answers themselves tell.
_REFUSED = "Failed to load resource: the server responded with a status of 4"

PASSWORD = "an oak, a boat, eleven geese"  # noqa: S105 - of people who are made for a test
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)


@dataclass(frozen=True, slots=True)
class Insider:
    """A person of an organization who can sign in."""

    id: UUID
    email: str
    organization: Organization = field(compare=False)
    slug: str
    password: str = PASSWORD

    @property
    def home(self) -> str:
        """Where the organization's pages begin."""
        return f"/dashboard/{self.slug}"


def make_person(organization: Organization, role: Role = "owner") -> Insider:
    """Make somebody who has a role in an organization."""
    email = f"{uuid4().hex[:12]}@example.com"
    people, organizations = organization.services.people, organization.services.organizations
    made = run(people.create(email, PASSWORD, name="Ada Lovelace", roles={organization.id: role}))
    return Insider(made.id, email, organization, run(organizations.get(organization.id)).slug)


@dataclass
class Window:
    """A browser of somebody's, with its own cookies, and everything that it complained of."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(_MILLISECONDS)
        self.watch(self.page)
        self.page.context.on("page", self.watch)

    def watch(self, page: Page) -> None:
        """Note from now on what a page asks for, and what goes wrong on it."""
        page.on("request", self._note_request)
        page.on("response", self._note_response)
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))

    def go(self, path: str) -> Response:
        """Go to an address of the server's."""
        answer = self.page.goto(f"{self.url}{path}")
        assert answer is not None, path
        return answer

    @property
    def path(self) -> str:
        """Where it is, without the server's part."""
        return self.page.url.removeprefix(self.url)

    def sign_in(self, person: Insider) -> None:
        """Sign in as a person does, by the form."""
        self.go("/dashboard/sign-in")
        self.page.get_by_label("E-mail").fill(person.email)
        self.page.get_by_label("Password").fill(person.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def settle(self) -> None:
        """Wait until nothing is asked for, and what came is in its place."""
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_function(
            "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
        )

    def ask(self, method: str, path: str, **options: Any) -> APIResponse:
        """Ask as a program would that holds this browser's cookies; no redirect is followed."""
        return self.page.context.request.fetch(
            f"{self.url}{path}", method=method, max_redirects=0, **options
        )

    def _note_request(self, request: Request) -> None:
        self.requested.append(request.url)
        wanted = urlsplit(request.url)
        if wanted.scheme != "data" and f"{wanted.scheme}://{wanted.netloc}" != self.url:
            self.problems.append(f"asked elsewhere: {request.url}")

    def _note_response(self, response: Response) -> None:
        is_page = response.request.resource_type in {"document", "fetch", "xhr"}
        if response.status >= 500 or (response.status >= 400 and not is_page):
            self.problems.append(f"{response.url}: {response.status}")

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_REFUSED):
            self.problems.append(f"{message.location['url']}: {message.text}")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """This machine's Chromium, without a window."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        pytest.fail(
            "Chromium is not here: the dashboard's tests need it"
            " (apt-get install chromium fonts-dejavu-core)"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def is_page(answer: APIResponse) -> bool:
    """Whether an answer is a page to be looked at, and no file to be kept."""
    return answer.headers.get("content-type", "").startswith("text/html")
