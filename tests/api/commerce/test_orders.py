"""Orders: `/v1/orders/`, `/v1/orders/export`, `/v1/orders/{id}` and what is under it."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.commerce.asking import (
    EMPTY,
    NOBODY,
    find_events,
    find_items,
    find_names,
    find_problems,
    make_customer,
    make_order,
    store_product,
)
from api.writing import NOT_FOUND, UNAUTHORIZED
from icefloe.domain.values import errors
from icefloe.domain.values.access import CUSTOMERS_READ
from icefloe.domain.values.orders import BillingReason, NewOrder, NewOrderItem, OrderStatus
from support import Organization, run

ORDERS = "/v1/orders/"
KEYS = [
    "id", "created_at", "modified_at", "status", "paid", "subtotal_amount", "discount_amount",
    "net_amount", "tax_amount", "total_amount", "applied_balance_amount", "due_amount",
    "refunded_amount", "refunded_tax_amount", "currency", "billing_reason", "billing_name",
    "billing_address", "invoice_number", "is_invoice_generated", "receipt_number", "seats", "units",
    "customer_id", "product_id", "product_price_id", "discount_id", "subscription_id", "checkout_id",
    "next_payment_attempt_at", "metadata", "custom_field_data", "platform_fee_amount",
    "platform_fee_currency", "customer", "user_id", "user", "product", "product_price", "discount",
    "subscription", "items", "description", "amount", "from_balance_amount", "refundable_amount",
    "refundable_tax_amount",
]  # fmt: skip
PARIS = {
    "line1": "1 rue X", "line2": None, "postal_code": "75001", "city": "Paris", "state": None,
    "country": "FR",
}  # fmt: skip
HEADER = "Email,Created At,Product,Net Amount,Currency,Status,Invoice number\r\n"


def patch(organization: Organization, order: dict[str, Any], **body: Any) -> Any:
    """The answer to a change of an order."""
    return organization.request("PATCH", ORDERS + order["id"], body=body)


def find_kinds(organization: Organization) -> list[str]:
    """The types of the events of orders, in their order."""
    return [kind for kind, _ in find_events(organization) if kind.startswith("order.")]


class TestListOrders:
    """`GET /v1/orders/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed."""
        answer = organization.get(ORDERS, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    @pytest.mark.parametrize("scope", ["orders:write", CUSTOMERS_READ[0]])
    def test_missing_scope(self, organization: Organization, scope: str) -> None:
        """The scope that reads is needed; the one that writes lists nothing."""
        answer = organization.get(ORDERS, token=organization.token(scope))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert 'scope="orders:read"' in answer.headers["www-authenticate"]

    def test_of_another_organization(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's orders are not listed, by its identifier neither."""
        other = make_organization()
        make_order(other, make_customer(other))

        for query in ("", f"?organization_id={other.id}"):
            assert organization.get(ORDERS + query).json() == EMPTY

    def test_valid(self, organization: Organization) -> None:
        """The newest order comes first, with all that it shows."""
        ada = make_customer(organization)
        made = [make_order(organization, ada, store_product(organization)) for _ in range(3)]

        answer = organization.get(f"{ORDERS}?limit=2", token=organization.token("orders:read"))

        shown = organization.get(f"/v1/customers/{ada['id']}").json()
        assert find_items(answer) == [one | {"customer": shown} for one in (made[2], made[1])]
        assert answer.json()["pagination"] == {"total_count": 3, "max_page": 2}

    def test_filters(self, organization: Organization) -> None:
        """Each filter narrows the list; several values of one are alternatives."""
        ada, bob = make_customer(organization), make_customer(organization, "Bob")
        book, plan = store_product(organization), store_product(organization, "Plan", 0, "month")
        checkout_id = uuid4()
        make_order(organization, ada, book, metadata={"cart": 7}, checkout_id=checkout_id)
        make_order(organization, ada, plan, status=OrderStatus.pending)
        make_order(organization, bob, items=(NewOrderItem(label="Fee", amount=5),))

        for query, names in (
            ("", ["Fee", "Plan", "Book"]),
            (f"product_id={book['id']}", ["Book"]),
            (f"product_id={book['id']}&product_id={plan['id']}", ["Plan", "Book"]),
            ("product_billing_type=recurring", ["Plan"]),
            ("product_billing_type=one_time", ["Book"]),
            ("product_billing_type=one_time&product_billing_type=recurring", ["Plan", "Book"]),
            (f"customer_id={bob['id']}", ["Fee"]),
            ("external_customer_id=ada", ["Plan", "Book"]),
            ("external_customer_id=bob&external_customer_id=nobody", ["Fee"]),
            ("external_customer_id=%00", []),
            (f"checkout_id={checkout_id}", ["Book"]),
            (f"discount_id={NOBODY}", []),
            (f"subscription_id={NOBODY}", []),
            ("status=pending", ["Plan"]),
            ("status=pending&status=paid&customer_id=" + ada["id"], ["Plan", "Book"]),
            ("metadata[cart]=7", ["Book"]),
            ("metadata[cart]=8", []),
            ("created_after=2020-01-01T00:00:00", ["Fee", "Plan", "Book"]),
            ("created_before=2020-01-01T00:00:00Z", []),
            ("billing_reason=purchase&limit=1", ["Fee"]),
        ):
            assert find_names(organization, f"{ORDERS}?{query}", "description") == names, query

    def test_sorting(self, organization: Organization) -> None:
        """Lists are sorted by what orders have and by whom and what they name, up or down."""
        zoe, ada = make_customer(organization, "Zoe"), make_customer(organization)
        book, plan = store_product(organization), store_product(organization, "Atlas", 0)
        make_order(organization, zoe, book, status=OrderStatus.void)
        make_order(organization, ada, plan)
        make_order(organization, ada, items=(NewOrderItem(label="Fee", amount=5),))

        for words, names in (
            ("created_at", ["Book", "Atlas", "Fee"]),
            ("-created_at", ["Fee", "Atlas", "Book"]),
            ("status&sorting=created_at", ["Atlas", "Fee", "Book"]),
            ("amount", ["Atlas", "Fee", "Book"]),
            ("-net_amount", ["Book", "Fee", "Atlas"]),
            ("customer&sorting=created_at", ["Atlas", "Fee", "Book"]),
            ("-customer&sorting=-created_at", ["Book", "Fee", "Atlas"]),
            ("product", ["Atlas", "Book", "Fee"]),
            ("-product", ["Fee", "Book", "Atlas"]),
            ("discount&sorting=created_at", ["Book", "Atlas", "Fee"]),
            ("subscription&sorting=-created_at", ["Fee", "Atlas", "Book"]),
        ):
            found = find_names(organization, f"{ORDERS}?sorting={words}", "description")
            assert found == names, words
        found = find_names(organization, f"{ORDERS}?sorting=invoice_number", "invoice_number")
        assert found == sorted(found)

    def test_pages(self, organization: Organization) -> None:
        """The pages of a sorted list hold each order once."""
        ada, book = make_customer(organization), store_product(organization)
        for at in range(5):
            make_order(organization, ada, book if at % 2 else None, amount=at)

        for words in ("product", "-product", "customer", "net_amount"):
            walked = [
                amount
                for page in (1, 2, 3)
                for amount in find_names(
                    organization, f"{ORDERS}?sorting={words}&limit=2&page={page}", "amount"
                )
            ]
            assert walked == find_names(organization, f"{ORDERS}?sorting={words}", "amount")

    @pytest.mark.parametrize(
        ("query", "places"),
        [
            ("limit=0", [["query", "limit"]]),
            ("created_after=x", [["query", "created_after"]]),
            ("sorting=x", [["query", "sorting", 0]]),
        ],
    )
    def test_malformed(self, organization: Organization, query: str, places: list[Any]) -> None:
        """A parameter of the wrong form is named."""
        problems = find_problems(organization.get(f"{ORDERS}?{query}"))

        assert [place for _, place, _ in problems] == places

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("product_id", "uuid"),
            ("subscription_id", "uuid"),
            ("status", "str-enum[OrderStatus]"),
            ("product_billing_type", "str-enum[ProductBillingType]"),
        ],
    )
    def test_malformed_many(self, organization: Organization, name: str, kind: str) -> None:
        """What may be one value or many is wrong in two readings."""
        first, second = find_problems(organization.get(f"{ORDERS}?{name}=x"))

        assert first[1] == ["query", name, kind]
        assert (second[1][:2], second[1][-1]) == (["query", name], 0)


class TestCreateOrder:
    """`POST /v1/orders/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is said of orders."""
        answer = organization.request("POST", ORDERS, token=None, body={})

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that reads creates nothing."""
        token = organization.token("orders:read")
        answer = organization.request("POST", ORDERS, token=token, body={})

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_refused(self, organization: Organization) -> None:
        """No organization here may charge customers who are not there."""
        body = {"customer_id": NOBODY, "product_id": NOBODY}
        answer = organization.request("POST", ORDERS, body=body)

        assert (answer.status_code, answer.json()) == (
            403,
            {
                "error": "OffSessionChargesNotEnabled",
                "detail": f"Off-session charges are not enabled for this organization"
                f" ({organization.id}). Contact Polar support to opt in.",
            },
        )

    def test_malformed(self, organization: Organization) -> None:
        """A body without customer and product is told so."""
        problems = find_problems(organization.request("POST", ORDERS, body={}))

        assert problems == [
            ("missing", ["body", "customer_id"], "Field required"),
            ("missing", ["body", "product_id"], "Field required"),
        ]


class TestNewOrders:
    """Orders as seeds and the stand-in make them."""

    def test_free(self, organization: Organization) -> None:
        """A free order is paid at once, has all keys in their order, and tells it three times."""
        ada = make_customer(organization)
        plan = store_product(organization, "Free plan", 0, "month")

        made = make_order(organization, ada, plan, billing_reason=BillingReason.subscription_create)

        assert list(made) == KEYS
        assert (made["status"], made["paid"], made["modified_at"]) == ("paid", True, None)
        assert (made["receipt_number"], made["platform_fee_currency"]) == (None, None)
        assert {value for key, value in made.items() if key.endswith("_amount")} == {0}
        assert (made["billing_name"], made["currency"]) == ("Ada", "usd")
        assert made["product_price"] == plan["prices"][0]
        assert list(made["product"])[:2] == ["metadata", "id"]
        assert "prices" not in made["product"]
        assert made["user"] == {
            "id": ada["id"],
            "email": "ada@example.com",
            "public_name": "A",
            "avatar_url": ada["avatar_url"],
            "github_username": None,
        }
        (item,) = made["items"]
        assert (item["label"], item["amount"], item["proration"]) == ("Free plan", 0, False)
        assert item["product_price_id"] == made["product_price_id"] == plan["prices"][0]["id"]
        assert find_kinds(organization) == ["order.created", "order.updated", "order.paid"]
        shown = [shown for kind, shown in find_events(organization) if kind[:6] == "order."]
        assert shown == [made] * 3

    def test_paid(self, organization: Organization) -> None:
        """A paid order has a receipt and, at last, what Polar takes of it."""
        made = make_order(organization, make_customer(organization), store_product(organization))

        assert (made["net_amount"], made["due_amount"], made["amount"]) == (1999, 1999, 1999)
        assert (made["platform_fee_amount"], made["platform_fee_currency"]) == (150, "usd")
        assert made["receipt_number"].startswith("RCPT-")
        told = [
            (kind, shown["receipt_number"] is None, shown["platform_fee_amount"])
            for kind, shown in find_events(organization)
            if kind.startswith("order.")
        ]
        assert told == [
            ("order.created", True, 0),
            ("order.updated", False, 0),
            ("order.paid", False, 0),
            ("order.updated", False, 150),
        ]

    def test_renewal(self, organization: Organization) -> None:
        """A renewal's order is pending first, then paid."""
        plan = store_product(organization, "Plan", 0, "month")
        make_order(
            organization,
            make_customer(organization),
            plan,
            billing_reason=BillingReason.subscription_cycle,
        )

        told = [
            (kind, shown["status"], shown["paid"], shown["modified_at"] is None)
            for kind, shown in find_events(organization)
            if kind.startswith("order.")
        ]
        assert told == [
            ("order.created", "pending", False, True),
            ("order.updated", "paid", True, False),
            ("order.paid", "paid", True, False),
        ]

    @pytest.mark.parametrize(
        ("status", "refunded"), [("refunded", 1000), ("partially_refunded", 500)]
    )
    def test_refunded(self, organization: Organization, status: str, refunded: int) -> None:
        """A refunded order was paid before, and says how much was paid back."""
        made = make_order(
            organization,
            make_customer(organization),
            store_product(organization, price=1000),
            status=OrderStatus(status),
        )

        assert (made["status"], made["paid"]) == (status, True)
        assert (made["refunded_amount"], made["refundable_amount"]) == (refunded, 1000 - refunded)
        assert find_kinds(organization)[-3:] == ["order.updated", "order.updated", "order.refunded"]

    def test_draft(self, organization: Organization) -> None:
        """A draft has no invoice number, and takes none of its customer's."""
        ada = make_customer(organization)

        draft = make_order(organization, ada, status=OrderStatus.draft)
        made = make_order(organization, ada, amount=5)

        assert (draft["status"], draft["paid"], draft["invoice_number"]) == ("draft", False, None)
        assert made["invoice_number"].endswith("-0001")

    def test_numbers(self, organization: Organization) -> None:
        """Invoices and receipts are numbered for each customer; the customer is dated."""
        ada, bob = make_customer(organization), make_customer(organization, "Bob")

        made = [make_order(organization, ada, amount=amount) for amount in (5, 0, 7)]
        other = make_order(organization, bob, amount=5)

        prefix, letters, _ = made[0]["invoice_number"].split("-")
        assert prefix == str(organization.id)[:8].upper()
        assert (len(letters), letters.isupper()) == (10, True)
        assert [one["invoice_number"][-4:] for one in made] == ["0001", "0002", "0003"]
        assert [one["receipt_number"] for one in made] == [
            f"RCPT-{letters}-0001", None, f"RCPT-{letters}-0002",
        ]  # fmt: skip
        assert other["invoice_number"].split("-")[1] != letters
        assert other["invoice_number"].endswith("-0001")
        customer = organization.get(f"/v1/customers/{ada['id']}").json()
        assert customer["modified_at"] >= made[2]["created_at"]

    def test_items(self, organization: Organization) -> None:
        """Lines add up to the amount; discount and tax come after."""
        items = (
            NewOrderItem(label="Seats", amount=900),
            NewOrderItem(label="Rest of March", amount=-100, is_proration=True),
        )

        made = make_order(
            organization,
            make_customer(organization),
            items=items,
            discount_amount=300,
            tax_amount=100,
            currency="eur",
        )

        amounts = ("subtotal_amount", "discount_amount", "net_amount", "tax_amount", "total_amount")
        assert [made[name] for name in amounts] == [800, 300, 500, 100, 600]
        assert [one["proration"] for one in made["items"]] == [False, True]
        assert (made["description"], made["currency"], made["product"]) == ("Seats", "eur", None)

    def test_dated(self, organization: Organization) -> None:
        """An order may be older than its storage."""
        before = datetime(2025, 3, 1, 12, tzinfo=UTC)

        made = make_order(organization, make_customer(organization), created_at=before)

        assert made["created_at"] == made["items"][0]["created_at"] == "2025-03-01T12:00:00Z"

    def test_silent(self, organization: Organization) -> None:
        """Silent events are marked, so that webhooks leave them out."""
        new = NewOrder(customer_id=UUID(make_customer(organization)["id"]))
        run(organization.services.commerce.orders.create(organization.id, new, is_silent=True))

        events = run(
            organization.services.storage.read(
                lambda tables: tables.events.find_all(organization.id)
            )
        )
        marks = {event.is_silent for event in events if event.type.startswith("order.")}
        assert marks == {True}

    @pytest.mark.parametrize(
        ("values", "name"),
        [
            ({"discount_id": uuid4()}, "discount_id"),
            ({"amount": -1}, "amount"),
            ({"amount": 5, "discount_amount": 6}, "discount_amount"),
            ({"tax_amount": -1}, "tax_amount"),
            ({"amount": 5, "refunded_amount": 6}, "refunded_amount"),
            ({"amount": 5, "items": (NewOrderItem(label="x", amount=6),)}, "amount"),
        ],
    )
    def test_refused(self, organization: Organization, values: dict[str, Any], name: str) -> None:
        """What is not there, and amounts that cannot be, are refused."""
        ada = make_customer(organization)

        with pytest.raises(errors.RulesBroken) as refused:
            make_order(organization, ada, **values)
        assert refused.value.violations[0].place == ("body", name)
        assert organization.get(ORDERS).json() == EMPTY

    def test_of_nobody(self, organization: Organization) -> None:
        """A customer who was deleted gets no order."""
        ada = make_customer(organization)
        organization.request("DELETE", f"/v1/customers/{ada['id']}")

        with pytest.raises(errors.RulesBroken, match="Customer does not exist"):
            make_order(organization, ada)


class TestGetOrder:
    """`GET /v1/orders/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is shown."""
        answer = organization.get(ORDERS + NOBODY, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that writes shows nothing."""
        answer = organization.get(ORDERS + NOBODY, token=organization.token("orders:write"))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Neither an unknown id nor another organization's shows anything."""
        other = make_organization()
        for wanted in (NOBODY, make_order(other, make_customer(other))["id"]):
            answer = organization.get(ORDERS + wanted)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_malformed(self, organization: Organization) -> None:
        """An id that is no UUID of version 4 is refused."""
        ((kind, place, _),) = find_problems(organization.get(ORDERS + "x"))

        assert (kind, place) == ("uuid_parsing", ["path", "id"])

    @pytest.mark.parametrize("version", ["2026-04", "2026-10"])
    def test_valid(self, organization: Organization, version: str) -> None:
        """An order shows its customer and product as they are now, and newer fields of its items."""
        ada, book = make_customer(organization), store_product(organization)
        made = make_order(organization, ada, book)
        changed = organization.request(
            "PATCH", f"/v1/customers/{ada['id']}", body={"name": "Bea"}
        ).json()

        answer = organization.get(ORDERS + made["id"], headers={"Polar-Version": version})

        user = made["user"] | {"public_name": "B"}
        newer = {"start_timestamp": None, "end_timestamp": None}
        items = [item | newer for item in made["items"]]
        assert answer.json() == made | {"customer": changed, "user": user, "items": items}

    def test_of_deleted(self, organization: Organization) -> None:
        """The order of a deleted customer stays, and shows the customer as deleted."""
        ada = make_customer(organization)
        made = make_order(organization, ada)

        organization.request("DELETE", f"/v1/customers/{ada['id']}")

        shown = organization.get(ORDERS + made["id"]).json()
        assert shown["customer"]["deleted_at"] is not None
        assert find_items(organization.get(f"{ORDERS}?customer_id={ada['id']}")) == [shown]

    def test_of_anonymous(self, organization: Organization) -> None:
        """The order of an anonymous customer stays, without name and address."""
        ada = make_customer(organization, billing_address={"country": "FR", "city": "Paris"})
        made = make_order(organization, ada)
        assert (made["billing_name"], made["billing_address"]["city"]) == ("Ada", "Paris")

        organization.request("DELETE", f"/v1/customers/{ada['id']}?anonymize=true")

        shown = organization.get(ORDERS + made["id"])
        assert shown.json()["billing_address"] is None
        assert "Ada" not in shown.text
        assert "ada@" not in shown.text


class TestUpdateOrder:
    """`PATCH /v1/orders/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is changed."""
        answer = organization.request("PATCH", ORDERS + NOBODY, token=None, body={})

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that reads changes nothing."""
        token = organization.token("orders:read")
        answer = organization.request("PATCH", ORDERS + NOBODY, token=token, body={})

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Neither an unknown order nor another organization's is changed."""
        other = make_organization()
        for wanted in (NOBODY, make_order(other, make_customer(other))["id"]):
            answer = organization.request("PATCH", ORDERS + wanted, body={"billing_name": "X"})
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_valid(self, organization: Organization) -> None:
        """Name and address are stored as given, the change is dated, and an event tells of it."""
        made = make_order(organization, make_customer(organization))

        named = patch(organization, made, billing_name="").json()
        given = {"country": "FR", "line1": "1 rue X", "city": "Paris", "postal_code": "75001"}
        placed = patch(organization, made, billing_address=given).json()

        assert (named["billing_name"], placed["billing_name"]) == ("", "")
        assert placed["billing_address"] == PARIS
        assert placed["modified_at"] > named["modified_at"] > made["created_at"]
        assert organization.get(ORDERS + made["id"]).json() == placed
        assert find_events(organization)[-1] == ("order.updated", placed)

    def test_nothing(self, organization: Organization) -> None:
        """A change of nothing, or of what cannot be changed, changes nothing."""
        made = make_order(organization, make_customer(organization))
        shown = organization.get(ORDERS + made["id"]).json()

        assert patch(organization, made).json() == shown
        assert patch(organization, made, metadata={"a": 1}, status="refunded").json() == shown

    def test_null(self, organization: Organization) -> None:
        """Null takes name and address away."""
        made = make_order(organization, make_customer(organization), billing_address=PARIS)

        changed = patch(organization, made, billing_name=None, billing_address=None).json()

        assert (changed["billing_name"], changed["billing_address"]) == (None, None)

    def test_moved(self, organization: Organization) -> None:
        """An address stays in its country and state."""
        address = PARIS | {"country": "US", "state": "US-NY"}
        made = make_order(organization, make_customer(organization), billing_address=address)

        answer = patch(organization, made, billing_name="X", billing_address={"country": "FR"})

        assert find_problems(answer) == [
            ("value_error", ["body", "billing_address", "country"], "Country cannot be changed"),
            ("value_error", ["body", "billing_address", "state"], "State cannot be changed"),
        ]
        assert answer.json()["error"] == "PolarRequestValidationError"
        kept = {"country": "US", "state": "NY", "city": "NYC"}
        assert patch(organization, made, billing_address=kept).json()["billing_address"] == {
            "line1": None, "line2": None, "postal_code": None, "city": "NYC", "state": "US-NY",
            "country": "US",
        }  # fmt: skip

    def test_malformed(self, organization: Organization) -> None:
        """An address of no country is refused."""
        made = make_order(organization, make_customer(organization))

        ((kind, place, _),) = find_problems(
            patch(organization, made, billing_address={"country": "ZZ"})
        )
        assert (kind, place) == ("enum", ["body", "billing_address", "country"])


class TestExportOrders:
    """`GET /v1/orders/export`."""

    PATH = ORDERS + "export"

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is exported."""
        answer = organization.get(self.PATH, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that writes exports nothing."""
        answer = organization.get(self.PATH, token=organization.token("orders:write"))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_of_another_organization(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's orders are not exported."""
        other = make_organization()
        make_order(other, make_customer(other))

        for query in ("", f"?organization_id={other.id}"):
            assert organization.get(self.PATH + query).text == HEADER

    def test_valid(self, organization: Organization) -> None:
        """The export is a CSV file, the newest order first, amounts in units of the currency."""
        ada = make_customer(organization)
        first = make_order(organization, ada, store_product(organization))
        second = make_order(organization, ada, store_product(organization, "Free book", 0))

        answer = organization.get(self.PATH, token=organization.token("orders:read"))

        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        wanted = 'attachment; filename="polar-orders.csv"'
        assert answer.headers["content-disposition"] == wanted
        assert answer.text.startswith(HEADER)
        rows = list(csv.reader(io.StringIO(answer.text)))[1:]
        for row, order, name, amount in (
            (rows[0], second, "Free book", "0.0"),
            (rows[1], first, "Book", "19.99"),
        ):
            created_at = order["created_at"].replace("Z", "+00:00")
            number = order["invoice_number"]
            assert row == ["ada@example.com", created_at, name, amount, "usd", "paid", number]

    def test_columns(self, organization: Organization) -> None:
        """Columns come as they are named, moments in the time zone named."""
        make_order(
            organization,
            make_customer(organization),
            billing_address=PARIS,
            created_at=datetime(2025, 7, 1, 12, tzinfo=UTC),
        )
        query = "?columns=customer_name&columns=billing_country&columns=created_at"

        text = organization.get(f"{self.PATH}{query}&timezone=Europe/Paris").text

        assert text.splitlines() == [
            "Customer Name,Billing Country,Created At",
            "Ada,FR,2025-07-01T14:00:00+02:00",
        ]

    def test_filters(self, organization: Organization) -> None:
        """Product, status and bounds of time narrow the export."""
        ada, book = make_customer(organization), store_product(organization)
        make_order(organization, ada, book)
        make_order(organization, ada, status=OrderStatus.pending)

        for query, names in (
            (f"product_id={book['id']}", ["Book"]),
            ("status=pending", ["Order"]),
            ("status=pending&status=paid", ["Order", "Book"]),
            ("created_after=2020-01-01T00:00:00Z", ["Order", "Book"]),
            ("created_before=2020-01-01T00:00:00Z", []),
        ):
            text = organization.get(f"{self.PATH}?columns=product&{query}").text
            assert text.splitlines()[1:] == names

    def test_many(self, organization: Organization) -> None:
        """Each order is exported once, however many were made at one moment."""
        ada = make_customer(organization)
        moment = datetime.now(UTC) - timedelta(hours=1)
        for at in range(3):
            make_order(organization, ada, amount=at, created_at=moment)

        text = organization.get(f"{self.PATH}?columns=net_amount").text
        assert sorted(text.splitlines()[1:]) == ["0.0", "0.01", "0.02"]

    @pytest.mark.parametrize(
        ("query", "kind"),
        [
            ("created_after=2020-01-01T00:00:00", "timezone_aware"),
            ("timezone=Nowhere/Else", "value_error"),
            ("timezone=../x", "value_error"),
        ],
    )
    def test_malformed(self, organization: Organization, query: str, kind: str) -> None:
        """A moment needs an offset, and a time zone must be one."""
        ((found, _, _),) = find_problems(organization.get(f"{self.PATH}?{query}"))

        assert found == kind

    def test_malformed_column(self, organization: Organization) -> None:
        """A column that there is not is wrong in two readings."""
        first, _ = find_problems(organization.get(f"{self.PATH}?columns=nope"))

        assert first[1] == ["query", "columns", "str-enum[OrderExportColumn]"]


class TestInvoices:
    """`/v1/orders/{id}/invoice`."""

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_anonymous(self, organization: Organization, method: str) -> None:
        """Without a token there is no invoice."""
        answer = organization.request(method, f"{ORDERS}{NOBODY}/invoice", token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    @pytest.mark.parametrize(
        ("method", "scope"), [("GET", "orders:write"), ("POST", "orders:read")]
    )
    def test_missing_scope(self, organization: Organization, method: str, scope: str) -> None:
        """One scope reads invoices, the other one asks for them."""
        token = organization.token(scope)
        answer = organization.request(method, f"{ORDERS}{NOBODY}/invoice", token=token)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_not_found(self, organization: Organization, method: str) -> None:
        """An unknown order has no invoice."""
        answer = organization.request(method, f"{ORDERS}{NOBODY}/invoice")

        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_none(self, organization: Organization) -> None:
        """Before it was asked for, there is no invoice."""
        made = make_order(organization, make_customer(organization))

        answer = organization.get(f"{ORDERS}{made['id']}/invoice")

        detail = f"No invoice exists for order {made['id']}."
        assert (answer.status_code, answer.json()) == (
            404,
            {"error": "InvoiceDoesNotExist", "detail": detail},
        )

    def test_missing_details(self, organization: Organization) -> None:
        """An invoice needs a name and an address."""
        made = make_order(organization, make_customer(organization))

        answer = organization.request("POST", f"{ORDERS}{made['id']}/invoice")

        detail = "Billing name and address are required to generate an invoice for this order."
        assert (answer.status_code, answer.json()) == (
            422,
            {"error": "MissingInvoiceBillingDetails", "detail": detail},
        )

    def test_valid(self, organization: Organization) -> None:
        """An order says that its invoice was asked for, once; there is no file of it."""
        made = make_order(organization, make_customer(organization), billing_address=PARIS)
        before = len(find_kinds(organization))

        for _ in range(2):
            answer = organization.request("POST", f"{ORDERS}{made['id']}/invoice")
            assert (answer.status_code, answer.text) == (202, "null")

        assert organization.get(ORDERS + made["id"]).json()["is_invoice_generated"] is True
        assert find_kinds(organization)[before:] == ["order.updated"]
        answer = organization.get(f"{ORDERS}{made['id']}/invoice")
        assert (answer.status_code, answer.json()["error"]) == (501, "NotImplemented")


class TestReceipts:
    """`GET /v1/orders/{id}/receipt`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token there is no receipt."""
        answer = organization.get(f"{ORDERS}{NOBODY}/receipt", token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that writes shows no receipt."""
        token = organization.token("orders:write")
        answer = organization.get(f"{ORDERS}{NOBODY}/receipt", token=token)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(self, organization: Organization) -> None:
        """An unknown order has no receipt."""
        answer = organization.get(f"{ORDERS}{NOBODY}/receipt")

        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_none(self, organization: Organization) -> None:
        """A free order has no receipt."""
        made = make_order(organization, make_customer(organization))

        answer = organization.get(f"{ORDERS}{made['id']}/receipt")

        detail = f"No receipt allocated for order {made['id']}."
        assert (answer.status_code, answer.json()) == (
            404,
            {"error": "ReceiptNotAllocated", "detail": detail},
        )

    def test_valid(self, organization: Organization) -> None:
        """A paid order has a receipt, of which there is no file."""
        made = make_order(organization, make_customer(organization), amount=5)

        answer = organization.get(f"{ORDERS}{made['id']}/receipt")

        assert (answer.status_code, answer.json()["error"]) == (501, "NotImplemented")


class TestFinalizeOrder:
    """`POST /v1/orders/{id}/finalize`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is finalized."""
        answer = organization.request("POST", f"{ORDERS}{NOBODY}/finalize", token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that reads finalizes nothing."""
        token = organization.token("orders:read")
        answer = organization.request("POST", f"{ORDERS}{NOBODY}/finalize", token=token)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(self, organization: Organization) -> None:
        """An unknown order is not finalized."""
        answer = organization.request("POST", f"{ORDERS}{NOBODY}/finalize", body={})

        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_paid(self, organization: Organization) -> None:
        """An order that is no draft is not finalized."""
        made = make_order(organization, make_customer(organization))

        answer = organization.request("POST", f"{ORDERS}{made['id']}/finalize")

        detail = (
            f"Order {made['id']} is not in draft status (current: paid)."
            " Only draft orders can be modified or finalized."
        )
        assert (answer.status_code, answer.json()) == (
            412,
            {"error": "OrderNotDraft", "detail": detail},
        )

    def test_draft(self, organization: Organization) -> None:
        """A draft is not finalized either: nobody is charged here."""
        made = make_order(organization, make_customer(organization), status=OrderStatus.draft)

        answer = organization.request("POST", f"{ORDERS}{made['id']}/finalize", body={})

        assert (answer.status_code, answer.json()["error"]) == (403, "OffSessionChargesNotEnabled")


def test_deletion(organization: Organization) -> None:
    """Orders cannot be deleted."""
    answer = organization.request("DELETE", ORDERS + NOBODY)

    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
