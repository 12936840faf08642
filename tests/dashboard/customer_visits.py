"""A person who goes through the dashboard's customers over HTTP, as a browser without scripts does."""

import contextlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

import plain_http
from icefloe.services import Services
from support import Organization, run

PASSWORD = "a quite long passphrase"  # noqa: S105 - of nobody
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_TAG = re.compile(r"<(?:script|style)[^>]*>.*?</(?:script|style)>|<[^>]+>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in, and the organization whose pages it looks at."""

    organization: Organization
    client: httpx.Client
    slug: str
    token: str

    def path(self, place: str = "") -> str:
        """The path of a page among the organization's customers."""
        base = f"/dashboard/{self.slug}/customers"
        return f"{base}/{place}" if place else base

    def get(self, place: str = "", *, by_htmx: bool = False, **parameters: Any) -> httpx.Response:
        """Look at a page."""
        headers = {"HX-Request": "true"} if by_htmx else {}
        return self.client.get(self.path(place), params=parameters, headers=headers)

    def post(
        self, place: str, fields: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """Send a form."""
        return self.client.post(
            self.path(place), data={"csrf": self.token, **(fields or {})}, **more
        )

    def send_file(self, name: str, content: bytes, **fields: str) -> httpx.Response:
        """Send a file of customers."""
        return self.post("import", fields, files={"file": (name, content)})

    def make(self, **values: Any) -> dict[str, Any]:
        """A customer, made by the API."""
        answer = self.organization.request("POST", "/v1/customers/", body=values)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def find(self, customer_id: str) -> httpx.Response:
        """A customer as the API returns it."""
        return self.organization.get(f"/v1/customers/{customer_id}")

    def wait_for_import(self, answer: httpx.Response) -> httpx.Response:
        """The page of an import that was begun, once it goes on no longer by itself."""
        assert answer.status_code == 303, text_of(answer)
        while "http-equiv" in (page := self.client.get(answer.headers["location"])).text:
            pass
        return page


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, and may be let into organizations."""

    id: UUID
    client: httpx.Client

    def enter(self, organization: Organization) -> Visitor:
        """Become a member of an organization, and look at its pages."""
        services = organization.services
        run(services.memberships.add(organization.id, self.id, "member"))
        slug = run(services.organizations.get(organization.id)).slug
        return Visitor(organization, self.client, slug, _token_on(self.client, f"{slug}/customers"))


@contextlib.contextmanager
def signed_in(services: Services, url: str) -> Iterator[Person]:
    """A new person, signed in: once for many tests, for it takes long."""
    email = f"{uuid4().hex[:12]}@example.com"
    person = run(services.people.create(email, PASSWORD, name="Ada Lovelace"))
    with plain_http.client(url, timeout=120) as client:
        fields = {"csrf": _token_on(client, "sign-in"), "email": email, "password": PASSWORD}
        assert client.post("/dashboard/sign-in", data=fields).status_code == 303
        yield Person(person.id, client)


def _token_on(client: httpx.Client, page: str) -> str:
    found = _TOKEN.search(client.get(f"/dashboard/{page}").text)
    assert found is not None
    return found[1]


def text_of(answer: httpx.Response) -> str:
    """What a page says, without its tags, in single spaces."""
    return " ".join(html.unescape(_TAG.sub(" ", answer.text)).split())


def fields_of(answer: httpx.Response) -> dict[str, Any]:
    """What a page's forms would send if somebody pressed their button: rows as lists."""
    fields: dict[str, Any] = {}
    for name, value in _values_of(answer.text):
        if name in {"csrf", "action"}:
            continue
        if name.startswith("metadata_"):
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    return fields


def _values_of(page: str) -> list[tuple[str, str]]:
    found: list[tuple[int, str, str]] = []
    for tag in re.finditer(r"<input\s[^>]*>", page):
        values = dict(re.findall(r'(\w+)="([^"]*)"', tag[0]))
        if "name" in values and (values.get("type") != "radio" or " checked" in tag[0]):
            found.append((tag.start(), values["name"], values.get("value", "")))
    for box in re.finditer(r'<select[^>]* name="(\w+)".*?</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', box[0])
        first = re.search(r'<option value="([^"]*)"', box[0])
        found.append((box.start(), box[1], (chosen or first or ["", ""])[1]))
    areas = re.finditer(r'<textarea[^>]* name="(\w+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    found += [(box.start(), box[1], box[2]) for box in areas]
    return [(name, html.unescape(value)) for _, name, value in sorted(found)]


def names_in(answer: httpx.Response) -> list[str]:
    """The customers' names in the rows of the list, in order."""
    return [
        html.unescape(name) for name in re.findall(r'class="row-link"[^>]*>([^<]*)<', answer.text)
    ]


def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The customers in an export of NDJSON."""
    return [json.loads(line) for line in answer.text.splitlines()]
