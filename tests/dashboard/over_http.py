"""People at the dashboard, by plain HTTP: what they see, and the forms they send."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import httpx

import plain_http
from icefloe.domain.values.memberships import Role
from icefloe.domain.values.people import Person
from icefloe.services import Services
from support import Organization, run

TOKEN = "csrf"  # noqa: S105 - the field in which a form brings its token along
PASSWORD = "the tide comes in at seven"  # noqa: S105 - of people whom only tests know


@dataclass
class Form:
    """A form as it stands on a page: where it goes, and what it would send."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)


class Seen(HTMLParser):
    """What a page has: forms, links, the text that people read, and all attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._texts: list[str] = []
        self._choice = ""
        self.feed(page)

    @property
    def text(self) -> str:
        """What people read, with single spaces."""
        return re.sub(r"\s+", " ", " ".join(self._texts))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        given = {name: value or "" for name, value in attrs}
        self.attributes += given.items()
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "select" and self.forms:
            self._choice = given["name"]
        elif tag == "option" and "selected" in given:
            self.forms[-1].fields.append((self._choice, given["value"]))
        elif tag == "input" and "name" in given and self.forms:
            is_box = given.get("type") == "checkbox"
            if "checked" in given or not is_box:
                self.forms[-1].fields.append((given["name"], given.get("value", "")))

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self._texts.append(data)


class Visitor:
    """Somebody with a browser of their own, who is not signed in yet."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = plain_http.client(url)

    @property
    def cookies(self) -> httpx.Cookies:
        """What the browser has been given to send along."""
        return self.client.cookies

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask, without going where the answer redirects to."""
        return self.client.request(method, path, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a page."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """Send something by hand."""
        return self.request("POST", path, **options)

    def see(self, path: str) -> Seen:
        """A page that is there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return Seen(answer.text)

    def rows(self, base: str, query: str = "") -> list[str]:
        """The texts of the links to objects that a list at `base` has, in its order."""
        page = self.get(f"{base}{query}").text
        return re.findall(rf'href="{base}/[0-9a-f-]{{36}}">(.*?)<', page)

    def send(self, path: str, /, *, at: str = "", **values: str | list[str]) -> httpx.Response:
        """Fill in the form of a page, and send it.

        Args:
            path: the page that has it.
            at: what the address ends with that it goes to; the page's only or first form unless given.
            values: what is typed and chosen; the rest stays as it is.
        """
        return self.fill(path, values, at=at)

    def fill(
        self, path: str, values: Mapping[str, str | list[str]], *, at: str = ""
    ) -> httpx.Response:
        """The same, with the values in a mapping."""
        forms = [form for form in self.see(path).forms if form.method == "post"]
        forms = [form for form in forms if not form.action.endswith("/sign-out")] or forms
        form = next(form for form in forms if (form.action or path).endswith(at))
        sent: dict[str, list[str]] = {}
        for name, value in form.fields:
            sent.setdefault(name, []).append(value)
        for name, typed in values.items():
            sent[name] = [typed] if isinstance(typed, str) else typed
        return self.post(form.action or path, data=sent)

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in."""
        return self.send("/dashboard/sign-in", email=email, password=password)

    def token(self, path: str) -> str:
        """What a page's forms bring along."""
        return next(
            value for form in self.see(path).forms for name, value in form.fields if name == TOKEN
        )


async def add_person(
    services: Services, organization: Organization, role: Role = "owner"
) -> Person:
    """A person of an organization."""
    person = await services.people.create(
        f"{uuid4().hex[:12]}@example.com", PASSWORD, name="Ada Lovelace"
    )
    await services.memberships.add(organization.id, person.id, role)
    return person


def come_in(organization: Organization, role: Role = "owner") -> Visitor:
    """Somebody who has just been added to an organization, and signed in."""
    person = run(add_person(organization.services, organization, role))
    visitor = Visitor(organization.url)
    answer = visitor.sign_in(person.email)
    assert answer.status_code == 303, answer.text
    return visitor


def home_of(organization: Organization) -> str:
    """The address of an organization's pages."""
    return f"/dashboard/{run(organization.services.organizations.get(organization.id)).slug}"
