"""The same customers on every engine: the answers to the same requests are the same to the byte."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from api.drawing import (
    LETTERS,
    MOMENTS,
    Customer,
    customer_from,
    pairs_from,
    text_from,
)
from depth import AT_EACH_DEPTH, Depth
from icefloe.assembly import open_services
from icefloe.domain.imports import Imports
from icefloe.domain.values import collation
from icefloe.exchange.records import read_entry
from icefloe.settings import Settings
from support import HeldTime, Server, run, start_server

ORGANIZATION_ID = UUID("10000000-0000-4000-8000-000000000001")
CUSTOMERS = "/v1/customers/"
MEMBERS = "/v1/members/"
NOBODY = "20000000-0000-4000-8000-000000000002"
SECRET = "a secret of the tests, long enough"  # noqa: S105 - and of nobody else
HOW_MANY = 300
READS = 2000
WRITES = 150
# What each server makes up for itself.
_MADE_UP = re.compile(
    r'"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"'
    r'|"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"'
)

Body = dict[str, Any]


@dataclass
class Side:
    """One engine's server, how it is asked, and what it has made up, in order."""

    server: Server
    client: httpx.Client
    made_up: dict[str, str] = field(default_factory=dict)

    def masked(self, answer: httpx.Response) -> str:
        """An answer in which identifiers and moments are told by the order in which they came."""

        def name(found: re.Match[str]) -> str:
            return self.made_up.setdefault(found[0], f"made up {len(self.made_up)}")

        return _MADE_UP.sub(name, answer.text)


@dataclass
class World:
    """The same organization on every engine, and its customers as they were imported."""

    sides: list[Side]
    customers: list[Customer]

    def ask(self, method: str, path: str, body: object = None) -> list[httpx.Response]:
        """Every server's answer."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        return [
            side.client.request(method, path, headers=headers, content=content)
            for side in self.sides
        ]

    def compare(self, path: str) -> httpx.Response:
        """The one answer that all servers give."""
        first, *rest = self.ask("GET", path)
        for other in rest:
            assert (other.status_code, other.content) == (first.status_code, first.content), path
        return first

    def compare_masked(self, method: str, paths: list[str], body: object = None) -> list[Any]:
        """What all servers answer, but for what they make up; each side's own, as JSON."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        answers = [
            side.client.request(method, path, headers=headers, content=content)
            for side, path in zip(self.sides, paths, strict=True)
        ]
        told = [
            (answer.status_code, side.masked(answer))
            for side, answer in zip(self.sides, answers, strict=True)
        ]
        assert told[1:] == told[:-1], (method, paths, body)
        return [
            answer.json() if answer.is_success and answer.content else None for answer in answers
        ]


def crew_from(source: Random) -> list[Customer]:
    """Customers of every kind who may be kept together."""
    taken: set[tuple[str, str]] = set()
    kept: list[Customer] = []
    while len(kept) < HOW_MANY:
        one = customer_from(source)
        one["type"] = source.choice(["individual", "individual", "team"])
        if one["type"] == "team":
            one["owner"] = {
                "email": one["email"],
                "name": source.choice([None, "Boss", one["name"]]),
            }
            one["email"] = source.choice([one["email"], None])
        if source.random() < 0.3:
            one["billing_address"] = {
                "country": source.choice(["NO", "FR"]),
                "city": source.choice([None, text_from(source, LETTERS, 6)]),
            }
        if source.random() < 0.1:
            one["tax_id"] = ["FR61954506077", "eu_vat"]
        if source.random() < 0.3:
            one["modified_at"] = source.choice(MOMENTS)
        one["locale"] = source.choice([None, None, "nb-NO"])
        one["email_verified"] = source.random() < 0.5
        marks = {("id", one["id"])}
        if one["deleted_at"] is None:
            marks |= {
                (name, collation.lower(one[name]) if name == "email" else one[name])
                for name in ("email", "external_id")
                if one[name] is not None
            }
        if not marks & taken:
            taken |= marks
            kept.append(one)
    return kept


async def prepare(server: Server, kept: list[Customer]) -> str:
    """Keep the customers in a server's database, under the same identifiers; returns a token."""
    services = await open_services(Settings(database=server.database, secret=SecretStr(SECRET)))
    try:
        made = await services.organizations.create("Tests", organization_id=ORGANIZATION_ID)
        # Its identifiers count up: the members are the same on every engine, too.
        imports = Imports(services.storage, HeldTime().clock)
        report = await imports.run(
            made.id, lambda: [read_entry(f"item {at}", one) for at, one in enumerate(kept)]
        )
        assert (report.added, report.failed) == (len(kept), 0), report.failures
        scopes = ("customers:read", "customers:write", "members:read", "members:write")
        return (await services.tokens.create(made.id, "test", scopes))[1]
    finally:
        await services.stop()


@pytest.fixture
def world(
    postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """The same customers behind a server of every engine."""
    monkeypatch.setenv("ICEFLOE_SECRET", SECRET)  # none is left on this machine
    kept = crew_from(Random(20))  # noqa: S311 - the same each time
    sides: list[Side] = []
    try:
        for number, database in enumerate([f"sqlite:///{tmp_path / 'own.db'}", postgres_database]):
            server = start_server(database, tmp_path / f"server{number}.log")
            client = httpx.Client(base_url=server.url, timeout=120, verify=False)  # noqa: S501 - plain HTTP
            sides.append(Side(server, client))
            client.headers["Authorization"] = f"Bearer {run(prepare(server, kept))}"
        yield World(sides, kept)
    finally:
        for side in sides:
            side.client.close()
            side.server.stop()


def page_from(source: Random) -> list[tuple[str, str]]:
    """Which page, and how long; now and then one that nobody may ask for."""
    pairs = []
    if source.random() < 0.7:
        pairs.append(("limit", str(source.choice([1, 2, 3, 7, 10, 50, 100, 1000, 0]))))
    if source.random() < 0.5:
        pairs.append(("page", str(source.choice([1, 2, 3, 10, 400, -1]))))
    return pairs


def member_list_from(source: Random, kept: list[Customer]) -> str:
    """The path of a list of members."""
    one = source.choice(kept)
    pairs = page_from(source)
    if source.random() < 0.3:
        pairs.append(("customer_id", source.choice([one["id"], NOBODY, "x"])))
    if source.random() < 0.2:
        pairs.append(("external_customer_id", one["external_id"] or "x"))
    if source.random() < 0.4:
        pairs.append(("role", source.choice(["owner", "member", "billing_manager"])))
    if source.random() < 0.5:
        pairs.append(("sorting", source.choice(["created_at", "-created_at"])))
    return f"{MEMBERS}?{urlencode(pairs)}"


def growth_from(source: Random) -> str:
    """The path of a growth, of a range that is often a wide one."""
    start, end = sorted(f"{source.randint(1968, 2027)}-{source.randint(1, 12):02}-01" for _ in "ab")
    if source.random() < 0.4:
        start, end = "2025-12-29", "2026-01-03"
    pairs = [
        ("organization_id", str(ORGANIZATION_ID)),
        ("start", f"{start}T00:00:00Z"),
        ("end", f"{end}T00:00:00Z"),
        ("interval", source.choice(["year", "month", "week", "day", "hour"])),
    ]
    return f"{CUSTOMERS}growth?{urlencode(pairs)}"


def read_from(source: Random, kept: list[Customer]) -> str:
    """The path of a request that reads; most are lists."""
    one = source.choice(kept)
    after = source.choice(["", "", "/state", "/payment-methods", "/members"])
    kind = source.random()
    if kind < 0.65:
        return f"{CUSTOMERS}?{urlencode([*pairs_from(source, _live(kept)), *page_from(source)])}"
    if kind < 0.75:
        return f"{CUSTOMERS}{source.choice([one['id'], one['id'], NOBODY])}{after}"
    if kind < 0.83:
        external_id = quote(one["external_id"] or "nobody", safe="")
        return f"{CUSTOMERS}external/{external_id}{after}"
    return member_list_from(source, kept) if kind < 0.95 else growth_from(source)


def _live(kept: list[Customer]) -> list[Customer]:
    """Those with an address, whom a list can find by it."""
    return [one for one in kept if one["email"] is not None]


def change_from(source: Random) -> Body:
    """New values for a customer, some of which others have."""
    values: Body = {
        "email": source.choice([None, *(f"{name}@example.com" for name in "abcdeABCDE")]),
        "external_id": source.choice([None, "one", "two", "TWO", "100%", "é/x"]),
        "name": source.choice([None, "", text_from(source, LETTERS, 6)]),
        "metadata": {"k": source.choice([1, 1.0, "x", True])},
        "billing_address": {"country": source.choice(["NO", "FR", "xx"])},
        "type": source.choice(["individual", "team"]),
    }
    return {name: value for name, value in values.items() if source.random() < 0.5}


@dataclass
class Writer:
    """Writes at random, and remembers what it has made: identifiers of each side."""

    source: Random
    world: World
    customers: list[list[str]]
    members: list[tuple[list[str], list[str]]] = field(default_factory=list)

    def write(self) -> None:
        """One request, the same for every server."""
        kind = self.source.choice(
            ["create", "create", "create", "change", "change", "put", "delete", "member", "role"]
        )
        if kind == "create":
            self._create()
        elif kind == "put":
            path = f"{CUSTOMERS}external/{quote(self.source.choice(['one', 'é x', 'two']))}"
            body = {"email": "put@example.com", **change_from(self.source)}
            self._send("PUT", [path, path], {**body, "external_id": None})
        elif kind == "member":
            self._add_member()
        elif kind == "role" and self.members:
            customer, member = self.source.choice(self.members)
            method = self.source.choice(["PATCH", "PATCH", "DELETE"])
            body = {"role": self.source.choice(["owner", "member", "billing_manager"])}
            paths = [
                f"{CUSTOMERS}{one}/members/{other}"
                for one, other in zip(customer, member, strict=True)
            ]
            self._send(method, paths, body if method == "PATCH" else None)
        elif kind == "delete":
            flag = self.source.choice(["", "?anonymize=true"])
            self._send("DELETE", [f"{CUSTOMERS}{one}{flag}" for one in self._pick()], None)
        else:
            paths = [f"{CUSTOMERS}{one}" for one in self._pick()]
            self._send("PATCH", paths, change_from(self.source))

    def _create(self) -> None:
        body = {"email": f"{self.source.choice('fghijklmno')}@example.com"}
        made = self._send("POST", [CUSTOMERS, CUSTOMERS], body | change_from(self.source))
        if None not in made:
            self.customers.append([one["id"] for one in made])

    def _add_member(self) -> None:
        customer = self._pick()
        body = {"email": f"{self.source.choice('pqrstu')}@example.com", "name": "Mate"}
        paths = [f"{CUSTOMERS}{one}/members" for one in customer]
        made = self._send("POST", paths, body)
        if None not in made:
            self.members.append((customer, [one["id"] for one in made]))

    def _pick(self) -> list[str]:
        return self.source.choice(self.customers)

    def _send(self, method: str, paths: list[str], body: object) -> list[Any]:
        return self.world.compare_masked(method, paths, body)


@AT_EACH_DEPTH
def test_reads(world: World, depth: Depth) -> None:
    """Whatever is asked, every engine answers with the same status and the same bytes."""
    source = Random(21)  # noqa: S311 - the same each time
    statuses: dict[int, int] = {}
    reads = depth.of(READS)
    for _ in range(reads):
        answer = world.compare(read_from(source, world.customers))
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1

    assert {200, 404, 422} <= set(statuses)
    assert statuses[200] > reads / 2
    world.compare(f"{CUSTOMERS}export")


@AT_EACH_DEPTH
def test_writes(world: World, depth: Depth) -> None:
    """Whatever is written, every engine answers alike, and shows the same customers afterwards."""
    source = Random(22)  # noqa: S311 - the same each time
    imported = source.sample(world.customers, 40)
    writer = Writer(source, world, [[one["id"]] * len(world.sides) for one in imported])
    for _ in range(depth.of(WRITES)):
        writer.write()
    assert len(writer.members) > depth.of(18) / 6

    for path in (
        *(
            f"{CUSTOMERS}?{urlencode(pairs_from(source, _live(world.customers)))}"
            for _ in range(depth.of(60))
        ),
        *(f"{CUSTOMERS}?limit=100&page={page}&sorting=name" for page in range(1, 5)),
        *(f"{CUSTOMERS}?limit=100&page={page}" for page in range(1, 5)),
        *(f"{MEMBERS}?role={role}&limit=100" for role in ("member", "billing_manager")),
    ):
        world.compare_masked("GET", [path] * len(world.sides))
