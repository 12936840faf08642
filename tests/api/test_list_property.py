"""Random customers and random requests: the server's list against a plain model of its rules."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from api.commerce.asking import make, make_product
from api.drawing import Customer, customer_from, customers_from, pairs_from, text_of
from api.rules import in_order, is_found
from depth import AT_EACH_DEPTH, Depth
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


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """One connection for all requests."""
    with httpx.Client(timeout=120, verify=False) as opened:  # noqa: S501 - plain HTTP
        yield opened


def subscribe_some(organization: Organization, source: Random, kept: list[Customer]) -> None:
    """Have some customers subscribe to something, and tell so in the model."""
    live = [one for one in kept if one["deleted_at"] is None]
    chosen = source.sample(live, min(len(live), source.choice([0, 1, 2, 8])))
    if not chosen:
        return
    product = make_product(organization, prices=[{"amount_type": "free"}])
    for one in chosen:
        make(organization, "subscriptions", product_id=product["id"], customer_id=one["id"])
        one["is_active"] = True


def ask(world: World, pairs: list[tuple[str, str]]) -> tuple[list[str], dict[str, int]]:
    """The ids on the page asked for, and the pagination."""
    answer = world.client.get(
        f"{world.organization.url}/v1/customers/?{urlencode(pairs)}",
        headers={"Authorization": f"Bearer {world.organization.token()}"},
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return [item["id"] for item in body["items"]], body["pagination"]


@AT_EACH_DEPTH
def test_the_list_follows_its_rules(
    depth: Depth, make_organization: Callable[[], Organization], client: httpx.Client
) -> None:
    """Whom a request finds, in which order, on which of how many pages, is as the rules say."""

    @settings(parent=FEW, max_examples=depth.of(120))
    @given(source=sources)
    def check(source: Random) -> None:
        kept = customers_from(source)
        world = World(make_organization(), kept, client)
        report = world.organization.keep(*kept)
        assert report.added == len(kept), report.failures
        subscribe_some(world.organization, source, kept)

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

    check()


@AT_EACH_DEPTH
def test_a_walk_sees_each_customer_once(
    depth: Depth, make_organization: Callable[[], Organization], client: httpx.Client
) -> None:
    """All pages of a request, one after another, hold each customer it finds exactly once."""

    @settings(parent=FEW, max_examples=depth.of(20))
    @given(source=sources)
    def check(source: Random) -> None:
        kept = customers_from(source)
        world = World(make_organization(), kept, client)
        world.organization.keep(*kept)
        subscribe_some(world.organization, source, kept)

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

            assert sorted(walked) == sorted(one["id"] for one in kept if is_found(one, pairs)), (
                pairs
            )

    check()


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
