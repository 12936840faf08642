"""`icefloe products`, `subscriptions` and `orders`: out to files and in from them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.commerce.asking import (
    change,
    find_items,
    make,
    make_benefit,
    make_customer,
    make_discount,
    make_meter,
    make_order,
    make_product,
)
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.orders import BillingReason, NewOrderItem, OrderStatus
from icefloe.services import Services
from support import (
    Organization,
    Server,
    make_organization_of,
    run,
    run_here,
)

pytestmark = pytest.mark.processes

FREE = [{"amount_type": "fixed", "price_amount": 0}]
NOUNS = ("products", "subscriptions", "orders")
OTHER = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"


@pytest.fixture
def organization(server: Server, services: Services) -> Organization:
    """An organization that has nothing on the server that all tests share."""
    return make_organization_of(server, services)


def make_subscription(
    organization: Organization, customer: dict[str, Any], product: dict[str, Any], **body: Any
) -> dict[str, Any]:
    """A new subscription to a free product."""
    names = {"customer_id": customer["id"], "product_id": product["id"]}
    return make(organization, "subscriptions", **names, **body)


@pytest.fixture
def shop(organization: Organization) -> Organization:
    """An organization with some of everything that is exported."""
    calls, tokens = make_meter(organization), make_meter(organization, "Tokens", unit="token")
    credit = {"units": 10, "rollover": False, "meter_id": tokens["id"]}
    support = make_benefit(organization, metadata={"bb": 1, "a": 1.5})
    credited = make_benefit(organization, "Tokens", type="meter_credit", properties=credit)
    key = make_benefit(organization, "Key", type="license_keys", properties={"prefix": "K"})
    free = make_product(organization, "Free", prices=FREE, metadata={"é": "ü\n"})
    organization.request(
        "POST",
        f"/v1/products/{free['id']}/benefits",
        body={"benefits": [key["id"], support["id"], credited["id"]]},
    )
    metered = {"amount_type": "metered_unit", "meter_id": calls["id"], "unit_amount": 0.5}
    used = make_product(organization, "Used", prices=[*FREE, metered])
    seats = {"amount_type": "seat_based", "seat_tiers": {"tiers": [SEATS]}}
    make_product(organization, "Seats", prices=[seats])
    make_product(organization, "Units", prices=[UNITS])
    chosen = {"amount_type": "custom", "preset_amount": 1000}
    book = make_product(organization, "Book", recurring_interval=None, prices=[chosen])
    change(organization, "products", book, is_archived=True)
    ten = make_discount(organization, products=[free["id"]], duration="forever")
    off = make_discount(organization, "Off", type="fixed", amount=100, code="OFF100")
    ada, bob = make_customer(organization), make_customer(organization, "Bob")
    gone = make_customer(organization, "Gone")
    first = make_subscription(organization, ada, free, metadata={"note": "first"})
    change(organization, "subscriptions", first, discount_id=ten["id"])
    second = make_subscription(organization, ada, used)
    change(organization, "subscriptions", second, cancel_at_period_end=True)
    third = make_subscription(organization, bob, free)
    organization.request("DELETE", f"/v1/subscriptions/{third['id']}")
    make_subscription(organization, gone, free)
    make_order(organization, gone, free)
    organization.request("DELETE", f"/v1/customers/{gone['id']}")
    make_order(organization, ada, book, amount=1500, tax_amount=300, metadata={"n": 1})
    make_order(
        organization,
        ada,
        free,
        amount=2000,
        discount_amount=100,
        discount_id=UUID(off["id"]),
        subscription_id=UUID(first["id"]),
        billing_reason=BillingReason.subscription_cycle,
        status=OrderStatus.partially_refunded,
        billing_name="Ada Ltd",
        billing_address={**NOWHERE, "country": "FR"},
    )
    lines = (NewOrderItem(label="Work", amount=700), NewOrderItem(label="Less", amount=-200))
    make_order(organization, bob, items=lines, status=OrderStatus.draft)
    return organization


SEATS = {"min_seats": 1, "max_seats": 5, "price_per_seat": 900}
UNITS = {
    "amount_type": "unit_based",
    "tiers": {
        "type": "graduated",
        "tiers": [{"bound": 10, "unit_amount": "12.5"}, {"bound": None, "unit_amount": "9"}],
    },
    "minimum_units": 2,
    "unit_label": {"en": {"one": "box", "other": "boxes"}},
}
NOWHERE = {"line1": None, "line2": None, "postal_code": None, "city": None, "state": None}


def export(noun: str, database: str, organization_id: UUID | str) -> str:
    """What an export writes."""
    told = run_here(noun, "export", "--organization", organization_id, "--database", database)
    assert told.err == ""
    return told.out


def lines_of(objects: Iterable[Any]) -> str:
    """Objects as NDJSON."""
    return "".join(json.dumps(one) + "\n" for one in objects)


def shown(organization: Organization, server: Server, noun: str) -> list[dict[str, Any]]:
    """The objects of an export."""
    return [
        json.loads(line) for line in export(noun, server.database, organization.id).splitlines()
    ]


def place_many(organization: Organization, count: int) -> list[str]:
    """Many subscriptions of one customer, stored at once; their ids, in order."""
    product = make_product(organization, prices=FREE)
    made = make_subscription(organization, make_customer(organization), product)
    ids = [str(uuid4()) for _ in range(count - 1)]

    async def work(tables: Tables) -> None:
        table = tables.commerce.subscriptions
        document = await table.find(organization.id, UUID(made["id"]))
        assert document is not None
        for one in ids:
            await table.add(organization.id, {**document, "id": one})

    run(organization.services.storage.write(work))
    return [made["id"], *ids]


def sorted_as(items: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same items in the order of others, by their ids."""
    by_id = {one["id"]: one for one in items}
    assert by_id.keys() == {one["id"] for one in others}
    return [by_id[one["id"]] for one in others]


class TestExport:
    """`icefloe products export`, and its neighbours'."""

    @pytest.mark.parametrize("noun", NOUNS)
    def test_nothing(self, organization: Organization, server: Server, noun: str) -> None:
        """Without objects an export is empty."""
        assert export(noun, server.database, organization.id) == ""

    @pytest.mark.parametrize("noun", NOUNS)
    def test_the_wire_s_form(self, shop: Organization, server: Server, noun: str) -> None:
        """Each line is what the API answers, the oldest first, with what an import needs behind."""
        items = find_items(shop.get(f"/v1/{noun}/?limit=100"))

        exported = shown(shop, server, noun)

        more = {"meters", "discount_products"} if noun == "products" else {"discount_products"}
        for one, item in zip(exported, sorted_as(items, exported), strict=True):
            assert list(one)[: len(item)] == list(item)
            assert {key: one[key] for key in item} == item
            assert one.keys() - item.keys() <= more

    def test_what_lies_beneath(self, shop: Organization, server: Server) -> None:
        """A product has its meters whole; a subscription the products that its discount is for."""
        products = {one["name"]: one for one in shown(shop, server, "products")}
        subscriptions = shown(shop, server, "subscriptions")

        assert [one["name"] for one in products["Free"]["meters"]] == ["Tokens"]
        assert [one["filter"]["conjunction"] for one in products["Used"]["meters"]] == ["and"]
        assert "meters" not in products["Book"]
        assert subscriptions[0]["discount_products"] == [products["Free"]["id"]]
        assert "discount_products" not in subscriptions[1]

    def test_many(self, organization: Organization, server: Server) -> None:
        """More than a batch of them: each is there once, in the order in which they were stored."""
        ids = place_many(organization, 450)

        assert [one["id"] for one in shown(organization, server, "subscriptions")] == ids

    def test_to_a_file(self, shop: Organization, server: Server, tmp_path: Path) -> None:
        """A file has what standard output would have, and only its owner can read it."""
        file = tmp_path / "orders.ndjson"
        run_here("orders", "export", file, "--organization", shop.id, "--database", server.database)

        assert file.read_text("utf-8") == export("orders", server.database, shop.id)
        assert file.stat().st_mode & 0o777 == 0o600

    def test_unknown_organization(self, server: Server) -> None:
        """An organization that is not there is told of in one line."""
        told = run_here(
            "products",
            "export",
            "--organization",
            OTHER,
            "--database",
            server.database,
            check=False,
        )

        assert told.mistake == f"there is no organization {OTHER}"


@pytest.fixture
def mirror(engine: Engine, shop: Organization, server: Server) -> Callable[..., Told]:
    """Runs a command about an organization with the shop's id and customers, on another database."""

    def command(*words: str | Path, **options: Any) -> Told:
        flags = ("--organization", str(shop.id), "--database", engine.database)
        return run_here(*words, *flags, **options)

    run_here("organizations", "create", "Mirror", "--id", shop.id, "--database", engine.database)
    customers = export("customers", server.database, shop.id)
    command("customers", "import", "-", given=customers)
    return command


class TestImport:
    """`icefloe products import`, and its neighbours'."""

    def test_round_trip(
        self, shop: Organization, server: Server, mirror: Callable[..., Told]
    ) -> None:
        """What was exported is imported into another database, and exported to the same bytes."""
        for noun in NOUNS:
            exported = export(noun, server.database, shop.id)
            count = exported.count("\n")

            told = mirror(noun, "import", "-", given=exported)
            assert (told.out, told.err) == (f"Added {count}, updated 0, unchanged 0.\n", "")
            assert mirror(noun, "export").out == exported
            again = mirror(noun, "import", "-", given=exported)
            assert again.out == f"Added 0, updated 0, unchanged {count}.\n"
            assert mirror(noun, "export").out == exported
