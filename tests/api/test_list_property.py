"""Random customers and random requests: the server's list against a plain model of its rules."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.drawing import Customer, customer_from, customers_from, pairs_from, text_of
from icefloe.domain import collation
from support import Organization

# A whole world is drawn from one random source: Hypothesis's own pieces stay too small to collide,
# and shrinking a world over HTTP would take minutes.
FEW = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
sources = st.randoms(use_true_random=True)
REQUESTS_A_WORLD = 25


@dataclass(frozen=True)
class World:
    """An organization's customers in the order they were kept."""

    organization: Organization
    customers: list[Customer]
    client: httpx.Client


def is_found(customer: Customer, pairs: list[tuple[str, str]]) -> bool:
    """Whether a customer meets all filters of a request."""
    if customer["deleted_at"] is not None:
        return False
    scalars = dict(pairs)
    if scalars.get("active") == "true":
        return False
    lower = collation.lower
    if "email" in scalars and lower(customer["email"]) != lower(scalars["email"]):
        return False
    if "query" in scalars and not _holds(customer, lower(scalars["query"])):
        return False
    wanted: dict[str, list[str]] = {}
    for name, value in pairs:
        if name.startswith("metadata["):
            wanted.setdefault(name.removeprefix("metadata[").removesuffix("]"), []).append(value)
    return all(
        key in customer["metadata"] and text_of(customer["metadata"][key]) in alternatives
        for key, alternatives in wanted.items()
    )


def _holds(customer: Customer, wanted: str) -> bool:
    within = (customer["email"], customer["name"], customer["billing_name"])
    if any(one is not None and wanted in collation.lower(one) for one in within):
        return True
    external_id = customer["external_id"]
    return external_id is not None and collation.lower(external_id).startswith(wanted)


def in_order(found: list[Customer], words: list[str]) -> list[Customer]:
    """Customers, in the order they were kept, sorted as a request asks; no text comes after any."""

    def key_of(word: str) -> Callable[[Customer], Any]:
        name = word.removeprefix("-")
        if name == "created_at":
            return lambda one: one["created_at"].removesuffix("Z")
        return lambda one: collation.NO_TEXT if one[name] is None else collation.sort_key(one[name])

    # What nothing else tells apart is in the order it was kept, the way the last criterion runs.
    seen: dict[str, str] = {}
    for word in words or ["-created_at"]:
        seen.setdefault(word.removeprefix("-"), word)
    if [*seen] == ["name"]:
        # Those who are called the same come in the order in which they were made.
        seen["created_at"] = seen["name"].replace("name", "created_at")
    criteria = list(seen.values())
    ordered = found[::-1] if criteria[-1].startswith("-") else found[:]
    for word in reversed(criteria):
        # Sorting is stable, so what is sorted downwards is turned around twice.
        if word.startswith("-"):
            ordered.reverse()
            ordered.sort(key=key_of(word))
            ordered.reverse()
        else:
            ordered.sort(key=key_of(word))
    return ordered


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """One connection for all requests."""
    with httpx.Client(timeout=30, verify=False) as opened:  # noqa: S501 - plain HTTP
        yield opened


def ask(world: World, pairs: list[tuple[str, str]]) -> tuple[list[str], dict[str, int]]:
    """The ids on the page asked for, and the pagination."""
    answer = world.client.get(
        f"{world.organization.url}/v1/customers/?{urlencode(pairs)}",
        headers={"Authorization": f"Bearer {world.organization.token()}"},
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return [item["id"] for item in body["items"]], body["pagination"]


@settings(parent=FEW, max_examples=120)
@given(source=sources)
def test_the_list_follows_its_rules(
    source: Random,
    make_organization: Callable[[], Organization],
    client: httpx.Client,
) -> None:
    """Whom a request finds, in which order, on which of how many pages, is as the rules say."""
    kept = customers_from(source)
    world = World(make_organization(), kept, client)
    report = world.organization.keep(*kept)
    assert report.added == len(kept), report.failures

    for _ in range(REQUESTS_A_WORLD):
        pairs = pairs_from(source, kept)
        sortings = [value for name, value in pairs if name == "sorting"]
        found = in_order([one for one in kept if is_found(one, pairs)], sortings)
        expected = [one["id"] for one in found]
        limit = source.choice([1, 2, 3, 7, 10, 100, 1000])
        last = math.ceil(len(expected) / min(limit, 100))
        page = source.randint(1, last + 2)
        first = (page - 1) * limit

        answer = ask(world, [*pairs, ("limit", str(limit)), ("page", str(page))])

        assert answer == (
            expected[first : first + limit],
            {"total_count": len(expected), "max_page": last},
        ), (pairs, limit, page)


@settings(parent=FEW, max_examples=20)
@given(source=sources)
def test_a_walk_sees_each_customer_once(
    source: Random,
    make_organization: Callable[[], Organization],
    client: httpx.Client,
) -> None:
    """All pages of a request, one after another, hold each customer it finds exactly once."""
    kept = customers_from(source)
    world = World(make_organization(), kept, client)
    world.organization.keep(*kept)

    for _ in range(3):
        pairs = pairs_from(source, kept)
        limit = source.randint(1, 5)
        walked: list[str] = []
        page, last = 1, 1
        while page <= last:
            ids, pagination = ask(world, [*pairs, ("limit", str(limit)), ("page", str(page))])
            walked += ids
            last = pagination["max_page"]
            page += 1

        assert sorted(walked) == sorted(one["id"] for one in kept if is_found(one, pairs)), pairs


@settings(parent=FEW, max_examples=100)
@given(source=sources)
def test_what_is_kept_is_shown(source: Random) -> None:
    """The model itself is sound: a customer's own values find it, and nothing finds a deleted one."""
    live = {**customer_from(source), "deleted_at": None}
    pairs = [("email", live["email"]), ("query", live["email"])]
    pairs += [(f"metadata[{key}]", text_of(value)) for key, value in live["metadata"].items()]

    assert is_found(live, pairs)
    assert not is_found({**live, "deleted_at": "2026-01-01T00:00:00Z"}, pairs)
    assert in_order([live], []) == [live]
