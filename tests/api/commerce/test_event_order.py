"""The events of a change, in the order in which webhooks tell of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api.commerce.asking import find_events, find_items, make, make_benefit, make_customer
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values import moments
from support import Organization, run

ENDED = ["subscription.updated", "subscription.canceled", "subscription.revoked"]


def make_plan(organization: Organization, name: str, *benefits: dict[str, Any]) -> dict[str, Any]:
    """A free product by the week, with benefits."""
    prices = [{"amount_type": "free"}]
    plan = make(organization, "products", name=name, recurring_interval="week", prices=prices)
    path = f"/v1/products/{plan['id']}/benefits"
    body = {"benefits": [benefit["id"] for benefit in benefits]}
    assert organization.request("POST", path, body=body).status_code == 200
    return plan


def subscribe(organization: Organization, plan: dict[str, Any], **body: Any) -> dict[str, Any]:
    """A new customer's subscription."""
    customer = make_customer(organization, "Grace")
    return make(
        organization, "subscriptions", product_id=plan["id"], customer_id=customer["id"], **body
    )


@pytest.fixture
def subscription(organization: Organization) -> dict[str, Any]:
    """A subscription with a benefit."""
    return subscribe(organization, make_plan(organization, "Crew", make_benefit(organization)))


def find_new(organization: Organization, request: tuple[str, str, Any]) -> list[Any]:
    """The events of a request: types, and what was shown."""
    before = len(find_events(organization))
    method, path, body = request
    answer = organization.request(method, path, body=body)
    assert answer.status_code in {200, 201, 204}, answer.text
    return find_events(organization)[before:]


def tell(organization: Organization, method: str, path: str, body: Any = None) -> list[str]:
    """The types of the events of a request."""
    return [kind for kind, _ in find_new(organization, (method, path, body))]


def test_subscribing(organization: Organization) -> None:
    """A subscription is created, active and updated, all with the same body; then it grants."""
    plan = make_plan(organization, "Crew", make_benefit(organization))
    customer = make_customer(organization)
    body = {"product_id": plan["id"], "customer_id": customer["id"]}

    told = find_new(organization, ("POST", "/v1/subscriptions/", body))

    assert [kind for kind, _ in told] == [
        "subscription.created", "subscription.active", "subscription.updated",
        "benefit_grant.created",
    ]  # fmt: skip
    assert told[0][1] == told[1][1] == told[2][1]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("is_canceled", [False, True])
def test_ending(
    organization: Organization, subscription: dict[str, Any], method: str, *, is_canceled: bool
) -> None:
    """A subscription that ends is canceled, though it was set to end before, and then revoked."""
    path = f"/v1/subscriptions/{subscription['id']}"
    if is_canceled:
        tell(organization, "PATCH", path, {"cancel_at_period_end": True})

    told = tell(organization, method, path, {"revoke": True} if method == "PATCH" else None)

    assert told == [*ENDED, "benefit_grant.revoked"]


def test_canceling(organization: Organization, subscription: dict[str, Any]) -> None:
    """A cancellation and its withdrawal are each told after the update."""
    path = f"/v1/subscriptions/{subscription['id']}"

    assert tell(organization, "PATCH", path, {"cancel_at_period_end": True}) == [
        "subscription.updated", "subscription.canceled",
    ]  # fmt: skip
    assert tell(organization, "PATCH", path, {"cancel_at_period_end": False}) == [
        "subscription.updated", "subscription.uncanceled",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [{}, {"metadata": {"seat": "12A"}}, {"pause_at_period_end": True}, {"discount_id": None}],
)
def test_updating(
    organization: Organization, subscription: dict[str, Any], body: dict[str, Any]
) -> None:
    """Any other change is told as an update, an empty one too."""
    path = f"/v1/subscriptions/{subscription['id']}"

    assert tell(organization, "PATCH", path, body) == ["subscription.updated"]


def test_moving(organization: Organization, subscription: dict[str, Any]) -> None:
    """Another product revokes what the one before brought, and then grants its own."""
    other = make_plan(organization, "Officers", make_benefit(organization, "Radio"))
    path = f"/v1/subscriptions/{subscription['id']}"

    later = {"product_id": other["id"], "proration_behavior": "next_period"}
    assert tell(organization, "PATCH", path, later) == ["subscription.updated"]
    assert tell(organization, "PATCH", path, {"pending_update": None}) == ["subscription.updated"]
    told = find_new(organization, ("PATCH", path, {"product_id": other["id"]}))

    assert [kind for kind, _ in told] == [
        "subscription.updated", "benefit_grant.revoked", "benefit_grant.created",
    ]  # fmt: skip
    assert [shown["benefit"]["description"] for _, shown in told[1:]] == ["Support", "Radio"]


def test_benefits_of_subscribers(organization: Organization, subscription: dict[str, Any]) -> None:
    """Subscribers get what is put on their product, and lose what is taken off or deleted."""
    radio = make_benefit(organization, "Radio")
    path = f"/v1/products/{subscription['product_id']}/benefits"
    kept = [subscription["product"]["benefits"][0]["id"]]

    assert tell(organization, "POST", path, {"benefits": [*kept, radio["id"]]}) == [
        "product.updated", "benefit_grant.created",
    ]  # fmt: skip
    change = {"type": "custom", "description": "Long-range radio"}
    assert tell(organization, "PATCH", f"/v1/benefits/{radio['id']}", change) == ["benefit.updated"]
    assert tell(organization, "POST", path, {"benefits": [radio["id"]]}) == [
        "product.updated", "benefit_grant.revoked",
    ]  # fmt: skip
    assert tell(organization, "DELETE", f"/v1/benefits/{radio['id']}") == [
        "benefit.updated", "benefit_grant.revoked",
    ]  # fmt: skip


def test_deleting_a_subscriber(organization: Organization, subscription: dict[str, Any]) -> None:
    """A customer is deleted after its members, and before what it had ends."""
    told = tell(organization, "DELETE", f"/v1/customers/{subscription['customer_id']}")

    assert told == ["member.deleted", "customer.deleted", "benefit_grant.revoked", *ENDED]


class TestTrialsEnd:
    """A trial that ends at once begins a period."""

    def end(self, organization: Organization, subscription: dict[str, Any]) -> list[Any]:
        """The events of a trial's end."""
        path = f"/v1/subscriptions/{subscription['id']}"
        later = moments.render(datetime.now(UTC) + timedelta(days=99))
        assert tell(organization, "PATCH", path, {"trial_end": later}) == ["subscription.updated"]
        return find_new(organization, ("PATCH", path, {"trial_end": "now"}))

    def test_free(self, organization: Organization) -> None:
        """A free period is ordered, first pending and then paid, and the grants go on."""
        plan = make_plan(organization, "Crew", make_benefit(organization))
        subscription = subscribe(organization, plan, metadata={"seat": "12A"})

        told = self.end(organization, subscription)

        assert [kind for kind, _ in told] == [
            "subscription.cycled", "subscription.updated", "order.created", "order.updated",
            "order.paid", "benefit_grant.cycled",
        ]  # fmt: skip
        cycled, placed, paid = (dict(told)[f"{kind}"] for kind in (
            "subscription.cycled", "order.created", "order.paid",
        ))  # fmt: skip
        assert (placed["status"], paid["status"]) == ("pending", "paid")
        (order,) = find_items(organization.get("/v1/orders/"))
        assert {**order, "subscription": None} == {**paid, "subscription": None}
        assert order["billing_reason"] == "subscription_cycle"
        assert order["subscription_id"] == subscription["id"]
        assert order["metadata"] == {"seat": "12A"}
        start, end = (
            datetime.fromisoformat(cycled[f"current_period_{edge}"]) for edge in ("start", "end")
        )
        assert order["items"][0]["label"] == (
            f"Crew — From {start:%b} {start.day}, {start.year} to {end:%b} {end.day}, {end.year}"
        )

    def test_with_a_deleted_discount(self, organization: Organization) -> None:
        """The order names the subscription's discount, though that was deleted since."""
        discount = make(
            organization, "discounts", name="Two", type="percentage", basis_points=200,
            duration="forever",
        )  # fmt: skip
        subscription = subscribe(organization, make_plan(organization, "Crew"))
        path = f"/v1/subscriptions/{subscription['id']}"
        tell(organization, "PATCH", path, {"discount_id": discount["id"]})
        tell(organization, "DELETE", f"/v1/discounts/{discount['id']}")

        told = dict(self.end(organization, subscription))

        assert told["order.paid"]["discount_id"] == discount["id"]
        assert told["order.paid"]["discount"]["name"] == "Two"

    def test_paid(self, organization: Organization) -> None:
        """A period that costs something has no order: no money moves here."""
        subscription = subscribe(organization, make_plan(organization, "Crew"))
        prices = [{"amount_type": "fixed", "price_amount": 900}]
        paid = make(organization, "products", name="Paid", recurring_interval="week", prices=prices)
        path = f"/v1/subscriptions/{subscription['id']}"
        assert (
            organization.request("PATCH", path, body={"product_id": paid["id"]}).status_code == 200
        )

        told = self.end(organization, subscription)

        assert [kind for kind, _ in told] == ["subscription.cycled", "subscription.updated"]
        assert find_items(organization.get("/v1/orders/")) == []


def test_resuming(organization: Organization, subscription: dict[str, Any]) -> None:
    """A paused subscription that goes on is ordered, and grants again."""
    subscription_id = UUID(subscription["id"])

    async def pause(tables: Tables) -> None:
        table = tables.commerce.subscriptions
        found = await table.find(organization.id, subscription_id)
        assert found is not None
        await table.replace(organization.id, {**found, "status": "paused"})

    run(organization.services.storage.write(pause))
    path = f"/v1/subscriptions/{subscription_id}"
    tell(
        organization,
        "POST",
        f"/v1/products/{subscription['product_id']}/benefits",
        {"benefits": []},
    )

    assert tell(organization, "PATCH", path, {"resume": True})[:5] == [
        "subscription.updated", "subscription.resumed", "order.created", "order.updated",
        "order.paid",
    ]  # fmt: skip
