"""What customers have: `products.create` and its kin, `subscribe`, `order`, `grant` and `meter`."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from icefloe.testing import Organization, Refused, Shown, days
from receiving import Receiver, receiving


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as running:
        yield running


def ask(organization: Organization, path: str) -> Any:
    """What the application reads at a path."""
    answer = httpx.get(
        organization.base_url + path, headers={"Authorization": f"Bearer {organization.token}"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def subscribe(organization: Organization, **values: Any) -> tuple[Any, Shown]:
    """A customer, and its subscription to a product for 29 dollars a month."""
    product = organization.products.create(price=2900, recurring="month")
    ada = organization.customers.create(external_id="u1")
    return ada, ada.subscribe(product, **values)


class TestCatalogue:
    """`products`, `benefits`, `meters` and `discounts`."""

    def test_usual(self, icefloe: Organization) -> None:
        """Nothing has to be said; names differ, and the objects are whole."""
        made = [icefloe.products.create(), icefloe.products.create()]
        assert [one.name for one in made] == ["Product 1", "Product 2"]
        assert ask(icefloe, f"/v1/products/{made[0].id}") == made[0]
        benefit = icefloe.benefits.create()
        assert ask(icefloe, f"/v1/benefits/{benefit.id}") == benefit
        meter = icefloe.meters.create()
        assert ask(icefloe, f"/v1/meters/{meter.id}") == meter
        discount = icefloe.discounts.create()
        assert ask(icefloe, f"/v1/discounts/{discount.id}") == discount

    def test_chosen(self, icefloe: Organization) -> None:
        """An id, a time and a state can be chosen, and benefits named in any way."""
        first, second = (icefloe.benefits.create(description=one) for one in ("Support", "Files"))
        own_id = "0b4e4cf0-3e35-4d09-8b6b-6ad0a3a3f2f1"
        made = icefloe.products.create(
            id=own_id,
            name="Pro",
            price=2900,
            currency="eur",
            recurring="year",
            benefits=[first, "Files"],
            is_archived=True,
            created_at=datetime(2024, 5, 1, tzinfo=UTC),
        )
        assert (made.id, made.recurring_interval, made.is_archived) == (own_id, "year", True)
        assert made.created_at == "2024-05-01T00:00:00Z"
        (price,) = made.prices
        assert (price["price_amount"], price["price_currency"]) == (2900, "eur")
        assert [one["id"] for one in made.benefits] == [first.id, second.id]

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"prise": 5}, "body.prise: there is no such key; did you mean 'price'?"),
            ({"price": "5"}, "body.price: must be a whole number"),
            ({"price": 5, "prices": []}, "body.price: is another way to say prices"),
            ({"recurring": "moon"}, "body.recurring: must be day, week, month or year"),
            ({"benefits": ["Support"]}, "body.benefits.0: Benefit does not exist."),
            ({"benefits": 5}, "body.benefits: must be a list"),
            ({"id": "x"}, "body.id: must be a UUID"),
            ({"loud": "often"}, "body.loud"),
        ],
    )
    def test_refused(self, icefloe: Organization, values: dict[str, Any], words: str) -> None:
        """What cannot be is refused, with its place and a hint."""
        with pytest.raises(Refused) as caught:
            icefloe.products.create(**values)
        assert caught.value.status == 422
        assert words in str(caught.value)

    def test_taken_id(self, icefloe: Organization) -> None:
        """An id is given once."""
        made = icefloe.products.create()
        with pytest.raises(Refused, match="id: An object with this id already exists"):
            icefloe.products.create(id=made.id)


class TestSubscribe:
    """`customers.create().subscribe(…)`."""

    def test_active(self, icefloe: Organization) -> None:
        """The customer is active, and has what the product brings."""
        benefit = icefloe.benefits.create()
        product = icefloe.products.create(price=2900, recurring="month", benefits=[benefit])
        ada = icefloe.customers.create(external_id="u1")
        subscription = ada.subscribe(product, ends_in=days(10), cancel_at_period_end=True)

        assert ask(icefloe, f"/v1/subscriptions/{subscription.id}") == subscription
        state = ask(icefloe, "/v1/customers/external/u1/state")
        assert state["active_subscriptions"][0]["id"] == subscription.id
        assert state["granted_benefits"][0]["benefit_id"] == benefit.id
        assert ask(icefloe, "/v1/customers/?active=true")["pagination"]["total_count"] == 1
        end = datetime.fromisoformat(subscription.current_period_end)
        assert timedelta(0) < end - icefloe.clock.now <= days(10)
        assert subscription.ends_at == subscription.current_period_end

    @pytest.mark.parametrize(
        ("status", "names"),
        [
            ("trialing", ["trial_start", "trial_end"]),
            ("past_due", ["past_due_at"]),
            ("canceled", ["canceled_at", "ended_at", "ends_at"]),
            ("paused", ["paused_at"]),
            ("unpaid", []),
            ("incomplete", []),
        ],
    )
    def test_statuses(self, icefloe: Organization, status: str, names: list[str]) -> None:
        """Any status brings the times that go with it."""
        _, made = subscribe(icefloe, status=status)
        assert made.status == status
        times = {"trial_start", "trial_end", "past_due_at", "canceled_at", "ended_at", "ends_at"}
        assert {one for one in {*times, "paused_at"} if made[one] is not None} == set(names)

    def test_by_name(self, icefloe: Organization) -> None:
        """A product is named by its name, unless several have it."""
        ada = icefloe.customers.create()
        icefloe.products.create(name="Pro", recurring="month")
        assert ada.subscribe("Pro").product["name"] == "Pro"
        icefloe.products.create(name="Pro", recurring="month")
        with pytest.raises(Refused, match="product: Several products have this name"):
            ada.subscribe("Pro")

    def test_quiet_and_loud(self, icefloe: Organization, receiver: Receiver) -> None:
        """Webhooks are told of what is loud, and of nothing else."""
        icefloe.webhooks.endpoint(receiver.url())
        icefloe.products.create(name="Pro", recurring="month", benefits=[icefloe.benefits.create()])
        icefloe.webhooks.wait_idle()
        assert list(icefloe.webhooks.deliveries) == []
        ada = icefloe.customers.create()
        icefloe.webhooks.wait_idle()
        icefloe.webhooks.deliveries.clear()
        ada.subscribe("Pro")
        icefloe.webhooks.wait_idle()
        assert list(icefloe.webhooks.deliveries) == []
        icefloe.customers.create().subscribe("Pro", loud=True)
        icefloe.webhooks.wait_idle()
        kinds = [one.type for one in icefloe.webhooks.deliveries]
        assert [one for one in kinds if one.startswith(("subscription", "benefit"))] == [
            "subscription.created",
            "subscription.active",
            "subscription.updated",
            "benefit_grant.created",
        ]

    def test_refused(self, icefloe: Organization) -> None:
        """Neither what is not there, nor a product that is paid once."""
        ada = icefloe.customers.create()
        with pytest.raises(Refused, match=r"body\.product: Product does not exist"):
            ada.subscribe("Pro")
        with pytest.raises(Refused, match="not a recurring product"):
            ada.subscribe(icefloe.products.create())
        monthly = icefloe.products.create(recurring="month")
        with pytest.raises(Refused, match=r"body\.ends_in: must be a number of seconds"):
            ada.subscribe(monthly, ends_in="soon")
        with pytest.raises(Refused, match=r"body\.ends_in: must be between"):
            ada.subscribe(monthly, ends_in=1e300)


class TestOrder:
    """`customers.create().order(…)`."""

    def test_paid(self, icefloe: Organization) -> None:
        """An order of a product is paid, unless it says more."""
        ada, subscription = subscribe(icefloe)
        order = ada.order(subscription.product["id"], amount=2900, subscription=subscription)
        assert ask(icefloe, f"/v1/orders/{order.id}") == order
        assert (order.status, order.total_amount, order.paid) == ("paid", 2900, True)
        assert order.subscription["id"] == subscription.id
        refunded = ada.order(
            amount=1000, status="refunded", items=[{"label": "Talk", "amount": 1000}]
        )
        assert (refunded.refunded_amount, refunded.description) == (1000, "Talk")

    def test_refused(self, icefloe: Organization) -> None:
        """Amounts that cannot be."""
        ada = icefloe.customers.create()
        with pytest.raises(Refused, match=r"body\.amount: must be a whole number"):
            ada.order(amount="5")
        with pytest.raises(Refused, match="status: must be draft, pending"):
            ada.order(amount=5, status="lost")
        with pytest.raises(Refused, match=r"body\.amount: The amount is not the sum of the items"):
            ada.order(amount=5, items=[{"label": "Talk", "amount": 6}])


class TestGrantAndMeter:
    """`customers.create().grant(…)` and `meter(…)`."""

    def test_grant(self, icefloe: Organization) -> None:
        """A benefit can be granted on its own."""
        keys = icefloe.benefits.create(description="Key", type="license_keys")
        ada = icefloe.customers.create()
        grant = ada.grant("Key")
        assert (grant.benefit_id, grant.is_granted) == (keys.id, True)
        assert grant.properties["display_key"].startswith("****-")
        assert ask(icefloe, "/v1/benefit-grants/")["items"][0]["id"] == grant.id

    def test_meter(self, icefloe: Organization) -> None:
        """A meter that is not there is made; balances are those of events."""
        ada = icefloe.customers.create()
        made = ada.meter("credits", credited=100, consumed=60)
        assert (made.balance, made.meter["name"]) == (40, "credits")
        assert ada.meter("credits", consumed=70).balance == 30
        assert ask(icefloe, f"/v1/customers/{ada.id}/state")["active_meters"][0]["balance"] == 30
        assert ask(icefloe, "/v1/events/")["pagination"]["total_count"] == 2

    def test_refused(self, icefloe: Organization) -> None:
        """Units are numbers that JSON and counting allow."""
        ada = icefloe.customers.create()
        counting = icefloe.meters.create(aggregation={"func": "count"})
        for values in ({"credited": 1.5}, {"consumed": "1"}, {"consumed": 2.5}, {"consumed": 1e17}):
            with pytest.raises(Refused, match="body"):
                ada.meter(counting, **values)


def test_snapshots_hold_it(icefloe: Organization) -> None:
    """What customers have is part of a snapshot."""
    ada, subscription = subscribe(icefloe)
    ada.meter("credits", credited=5)
    before = ask(icefloe, f"/v1/customers/{ada.id}/state")
    icefloe.snapshot()
    ada.subscribe(icefloe.products.create(recurring="week"))
    ada.meter("credits", credited=9)
    icefloe.restore()
    assert ask(icefloe, f"/v1/customers/{ada.id}/state") == before
    assert ask(icefloe, f"/v1/subscriptions/{subscription.id}") == subscription


def test_of_a_seed(icefloe: Organization, tmp_path: Path) -> None:
    """`load` has what the seed's organization sells, and what its customers have."""
    file = tmp_path / "seed.yaml"
    file.write_text(
        """\
organizations:
  - name: Acme
    seed: 7
    products:
      - {name: Pro, price: 2900, recurring: month}
    customers:
      - {email: ada@example.com, external_id: u1, subscriptions: [{product: Pro}]}
""",
        "utf-8",
    )
    assert icefloe.load(file) == 1
    state = ask(icefloe, "/v1/customers/external/u1/state")
    assert [one["amount"] for one in state["active_subscriptions"]] == [2900]
