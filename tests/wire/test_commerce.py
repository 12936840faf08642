"""What customers have and buy, by every method that the official clients have for it."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support import Organization
from wire.expected import expect_plain, generation_1, knowing_teams, refusal
from wire.programs import Client, Connection

Json = dict[str, Any]

NAMESPACES = [
    "products", "benefits", "benefit_grants", "discounts", "meters", "events", "customer_meters",
    "subscriptions", "orders", "refunds",
]  # fmt: skip
NOBODY = "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"
# Public by name, but no endpoint's.
MACHINERY = {"do_request", "from_service"}
PLAN = {
    "name": "Crew",
    "recurring_interval": "week",
    "prices": [{"amount_type": "fixed", "price_amount": 0}],
}
SUPPORT = {"type": "custom", "description": "Support", "properties": {"note": "Call us"}}
CALLS: Json = {
    "name": "Calls",
    "filter": {
        "conjunction": "and",
        "clauses": [{"property": "name", "operator": "eq", "value": "call"}],
    },
    "aggregation": {"func": "count"},
}
ADDRESS = {"country": "FR", "line1": "1 rue X", "city": "Brest", "postal_code": "29200"}


@pytest.fixture(params=[False, True], ids=["plain", "async"])
def polar(request: pytest.FixtureRequest, client: Client, organization: Organization) -> Connection:
    """The client, connected to an organization, by each of its two ways."""
    return client.connect(organization, asynchronous=request.param)


def ask(polar: Connection, method: str, **arguments: Any) -> Any:
    """What a method gives."""
    return polar.do("ask", method=method, **arguments)


def change(polar: Connection, method: str, found: Json, **body: Any) -> Any:
    """What a method gives that sends something about an object."""
    return ask(polar, method, id=found["id"], body=body)


def expect_absent(polar: Connection, endpoint: str, method: str, **arguments: Any) -> None:
    """Check that a method raises the client's own error: its endpoint is not here."""
    detail = f"{endpoint} is not part of this server. See /docs for what is."
    raised = refusal(polar, "ask", method=method, **arguments)
    # 1.x shows the body of such an answer in its message alone.
    assert raised.name in {"SDKError", "PolarServerError"}
    assert "PolarError" in raised.bases
    assert raised.status == 501
    assert detail in str(raised)


@pytest.fixture
def customer(organization: Organization) -> Json:
    """A customer."""
    body = {"email": "ada@example.com", "name": "Ada", "external_id": "ada"}
    made: Json = organization.request("POST", "/v1/customers/", body=body).json()
    return made


@pytest.fixture
def subscription(polar: Connection, customer: Json) -> Json:
    """A customer's subscription to a free product with a benefit."""
    plan = ask(polar, "products.create", body=PLAN)
    benefit = ask(polar, "benefits.create", body=SUPPORT)
    change(polar, "products.update_benefits", plan, benefits=[benefit["id"]])
    body = {"product_id": plan["id"], "customer_id": customer["id"]}
    made: Json = ask(polar, "subscriptions.create", body=body)
    return made


@pytest.fixture
def order(organization: Organization, polar: Connection, subscription: Json) -> Json:
    """The order of a period that began when a trial ended."""
    path = f"/v1/subscriptions/{subscription['id']}"
    later = (datetime.now(UTC) + timedelta(days=99)).isoformat()
    for trial_end in (later, "now"):
        answer = organization.request("PATCH", path, body={"trial_end": trial_end})
        assert answer.status_code == 200
    (made,) = ask(polar, "orders.list")
    found: Json = made
    return found


@knowing_teams
def test_catalogue(polar: Connection) -> None:
    """Products, benefits, discounts and meters are created, read, listed, changed and deleted."""
    cases: dict[str, tuple[Json, Json]] = {
        "products": (PLAN, {"name": "Officers"}),
        "benefits": (SUPPORT, {"type": "custom", "description": "Radio"}),
        "discounts": (
            {"name": "Two", "type": "percentage", "basis_points": 200, "duration": "once"},
            {"name": "Two percent"},
        ),
        "meters": (CALLS, {"name": "Radio calls"}),
    }
    for noun, (new, changes) in cases.items():
        made = ask(polar, f"{noun}.create", body=new)
        assert ask(polar, f"{noun}.get", id=made["id"]) == made
        assert ask(polar, f"{noun}.list") == [made]
        changed = change(polar, f"{noun}.update", made, **changes)
        assert {key: changed[key] for key in changes} == changes
    for noun in ("benefits", "discounts"):
        (made,) = ask(polar, f"{noun}.list")
        ask(polar, f"{noun}.delete", id=made["id"])
        assert ask(polar, f"{noun}.list") == []


@knowing_teams
def test_usage(polar: Connection, customer: Json) -> None:
    """Events are ingested and read, and a customer's meter counts them."""
    meter = ask(polar, "meters.create", body=CALLS)
    events = [{"name": "call", "customer_id": customer["id"]}] * 3
    counted = ask(polar, "events.ingest", body={"events": events})
    assert (counted["inserted"], counted["duplicates"]) == (3, 0)

    calls = ask(polar, "events.list", name="call")
    assert ask(polar, "events.get", id=calls[0]["id"])["id"] == calls[0]["id"]
    assert [one["name"] for one in ask(polar, "events.list_names", source="user")] == ["call"]
    (own,) = ask(polar, "customer_meters.list")
    assert ask(polar, "customer_meters.get", id=own["id"])["consumed_units"] == 3
    now = datetime.now(UTC)
    quantities = ask(
        polar,
        "meters.quantities",
        id=meter["id"],
        start_timestamp=(now - timedelta(days=1)).isoformat(),
        end_timestamp=now.isoformat(),
        interval="day",
    )
    assert quantities["total"] == 3


@knowing_teams
def test_subscriptions(polar: Connection, subscription: Json) -> None:
    """A subscription is created, read, listed, cancelled, exported and revoked, with its grants."""
    assert ask(polar, "subscriptions.get", id=subscription["id"]) == subscription
    assert ask(polar, "subscriptions.list", active=True) == [subscription]
    (grant,) = ask(polar, "benefit_grants.list", is_granted=True)
    assert [one["id"] for one in ask(polar, "benefits.grants", id=grant["benefit_id"])] == [
        grant["id"]
    ]
    changed = change(polar, "subscriptions.update", subscription, cancel_at_period_end=True)
    assert changed["cancel_at_period_end"] is True
    assert "ada@example.com" in ask(polar, "subscriptions.export")
    assert ask(polar, "subscriptions.revoke", id=subscription["id"])["status"] == "canceled"


@knowing_teams
def test_orders(polar: Connection, order: Json) -> None:
    """An order is read, listed, changed and exported, and says that it has an invoice."""
    assert ask(polar, "orders.get", id=order["id"]) == order
    assert order["billing_reason"] == "subscription_cycle"
    changed = change(
        polar, "orders.update", order, billing_name="Ada Byron", billing_address=ADDRESS
    )
    assert changed["billing_name"] == "Ada Byron"
    assert order["invoice_number"] in ask(polar, "orders.export")
    ask(polar, "orders.generate_invoice", id=order["id"])
    assert ask(polar, "orders.get", id=order["id"])["is_invoice_generated"] is True


@knowing_teams
def test_refused_orders(polar: Connection, order: Json) -> None:
    """Drafts, and files of orders that are not there, are refused in the client's own classes."""
    draft = {"customer_id": order["customer_id"], "product_id": order["product_id"]}
    create = refusal(polar, "ask", method="orders.create", body=draft)
    refused = [
        refusal(polar, "ask", method="orders.finalize", id=order["id"], body={}),
        refusal(polar, "ask", method="orders.invoice", id=NOBODY),
        refusal(polar, "ask", method="orders.receipt", id=NOBODY),
    ]

    # No client has a class for the first one there.
    assert (create.status, "OffSessionChargesNotEnabled" in str(create)) == (403, True)
    assert [(raised.name, raised.status) for raised in refused] == [
        ("OrderNotDraft", 412),
        ("ResourceNotFound", 404),
        ("ResourceNotFound", 404),
    ]


@knowing_teams
def test_absent(polar: Connection, order: Json) -> None:
    """What is not here is told by the client's plain error, with the status 501."""
    change(polar, "orders.update", order, billing_name="Ada Byron", billing_address=ADDRESS)
    ask(polar, "orders.generate_invoice", id=order["id"])
    expect_absent(polar, "GET /v1/orders/{id}/invoice", "orders.invoice", id=order["id"])
    expect_absent(polar, "GET /v1/refunds/", "refunds.list")
    body = {"order_id": order["id"], "reason": "other", "amount": 1}
    expect_absent(polar, "POST /v1/refunds/", "refunds.create", body=body)


@generation_1
def test_walks(polar: Connection, order: Json) -> None:
    """The iterators of 1.x find what its lists find."""
    for noun in (
        "products", "benefits", "benefit_grants", "discounts", "meters", "customer_meters",
        "subscriptions", "orders",
    ):  # fmt: skip
        assert ask(polar, f"{noun}.iter_list", limit=1) == ask(polar, f"{noun}.list")
    (benefit,) = ask(polar, "benefits.list")
    grants = ask(polar, "benefits.iter_grants", id=benefit["id"])
    assert [grant["customer_id"] for grant in grants] == [order["customer_id"]]
    names = ask(polar, "events.list_names")
    assert ask(polar, "events.iter_list_names", limit=1) == names
    expect_absent(polar, "GET /v1/refunds/", "refunds.iter_list")
    for method in ("benefits.files", "benefits.iter_files"):
        expect_absent(polar, "GET /v1/benefits/{id}/files", method, id=benefit["id"])


@generation_1
def test_delete_a_product(polar: Connection, organization: Organization) -> None:
    """Products are archived and never deleted: the client's plain error, with the status 405."""
    product = ask(polar, "products.create", body=PLAN)

    raised = refusal(polar, "ask", method="products.delete", id=product["id"])

    expect_plain(polar.client, raised, 405, {"detail": "Method Not Allowed"})
    assert organization.get(f"/v1/products/{product['id']}").status_code == 200


@knowing_teams
def test_every_method(client: Client, organization: Organization) -> None:
    """No method that a client has for commerce is left untried by the tests above."""
    methods = client.connect(organization).do("list_commerce_methods", namespaces=NAMESPACES)
    wanted = {method for method in methods if method.rpartition(".")[2] not in MACHINERY}
    assert {"orders.generate_invoice", "subscriptions.revoke", "events.list_names"} <= wanted

    assert sorted(wanted - _find_called()) == []


def _find_called() -> set[str]:
    """The methods that the tests of this file name, `{noun}` standing for each namespace."""
    texts: set[str] = set()
    for node in ast.walk(ast.parse(Path(__file__).read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            name = ast.unparse(node).strip("f'\"")
            texts |= {name.replace("{noun}", namespace) for namespace in NAMESPACES}
    return texts
