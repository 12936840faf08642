"""Objects of commerce made for tests: `POST …/products` and its kin."""

from typing import Any
from uuid import uuid4

import pytest

from standing_in import Treated

pytestmark = pytest.mark.processes

PATHS = (
    "products", "benefits", "meters", "discounts", "subscriptions", "orders", "benefit_grants",
    "customer_meters",
)  # fmt: skip

NOTHING = str(uuid4())
CREDIT = {"type": "meter_credit", "properties": {"units": 5, "meter_id": NOTHING}}
METERED = {"amount_type": "metered_unit", "unit_amount": "1", "meter_id": NOTHING}
NO_FILTER = {"conjunction": "and", "clauses": [{"property": "a", "operator": "is", "value": 1}]}


def make(treated: Treated, path: str, **values: Any) -> Any:
    """What the answer shows of an object that is made."""
    answer = treated.control("POST", f"/{path}", values)
    assert answer.status_code == 201, answer.text
    return answer.json()


def refuse(treated: Treated, path: str, body: Any) -> list[tuple[list[Any], str]]:
    """Where and why an object is refused."""
    answer = treated.control("POST", f"/{path}", body)
    assert answer.status_code == 422, answer.text
    return [(one["loc"], one["msg"]) for one in answer.json()["detail"]]


def test_each(treated: Treated) -> None:
    """Each is made with what must be said, and is shown as the API shows it."""
    ada = treated.create("ada@example.com")["id"]
    benefit = make(treated, "benefits", description="Support")
    product = make(treated, "products", price=900, recurring="month", benefits=[benefit["id"]])
    meter = make(treated, "meters", name="calls")
    discount = make(treated, "discounts", products=[product])
    whose = {"customer_id": ada}
    subscription = make(
        treated, "subscriptions", product=product["id"], discount=discount["id"], **whose
    )
    order = make(treated, "orders", product=product["id"], subscription=subscription, **whose)
    grant = make(treated, "benefit_grants", benefit="Support", order=order["id"], **whose)
    counted = make(treated, "customer_meters", meter="calls", credited=5, **whose)

    for path, made in {
        "products": product, "benefits": benefit, "meters": meter, "subscriptions": subscription,
        "orders": order, "customer-meters": counted,
    }.items():  # fmt: skip
        assert set(treated.ask("GET", f"/v1/{path}/{made['id']}").json()) == set(made), path
    assert subscription["amount"] == 810
    assert (grant["order_id"], counted["balance"]) == (order["id"], 5)


@pytest.mark.parametrize("path", PATHS)
def test_forms(treated: Treated, path: str) -> None:
    """An unknown key, a null id and what is no object are refused."""
    assert refuse(treated, path, {"naem": "x"})[0][0] == ["body", "naem"]
    assert refuse(treated, path, {"id": 5}) == [
        (["body", "id"], "must be a UUID such as 1dbfc517-0bbf-4301-9ba8-555ca42b9737")
    ]
    assert refuse(treated, path, [1])
    assert refuse(treated, path, {"loud": 2})[0][0] == ["body", "loud"]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_there(treated: Treated, path: str) -> None:
    """An unknown organization is a 404; an unknown customer is told of."""
    assert treated.server.control("POST", f"/organizations/{uuid4()}/{path}", {}).status_code == 404
    if path in {"subscriptions", "orders", "benefit_grants", "customer_meters"}:
        assert refuse(treated, path, {}) == [(["body", "customer_id"], "Field required")]
        assert refuse(treated, path, {"customer": "u1"}) == [
            (["body", "external_customer_id"], "Customer does not exist.")
        ]


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("benefits", {"type": "meter_credit"}, ["body"]),
        ("benefits", CREDIT, ["body", "properties", "meter_id"]),
        ("meters", {"aggregation": {"func": "sum"}}, ["body", "aggregation"]),
        ("meters", {"filter": NO_FILTER}, ["body", "filter", "clauses", 0]),
        ("products", {"prices": [METERED]}, ["body", "prices", 0, "meter_id"]),
        ("products", {"price": -1}, ["body", "price"]),
        ("products", {"price": 5, "currency": "xxx"}, ["body", "currency"]),
        ("products", {"currency": "usd"}, ["body", "currency"]),
        ("products", {"name": "a\0b"}, ["body", "name"]),
        ("products", {"metadata": {"a": None}}, ["body", "metadata", "a"]),
        ("discounts", {"type": "fixed"}, ["body", "amount"]),
        ("discounts", {"duration": "repeating"}, ["body", "duration_in_months"]),
        ("discounts", {"products": ["Pro"]}, ["body", "products", 0]),
        ("discounts", {"products": [5]}, ["body", "products", 0]),
        ("subscriptions", {"product": 5}, ["body", "product"]),
        ("subscriptions", {"product": "a\0b"}, ["body", "product"]),
        ("customer_meters", {"meter": "x" * 5001}, ["body", "meter"]),
        ("subscriptions", {"external_customer_id": 5}, ["body", "external_customer_id"]),
        ("subscriptions", {"current_period_end": "soon"}, ["body", "current_period_end"]),
    ],
)  # fmt: skip
def test_values(treated: Treated, path: str, body: dict[str, Any], place: list[Any]) -> None:
    """A value that cannot be is refused where it stands."""
    where, _ = refuse(treated, path, body)[0]
    assert where[: len(place)] == place


def test_codes(treated: Treated) -> None:
    """Two discounts cannot have a code."""
    make(treated, "discounts", code="TEN")
    assert refuse(treated, "discounts", {"code": "ten"}) == [
        (["body", "code"], "Discount with this code already exists.")
    ]


def test_half_a_pair(treated: Treated) -> None:
    """A name that no database can hold is refused."""
    answer = treated.send("POST", "/customer_meters", '{"meter": "\\ud800"}')
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "meter"]
