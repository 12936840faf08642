"""Planting seeds: what is missing is made, what is there stays, and all of it is the same each time."""

import copy
import json
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from icefloe.domain import seeds, states
from icefloe.domain.customers import Customers
from icefloe.domain.members import Members
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.tokens import Tokens, is_well_formed
from icefloe.domain.values import access, errors, numbers
from icefloe.domain.values.access import Subject
from icefloe.domain.values.clock import SEEDED_BEGINNING, Clock
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.members import MemberQuery
from icefloe.domain.webhooks.endpoints import WebhookEndpoints
from icefloe.exchange.seeds import read
from support import HeldTime, run

SECRET = b"secret"
VALUE: dict[str, Any] = {
    "organizations": [
        {
            "name": "Acme",
            "slug": "acme",
            "seed": 7,
            "tokens": [{"name": "tests"}, {"name": "reader", "scopes": ["customers:read"]}],
            "customers": [
                {"email": "ada@example.com", "external_id": "usr_1"},
                {
                    "email": "team@example.com",
                    "type": "team",
                    "members": [
                        {"email": "owner@example.com", "role": "owner"},
                        {"email": "bob@example.com", "name": "Bob"},
                    ],
                },
                {"email": "eve@example.com", "created_at": "2025-05-01T00:00:00Z"},
            ],
        }
    ]
}


def plant(store: Storage, value: dict[str, Any], clock: Clock | None = None) -> Any:
    """Plant a seed with one organization; gives what came of that."""
    (planted,) = run(seeds.Seeds(store, clock or Clock(), SECRET).plant(read(value)))
    return planted


def kept(store: Storage, organization_id: UUID) -> list[dict[str, Any]]:
    """The customers of an organization, in the order in which they were kept."""

    async def walk() -> list[dict[str, Any]]:
        return [
            {**json.loads(record.document), "owner": str(record.owner.id)}
            async for batch in Customers(store).walk(organization_id, with_deleted=True)
            for record in batch
        ]

    return run(walk())


def members_of(store: Storage, organization_id: UUID) -> list[dict[str, Any]]:
    """The members of an organization, by their address."""
    subject = Subject(organization_id, UUID(int=0), frozenset())
    page = run(Members(store, Clock()).find_page(subject, MemberQuery()))
    found: list[dict[str, Any]] = json.loads(b"[%b]" % page.items)
    return sorted(found, key=lambda one: one["email"])


def test_planting(store: Storage) -> None:
    """An organization with its tokens, customers and members is there, with times from 2026 on."""
    planted = plant(store, VALUE)

    organization = planted.organization
    assert (organization.name, organization.slug) == ("Acme", "acme")
    assert organization.created_at == SEEDED_BEGINNING
    assert (planted.customers, planted.added) == (3, 3)
    assert [one["created_at"] for one in kept(store, organization.id)] == [
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:01Z",
        "2025-05-01T00:00:00Z",
    ]
    assert [(one["email"], one["role"]) for one in members_of(store, organization.id)] == [
        ("ada@example.com", "owner"),
        ("bob@example.com", "member"),
        ("eve@example.com", "owner"),
        ("owner@example.com", "owner"),
    ]


SELLING: dict[str, Any] = {
    "name": "Acme",
    "slug": "acme",
    "seed": 7,
    "benefits": [{"description": "Support"}],
    "products": [
        {"name": "Pro", "price": 2900, "recurring": "month", "benefits": ["Support"]},
        {"name": "Book", "price": 1999},
    ],
    "discounts": [{"name": "Half", "basis_points": 5000, "code": "HALF"}],
    "customers": [
        {
            "email": "ada@example.com",
            "subscriptions": [{"product": "Pro", "discount": "Half", "cancel_at_period_end": True}],
            "orders": [{"product": "Book", "status": "refunded"}],
            "meters": [{"meter": "credits", "credited": 100, "consumed": 60}],
        },
        {"email": "eve@example.com", "grants": [{"benefit": "Support"}]},
    ],
}


def held(store: Storage, organization_id: UUID) -> dict[str, Any]:
    """All that an organization sells and its customers have, by resource; and their states."""

    async def read_all(tables: Tables) -> dict[str, Any]:
        found: dict[str, Any] = await tables.commerce.find_all(organization_id)
        customers = await tables.customers.find_all(organization_id)
        told = [await states.find(tables, organization_id, one.id) for one in customers]
        return {**found, "states": [json.loads(one or b"") for one in told]}

    return run(store.read(read_all))


def test_what_customers_have(store: Storage) -> None:
    """Products and all that customers have is planted: the same each time, and once."""
    seed = {"organizations": [SELLING]}
    organization_id = plant(store, seed).organization.id
    there = held(store, organization_id)

    ada, eve = there["states"]
    (subscription,) = ada["active_subscriptions"]
    assert (subscription["amount"], subscription["cancel_at_period_end"]) == (1450, True)
    assert subscription["current_period_start"] == "2026-01-01T00:00:00Z"
    assert [len(one["granted_benefits"]) for one in (ada, eve)] == [1, 1]
    assert ada["active_meters"][0]["balance"] == 40
    (order,) = there["orders"]
    assert (order.document["status"], order.document["total_amount"]) == ("refunded", 1999)

    plant(store, seed)
    assert held(store, organization_id) == there
    run(Organizations(store, Clock()).remove(organization_id))
    plant(store, seed)
    assert held(store, organization_id) == there


def test_more_is_planted(store: Storage) -> None:
    """What a seed says more the next time is planted beside what is there, which stays as it is."""
    organization_id = plant(store, {"organizations": [SELLING]}).organization.id
    there = held(store, organization_id)
    more = copy.deepcopy(SELLING)
    more["products"].insert(0, {"name": "Team", "recurring": "year"})
    more["customers"][0]["subscriptions"].append({"product": "Team", "status": "past_due"})
    plant(store, {"organizations": [more]})
    now = held(store, organization_id)
    assert [one.document["status"] for one in now["subscriptions"]] == ["active", "past_due"]
    assert now["products"][:2] == there["products"]
    assert now["subscriptions"][:1] == there["subscriptions"]


def test_objects_without_a_seed(store: Storage) -> None:
    """Without a seed, customers are found by what names them, and nothing is planted twice."""
    seed = {"organizations": [{**SELLING, "seed": None}]}
    organization_id = plant(store, seed).organization.id
    there = held(store, organization_id)
    assert there["states"][0]["active_meters"][0]["balance"] == 40
    plant(store, seed)
    assert held(store, organization_id) == there


def test_what_is_not_there(store: Storage) -> None:
    """A seed whose objects name what is not there is refused, with the place."""
    customer = {"email": "ada@example.com", "subscriptions": [{"product": "Pro"}]}
    seed = {"organizations": [{"name": "Acme", "customers": [customer]}]}
    place = r"organizations\.0\.customers\.0\.subscriptions\.0\.product: Product does not exist"
    with pytest.raises(errors.ConfigurationError, match=place):
        plant(store, seed)


def test_the_same_everywhere(store: Storage) -> None:
    """Ids, times and tokens are those that every machine and every engine gives."""
    planted = plant(store, VALUE)

    assert str(planted.organization.id) == "b4c775d2-4b8d-485e-8312-54d581c9c658"
    assert planted.tokens[0].value == "polar_oat_B8QbBn4rP6SvZR94RbsaPrNpXfdotEubBEpga3eiozD"
    assert [one["id"] for one in kept(store, planted.organization.id)] == [
        "d18a0317-f418-4b53-ae29-e3a9695eda80",
        "e894a9f2-78f9-4721-a5f9-2605aca3456f",
        "4bdf2346-4192-4206-a183-fc96d5052f95",
    ]
    assert [one["id"] for one in members_of(store, planted.organization.id)] == [
        "da057a71-b46e-4a6b-909c-99ce1dd2321a",
        "4ca87fa5-c54e-41c9-843b-a16fb7d2e03f",
        "676010d5-6559-4bde-bc1f-e7c1b315c89b",
        "04bf61b6-9fcd-40f6-a76e-bb5207090301",
    ]


def test_tokens(store: Storage) -> None:
    """A token speaks for its organization and allows what the seed says."""
    planted = plant(store, VALUE)

    rules = Tokens(store, Clock(), SECRET)
    usual, reader = [run(rules.authenticate(token.value)) for token in planted.tokens]
    assert usual.organization_id == planted.organization.id
    assert usual.scopes == set(access.USUAL_SCOPES)
    assert reader.scopes == {"customers:read"}


def test_webhooks(store: Storage) -> None:
    """An endpoint has the id and secret that every machine gives; one that was deleted stays so."""
    (acme,) = VALUE["organizations"]
    hook = {"url": "http://localhost:3000/hook", "events": ["customer.created"]}
    value = {"organizations": [{**acme, "webhooks": [hook]}]}
    rules = WebhookEndpoints(store, Clock())

    planted = plant(store, value)
    organization_id = planted.organization.id
    (endpoint,), _ = run(rules.find_page(organization_id, PageRequest()))
    plant(store, value)
    _, count = run(rules.find_page(organization_id, PageRequest()))
    run(rules.delete(organization_id, endpoint.id))
    plant(store, value)

    assert str(endpoint.id) == "3ebd70da-bd4b-45b8-a70d-4d736ff4ce1a"
    assert endpoint.secret == "whsec_xd6AUgMivHWcnpvGn9u9lEwgpKn3dxbPPTEt53b3L3vN"  # noqa: S105 - of no account
    assert (endpoint.url, endpoint.events) == (hook["url"], ("customer.created",))
    assert str(endpoint.created_at) == "2026-01-01 00:00:00+00:00"
    assert count == 1
    assert run(rules.find_page(organization_id, PageRequest())) == ([], 0)


def test_webhooks_that_must_be_public(store: Storage) -> None:
    """A URL that the server may not send to ends the planting with what is wrong."""
    seed = read({"organizations": [{"name": "A", "webhooks": [{"url": "http://localhost/"}]}]})
    strict = seeds.Seeds(store, Clock(), SECRET, public_webhooks_only=True)

    with pytest.raises(errors.ConfigurationError, match="webhook http://localhost/ of the seed's"):
        run(strict.plant(seed))


def test_planting_again(store: Storage) -> None:
    """Planting again changes nothing, and makes again what has gone."""
    organization_id = plant(store, VALUE).organization.id
    customers, members = kept(store, organization_id), members_of(store, organization_id)
    tokens = run(Tokens(store, Clock(), SECRET).find_all(organization_id))

    again = plant(store, VALUE)

    assert (again.customers, again.added) == (3, 0)
    assert kept(store, organization_id) == customers
    assert members_of(store, organization_id) == members
    assert run(Tokens(store, Clock(), SECRET).find_all(organization_id)) == tokens


def test_what_is_there_stays(store: Storage) -> None:
    """A customer who was changed, a token that was revoked and another name are left as they are."""
    planted = plant(store, VALUE)
    rules = Tokens(store, Clock(), SECRET)
    run(rules.revoke(run(rules.authenticate(planted.tokens[0].value)).token_id))
    changed = json.loads(json.dumps(VALUE))
    changed["organizations"][0]["id"] = str(planted.organization.id)
    changed["organizations"][0]["name"] = "Another"
    changed["organizations"][0]["tokens"][0]["value"] = planted.tokens[0].value
    changed["organizations"][0]["customers"][0]["name"] = "Ada"

    again = plant(store, changed)

    assert again.organization == planted.organization
    assert kept(store, planted.organization.id)[0]["name"] is None
    with pytest.raises(errors.AuthenticationFailed):
        run(rules.authenticate(planted.tokens[0].value))


def test_one_more_customer(store: Storage) -> None:
    """A customer put before others in the seed is added, and those have the ids they had."""
    organization_id = plant(store, VALUE).organization.id
    ids = {one["email"]: one["id"] for one in kept(store, organization_id)}
    more = json.loads(json.dumps(VALUE))
    more["organizations"][0]["customers"].insert(0, {"email": "new@example.com"})

    again = plant(store, more)

    assert again.added == 1
    assert {
        one.values["email"]: str(one.values["id"])
        for one in read(more).organizations[0].customers
        if one.values["email"] in ids
    } == ids


def test_without_a_seed(store: Storage, time: HeldTime) -> None:
    """Without a seed of its own, times and ids are the present's; its own id follows from its slug."""
    value = {"organizations": [{**VALUE["organizations"][0], "seed": None}]}

    planted = plant(store, value, time.clock)

    first = kept(store, planted.organization.id)[0]
    assert planted.organization.created_at == time.now
    assert first["created_at"] == "2026-05-01T12:00:00.123456Z"
    assert UUID(first["id"]) in time.given
    assert str(planted.organization.id) == "97e4ce8a-7015-4c0b-b449-ecbd0d31f13b"
    assert plant(store, value, time.clock).added == 0


def test_a_slug_of_somebody_else(store: Storage) -> None:
    """A slug that another organization has is a mistake that names both."""
    run(Organizations(store, Clock()).create("Other", slug="acme"))

    with pytest.raises(errors.ConfigurationError, match=r"'Acme'.*another one has the slug 'acme'"):
        plant(store, VALUE)


def test_a_token_of_somebody_else(store: Storage) -> None:
    """A token that speaks for another organization already is a mistake."""
    value = plant(store, VALUE).tokens[0].value
    other = {"organizations": [{"name": "Other", "tokens": [{"name": "mine", "value": value}]}]}

    with pytest.raises(errors.ConfigurationError, match=r"'mine'.*'Other'.*another organization"):
        plant(store, other)


def test_a_member_who_was_deleted_stays_so(store: Storage) -> None:
    """A member of the seed who has been deleted is not made again."""
    organization_id = plant(store, VALUE).organization.id
    bob = members_of(store, organization_id)[1]

    async def delete(tables: Tables) -> None:
        member = await tables.members.find(organization_id, UUID(bob["id"]))
        assert member is not None
        await tables.members.replace(replace(member, deleted_at=SEEDED_BEGINNING))

    run(store.write(delete))
    plant(store, VALUE)

    assert len(members_of(store, organization_id)) == 3


def test_made_values() -> None:
    """A made token is well-formed, a made id of version 4; another seed or name makes others."""
    organization_id = seeds.make_organization_id(7, "acme")

    made = {seeds.make_token(organization_id, seed, name) for seed in (7, None) for name in "ab"}
    ids = {seeds.make_organization_id(seed, name) for seed in (7, 8, None) for name in ("a", "b")}

    assert all(is_well_formed(token) for token in made)
    assert len(made) == 4
    assert {one.version for one in ids} == {4}
    assert len(ids) == 6


def test_numbers_by_label() -> None:
    """Numbers of one key and label are the same each time, and others under another label or key."""
    first = numbers.drawn_from(b"key", "a")
    again = numbers.drawn_from(b"key", "a")
    other = numbers.drawn_from(b"key", "b")
    foreign = numbers.drawn_from(b"yek", "a")

    drawn = [[source(1 << 64) for _ in range(3)] for source in (first, again, other, foreign)]

    assert drawn[0] == drawn[1]
    assert len({tuple(row) for row in drawn}) == 3
    assert len(set(drawn[0])) == 3
