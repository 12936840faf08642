"""The overview, as a browser without scripts and htmx get it from a running server."""

import asyncio
import contextlib
import dataclasses
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import pytest

import plain_http
from dashboard.elements import Element, read
from icefloe.dashboard.application import make_dashboard
from icefloe.domain.values.memberships import Role
from icefloe.log import Log
from icefloe.services import Services
from support import Organization, Server, new_customer, run

PASSWORD = "an oak, a boat, eleven geese"  # noqa: S105 - of people who are made for a test
FIELD = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Insider:
    """Somebody who is signed in, and their organization."""

    client: httpx.Client
    organization: Organization
    home: str

    def get(self, *, by: str = "", part: str | None = None, waits: bool = True) -> Element:
        """The overview; or a part of it, as htmx asks for it.

        With all its numbers, however busy the machine is, unless it is not to wait for them.
        """
        headers = {} if part is None else {"HX-Request": "true", "HX-Target": part}
        params = {"by": by} | ({"wait": "1"} if waits else {})
        return read(self.client.get(self.home, params=params, headers=headers))

    def write(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Change something by the API."""
        answer = self.organization.request(method, path, body=body)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json() if answer.content else {}
        return made


@dataclass
class Person:
    """Somebody who is signed in."""

    id: UUID
    client: httpx.Client

    def enter(self, organization: Organization, role: Role = "owner") -> Insider:
        """Become a member of an organization."""
        services = organization.services
        run(services.memberships.add(organization.id, self.id, role))
        slug = run(services.organizations.get(organization.id)).slug
        return Insider(self.client, organization, f"/dashboard/{slug}")


@contextlib.contextmanager
def signed_in(services: Services, client: httpx.Client) -> Iterator[Person]:
    """A new person, signed in by the form."""
    with client:
        email = f"{uuid4().hex[:12]}@example.com"
        person = run(services.people.create(email, PASSWORD, name="Ada Lovelace"))
        found = FIELD.search(client.get("/dashboard/sign-in").text)
        assert found
        form = {"csrf": found[1], "email": email, "password": PASSWORD}
        answer = client.post("/dashboard/sign-in", data=form)
        assert answer.status_code == 303, answer.text
        yield Person(person.id, client)


def client_of(server: Server) -> httpx.Client:
    """A client that keeps cookies, as a browser does."""
    return plain_http.client(server.url)


@pytest.fixture(scope="module")
def person(server: Server, services: Services) -> Iterator[Person]:
    """Somebody, for all tests: a password takes long to hash."""
    with signed_in(services, client_of(server)) as made:
        yield made


@pytest.fixture(scope="module")
def stranger(server: Server, services: Services) -> Iterator[Person]:
    """Somebody else."""
    with signed_in(services, client_of(server)) as made:
        yield made


@pytest.fixture
def insider(organization: Organization, person: Person) -> Insider:
    """The owner of the test's organization."""
    return person.enter(organization)


def figures_of(page: Element) -> dict[str, tuple[str, str]]:
    """The figures at the top: their names, what they are, and what is said of them."""
    return {
        card.get("span", class_="figure-name").text: (
            card.get("span", class_="figure").text,
            card.get("span", class_="hint").text,
        )
        for card in page.find_all("a", class_="figure-card")
    }


def table_of(page: Element, section: str) -> dict[str, str]:
    """The numbers of a section's plot, as its table tells them."""
    table = page.get("section", id=section).get("div", class_="plot").get("table")
    return {row.get("th").text: row.get("td").text for row in table.get("tbody").find_all("tr")}


class TestAccess:
    """Who sees the page."""

    def test_anonymous(self, insider: Insider) -> None:
        """Nobody sees it without signing in."""
        answer = plain_http.get(insider.organization.url + insider.home)

        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/dashboard/sign-in?next=")

    def test_of_another_organization(self, insider: Insider, stranger: Person) -> None:
        """Who is no member does not learn that there is such an organization."""
        answer = stranger.client.get(insider.home)

        assert answer.status_code == 404
        assert insider.home not in answer.text


class TestEmpty:
    """An organization without customers."""

    def test_welcome(self, insider: Insider) -> None:
        """It is told what to do: create a token, import customers, make one."""
        steps = insider.get().get("ol", class_="steps").find_all("a")

        assert [step.attributes["href"] for step in steps] == [
            f"{insider.home}/settings/tokens/new",
            f"{insider.home}/customers/import",
            f"{insider.home}/customers/new",
        ]

    def test_no_empty_plots(self, insider: Insider) -> None:
        """There is nothing to be seen in a plot, and so there is none."""
        assert insider.get().find_all("svg", class_="plot-field") == []

    def test_a_member(self, organization: Organization, person: Person) -> None:
        """Who may not create tokens is told whom to ask."""
        page = person.enter(organization, "member").get()

        assert "Ask one of the organization's owners" in page.get("ol", class_="steps").text

    def test_after_everybody_is_gone(self, insider: Insider) -> None:
        """Where customers have been, what became of them is still told."""
        made = insider.write("POST", "/v1/customers/", {"email": "ada@example.com", "name": "Ada"})
        insider.write("DELETE", f"/v1/customers/{made['id']}")

        page = insider.get()

        assert page.find_all("ol", class_="steps")
        assert "Ada was deleted" in page.get("section", id="changes").text


class TestGrowth:
    """How the organization grows."""

    def test_figures(self, insider: Insider) -> None:
        """Customers in total, and those of the last seven days against the seven before."""
        now = datetime.now(UTC)
        for number, days in enumerate((0, 1, 6, 8, 40)):
            made = (now - timedelta(days=days)).isoformat()
            insider.organization.keep(new_customer(number, created_at=made))

        figures = figures_of(insider.get())

        assert figures["Customers"] == ("5", "in total")
        assert figures["New, last 7 days"] == ("3", "2 more than in the 7 days before")

    @pytest.mark.parametrize(
        ("before", "week", "words"),
        [(1, 1, "as many as"), (2, 1, "1 fewer than"), (0, 2, "2 more than")],
    )
    def test_change(self, insider: Insider, before: int, week: int, words: str) -> None:
        """More, fewer or as many: it is said in words."""
        now = datetime.now(UTC)
        ages = [10] * before + [3] * week
        insider.organization.keep(
            *(
                new_customer(number, created_at=(now - timedelta(days=days)).isoformat())
                for number, days in enumerate(ages)
            )
        )

        _, told = figures_of(insider.get())["New, last 7 days"]

        assert told == f"{words} in the 7 days before"

    @pytest.mark.parametrize(
        ("by", "count", "form"),
        [
            ("day", 30, "{0:%a} {0.day} {0:%b %Y}, so far"),
            ("week", 26, "week of {1.day} {1:%b %Y}, so far"),
            ("month", 24, "{0:%B %Y}, so far"),
        ],
    )
    def test_spans(self, insider: Insider, by: str, count: int, form: str) -> None:
        """Days, weeks and months, up to the present one, each by an address of its own."""
        now = datetime.now(UTC)
        insider.organization.keep(new_customer(1, created_at=now.isoformat()))

        page = insider.get(by=by)

        numbers = table_of(page, "growth")
        monday = now - timedelta(days=now.weekday())
        assert len(numbers) == count
        assert list(numbers)[-1] == form.format(now, monday)
        assert list(numbers.values()) == ["0"] * (count - 1) + ["1"]
        switch = page.get("nav", class_="switch")
        assert switch.get("a", aria_current="true").attributes["href"] == f"{insider.home}?by={by}"

    def test_an_address_that_says_nothing(self, insider: Insider) -> None:
        """Any other span is days."""
        insider.organization.keep(new_customer(1))

        page = insider.get(by="<b>")

        assert page.get("nav", class_="switch").get("a", aria_current="true").text == "Day"

    def test_for_htmx(self, insider: Insider) -> None:
        """By itself comes the plot, and the figure that goes with it."""
        insider.organization.keep(new_customer(1, created_at=datetime.now(UTC).isoformat()))

        part = insider.get(by="month", part="growth")

        assert [one.attributes["id"] for one in part.inside if isinstance(one, Element)] == [
            "growth",
            "week",
        ]
        assert part.get("a", id="week").attributes["hx-swap-oob"] == "true"
        assert len(table_of(part, "growth")) == 24

    def test_says_whose_midnight(self, insider: Insider) -> None:
        """The page says by which time zone days are told."""
        insider.organization.keep(new_customer(1))

        assert "midnight UTC" in insider.get().get("section", id="growth").text


class TestBreakdowns:
    """How customers divide by their metadata."""

    def test_shown_and_linked(self, insider: Insider) -> None:
        """Each value is shown with how many customers have it, and leads to their list."""
        plans = ["free"] * 3 + ["pro & more"]
        insider.organization.keep(
            *(new_customer(at, metadata={"plan": plan, "n": at}) for at, plan in enumerate(plans))
        )

        section = insider.get().get("section", id="breakdowns")

        assert section.get("h3").text == "plan"
        first, second = section.get("ul").find_all("li")
        assert (first.text, second.text) == ("free 3 75%", "pro & more 1 25%")
        assert second.get("a").attributes["href"] == (
            f"{insider.home}/customers?metadata=plan%3Dpro+%26+more"
        )

    def test_nothing_telling(self, insider: Insider) -> None:
        """Where no key divides customers, the page says what would be shown."""
        insider.organization.keep(new_customer(1, metadata={"user_id": "u1"}))

        section = insider.get(part="breakdowns").get("section", id="breakdowns")

        assert "such as a plan or a country" in section.text


class TestChanges:
    """What happened last."""

    def test_told(self, insider: Insider) -> None:
        """Changes are told in words, the latest first, with the customer's page and the moment."""
        ada = insider.write("POST", "/v1/customers/", {"email": "a@example.com", "name": "Ada"})
        insider.write("PATCH", f"/v1/customers/{ada['id']}", {"name": "Ada Lovelace"})
        team = {"type": "team", "name": "Fjord & Sons", "email": "f@example.com"}
        fjord = insider.write("POST", "/v1/customers/", team)
        member = {"customer_id": fjord["id"], "email": "g@example.com", "name": "Grace"}
        insider.write("POST", "/v1/members/", member)

        entries = insider.get().get("section", id="changes").get("ol").find_all("li")

        assert [entry.find_all("span")[0].text for entry in entries] == [
            "Grace was added as a member",
            "Fjord & Sons was added",
            "Ada Lovelace was changed",
            "Ada was added",
        ]
        addresses = [entry.get("a").attributes["href"] for entry in entries]
        assert addresses == [
            f"{insider.home}/customers/{one['id']}" for one in (fjord, fjord, ada, ada)
        ]
        assert {entry.get("time").text for entry in entries} == {"just now"}
        assert all(entry.get("time").attributes["title"].endswith(" UTC") for entry in entries)

    def test_of_who_is_gone(self, insider: Insider) -> None:
        """Nothing leads to the page of a customer who is deleted."""
        insider.organization.keep(new_customer(1))
        made = insider.write("POST", "/v1/customers/", {"email": "a@example.com", "name": "Ada"})
        insider.write("DELETE", f"/v1/customers/{made['id']}")

        section = insider.get().get("section", id="changes")

        assert section.find_all("a") == []
        assert [each.text for each in section.find_all("strong")] == ["Ada", "Ada"]

    def test_no_more_than_twenty(self, insider: Insider) -> None:
        """However much happens, twenty changes are listed, and texts stay texts."""
        for number in range(22):
            body = {"email": f"{number}@example.com", "name": f"<b>{number}</b>"}
            insider.write("POST", "/v1/customers/", body)

        entries = insider.get().get("section", id="changes").get("ol").find_all("li")

        names = [entry.get("a").text for entry in entries]
        assert names == [f"<b>{number}</b>" for number in range(21, 1, -1)]

    def test_nothing_yet(self, insider: Insider) -> None:
        """Imported customers are no changes, and the page says so."""
        insider.organization.keep(new_customer(1))

        section = insider.get().get("section", id="changes")

        assert "Nothing has changed since these customers were imported" in section.text


class TestRequests:
    """What is asked of the API."""

    def test_counted(self, insider: Insider) -> None:
        """Requests of the last hour are counted, and the slowest are told by their routes."""
        insider.organization.keep(customer := new_customer(1))
        insider.organization.get("/v1/customers/")
        insider.organization.get(f"/v1/customers/{customer['id']}")
        insider.organization.get(f"/v1/customers/{uuid4()}")

        page = insider.get()

        assert figures_of(page)["Requests, last hour"][0] == "3"
        assert sum(int(count) for count in table_of(page, "requests").values()) == 3
        rows = page.get("table", class_="slowest").get("tbody").find_all("tr")
        told = sorted((row.get("code").text, row.find_all("td")[1].text) for row in rows)
        assert told == [
            ("GET /v1/customers/", "200"),
            ("GET /v1/customers/{id}", "200"),
            ("GET /v1/customers/{id}", "404"),
        ]
        assert customer["id"] not in page.get("table", class_="slowest").text

    def test_of_nobody_else(
        self, insider: Insider, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's requests, and those of nobody, are not among them."""
        insider.organization.keep(new_customer(1))
        make_organization().get("/v1/customers/")
        insider.organization.get("/v1/customers/", token=None)

        page = insider.get()

        assert figures_of(page)["Requests, last hour"] == ("0", "no requests")
        assert page.find_all("table", class_="slowest") == []

    def test_says_whose(self, insider: Insider) -> None:
        """The page says that each process knows its own requests only."""
        insider.organization.keep(new_customer(1))

        assert "this process measured" in insider.get().get("section", id="requests").text


class TestTokens:
    """The organization's access tokens."""

    def test_counted(self, insider: Insider) -> None:
        """Tokens that are in force are counted."""
        insider.organization.keep(new_customer(1))
        services, organization_id = insider.organization.services, insider.organization.id
        assert figures_of(insider.get())["Access tokens"] == ("0", "none yet")
        run(services.tokens.create(organization_id, "one", ("customers:read",)))
        token, _ = run(services.tokens.create(organization_id, "two", ("customers:read",)))
        run(services.tokens.revoke(token.id))

        assert figures_of(insider.get())["Access tokens"] == ("1", "not used yet")


class TestWaiting:
    """Where counting takes longer than a page may take."""

    @pytest.fixture
    def slow(self, organization: Organization) -> Iterator[tuple[Insider, asyncio.Event]]:
        """A dashboard in this process that counts nothing until it is let."""
        services = organization.services
        may_end = asyncio.Event()
        log = Log("json", io.StringIO())
        dashboard = make_dashboard(
            dataclasses.replace(
                services,
                growth=cast("Any", _Held(services.growth, "count", may_end)),
                breakdowns=cast("Any", _Held(services.breakdowns, "find", may_end)),
            ),
            b"secret",
            log,
        )
        with signed_in(services, InProcess(dashboard)) as person:
            yield person.enter(organization), may_end
        log.close()

    def test_the_page_does_not_wait(self, slow: tuple[Insider, asyncio.Event]) -> None:
        """The page comes without the numbers: htmx fetches them, and without it a link does."""
        insider, _ = slow
        insider.organization.keep(new_customer(1))

        page = insider.get(by="week", waits=False)

        assert figures_of(page)["New, last 7 days"] == ("…", "counting")
        assert page.find_all("svg", class_="plot-field", aria_labelledby="growth-plot-title") == []
        for part in ("growth", "breakdowns"):
            waiting = page.get("section", id=part).get("div", class_="counting")
            address = f"{insider.home}?by=week&wait=1"
            assert waiting.attributes["hx-get"] == address
            assert waiting.attributes["hx-trigger"] == "load"
            assert waiting.attributes["hx-target"] == f"#{part}"
            assert waiting.get("a").attributes["href"] == f"{address}#{part}"

    def test_who_waits_gets_the_numbers(self, slow: tuple[Insider, asyncio.Event]) -> None:
        """By the link, and for htmx, it takes as long as it takes."""
        insider, may_end = slow
        insider.organization.keep(
            *(new_customer(at, metadata={"plan": str(at % 2)}) for at in range(4))
        )
        insider.get(waits=False)

        may_end.set()

        assert insider.get().find_all("div", class_="counting") == []
        assert len(table_of(insider.get(part="growth"), "growth")) == 30
        part = insider.get(part="breakdowns")
        assert part.get("section", id="breakdowns").get("h3").text == "plan"


class InProcess(httpx.Client):
    """A client of an application in this process."""

    def __init__(self, application: Any) -> None:
        super().__init__(base_url="http://icefloe.test")
        self._asked = httpx.AsyncClient(
            transport=httpx.ASGITransport(application), base_url=self.base_url
        )

    def request(self, method: str, url: Any, **options: Any) -> httpx.Response:
        """Ask it."""
        return run(self._asked.request(method, url, **{**options, "follow_redirects": False}))


class _Held:
    """A service one of whose methods waits until it may end."""

    def __init__(self, service: Any, method: str, may_end: asyncio.Event) -> None:
        self._service = service
        self._may_end = may_end
        setattr(self, method, partial(self._wait, getattr(service, method)))

    async def _wait(self, method: Callable[..., Any], *values: Any) -> Any:
        await self._may_end.wait()
        return await method(*values)


def test_no_style_or_script_inside(insider: Insider) -> None:
    """The page brings no styles or scripts in itself: its policy would not have them."""
    insider.organization.keep(new_customer(1))

    answer = insider.client.get(insider.home)

    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert all("src" in script.attributes for script in read(answer).find_all("script"))
