"""Every address of the dashboard, from its own table of pages: a new page cannot be forgotten."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from api.commerce.asking import make, make_benefit, make_meter, make_order, make_product, place
from dashboard import webhook_work
from dashboard.browsing import Insider
from icefloe.dashboard.application import PAGES
from icefloe.dashboard.customers import uploads
from icefloe.dashboard.mount import PATH
from icefloe.dashboard.pages import Page
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.domain.values.orders import OrderStatus
from icefloe.domain.values.subscriptions import SubscriptionStatus
from icefloe.domain.values.webhooks import WebhookEndpointChange, WebhookEvent
from support import Organization, new_customer, run

SHOWN = tuple(page for page in PAGES if page.show is not None)
SENT_TO = tuple(page for page in PAGES if page.submit is not None)
OF_ORGANIZATIONS = tuple(page for page in PAGES if page.path.startswith("/{slug}"))

_PLACE = re.compile(r"{(\w+)}")
_PLANS = ("free", "pro", "enterprise")


@dataclass(frozen=True, slots=True)
class Furnished:
    """An organization that has some of everything.

    Attributes:
        owner: who may see and change it.
        places: what stands in each place of its pages' paths.
    """

    owner: Insider
    places: Mapping[str, str]

    def path(self, page: Page, **others: str) -> str:
        """The address of a page of it; `others` are put in places instead."""
        places = {**self.places, **others}

        def find(place: re.Match[str]) -> str:
            assert place[1] in places, f"{__file__} says nothing for {place[0]} of {page.path}"
            return places[place[1]]

        return PATH + _PLACE.sub(find, page.path)


def furnish(owner: Insider) -> Furnished:
    """Put some of everything into an organization."""
    organization, services = owner.organization, owner.organization.services
    customers = [
        new_customer(number, metadata={"plan": _PLANS[number % 3], "seats": number})
        for number in range(1, 61)
    ]
    customers[1] |= {"name": None, "external_id": None, "metadata": {}}
    customers[-1] |= {
        "type": "team",
        "name": "A team whose name is as long as the names of teams are now and then, or longer",
        "email": "accounts-payable.and.everything.else@a-rather-long-domain-name.example.com",
        "locale": "en-GB",
        "billing_name": "Lantern & Tide Limited",
        "billing_address": {"country": "DE", "city": "Hamburg", "line1": "Am Sandtorkai 1"},
        "tax_id": ["DE136695976", "eu_vat"],
        "metadata": {f"key_{number}": "value " * 10 for number in range(20)},
    }
    organization.keep(*customers)
    token, _ = run(services.tokens.create(organization.id, "Website", ("customers:read",)))
    _, invitation = run(services.invitations.create(organization.id, "member", by=owner.id))
    colleague = run(
        services.people.create(
            f"colleague.of.{owner.email}", owner.password, roles={organization.id: "member"}
        )
    )
    team = organization.get(f"/v1/members/?customer_id={customers[-1]['id']}").json()["items"]
    table = io.BytesIO(b"Email,Plan\nann@example.com,pro\n")
    upload = uploads.store(organization.id, "customers.csv", table, OnConflict.FAIL)
    report = Report(added=2, failed=1, failures=[("line 3", "Email: an address has an @")])
    uploads.save(replace(upload, stage=uploads.Stage.CHECKED, report=report))
    endpoint, event = _deliver_webhooks(owner, customers[0]["id"])
    product_id = _make_products(organization)
    subscription_id, order_id = _sell(organization, product_id, customers[-1])
    return Furnished(
        owner,
        {
            "slug": owner.slug,
            "customer_id": customers[-1]["id"],
            "token_id": str(token.id),
            "member_id": team[0]["id"],
            "upload_id": upload.id,
            "token": invitation,
            "person_id": str(colleague.id),
            "endpoint_id": endpoint,
            "event_id": event,
            "product_id": product_id,
            "subscription_id": subscription_id,
            "order_id": order_id,
        },
    )


def _make_products(organization: Organization) -> str:
    """Make products with all kinds of prices and with benefits; returns one that has everything."""
    benefits = [
        make_benefit(organization, description)["id"]
        for description in ("Support", "A benefit whose text is as long as may be")
    ]
    meter = make_meter(organization)
    prices = [
        {"amount_type": "fixed", "price_amount": 2900},
        {"amount_type": "metered_unit", "unit_amount": "0.125", "meter_id": meter["id"]},
    ]
    for number in range(1, 29):
        make_product(organization, f"Product {number}", visibility="private", prices=prices)
    make_product(
        organization,
        "A gift",
        recurring_interval=None,
        prices=[{"amount_type": "custom", "minimum_amount": 500}],
    )
    product = make_product(
        organization,
        "A product whose name is as long as a product's may be, or nearly",
        description="It has a description as well.",
        metadata={f"key_{number}": "value " * 10 for number in range(20)},
        prices=prices,
        trial_interval="week",
        trial_interval_count=2,
    )
    path = f"/v1/products/{product['id']}/benefits"
    assert organization.request("POST", path, body={"benefits": benefits}).is_success
    found: str = product["id"]
    return found


def _sell(organization: Organization, product_id: str, customer: dict[str, Any]) -> tuple[str, str]:
    """Have a customer subscribe and buy; returns a subscription that is set to end, and an order."""
    benefit = make_benefit(organization, "Telephone")
    free = make_product(organization, "Free", prices=[{"amount_type": "free"}])
    path = f"/v1/products/{free['id']}/benefits"
    assert organization.request("POST", path, body={"benefits": [benefit["id"]]}).is_success
    subscriptions = [
        make(organization, "subscriptions", product_id=free["id"], customer_id=customer["id"])["id"]
        for _ in range(27)
    ]
    last, gone = f"/v1/subscriptions/{subscriptions[-1]}", f"/v1/subscriptions/{subscriptions[0]}"
    body = {
        "cancel_at_period_end": True,
        "customer_cancellation_reason": "too_complex",
        "customer_cancellation_comment": "comments " * 20,
    }
    assert organization.request("PATCH", last, body=body).is_success
    assert organization.request("DELETE", gone).is_success
    for word in SubscriptionStatus:
        values = {"product_id": product_id, "customer_id": customer["id"], "status": word}
        place(organization, "subscriptions", **values, started_at="2020-01-01T00:00:00Z")
    for status in OrderStatus:
        make_order(organization, customer, status=status, amount=5000)
    order = make_order(
        organization,
        customer,
        {"id": product_id},
        subscription_id=UUID(subscriptions[-1]),
        amount=1_234_567_890,
        discount_amount=1000,
        tax_amount=1900,
        status=OrderStatus.partially_refunded,
        metadata={"campaign": "word " * 50},
    )
    for _ in range(20):
        make_order(organization, customer, {"id": free["id"]})
    return subscriptions[-1], order["id"]


def _deliver_webhooks(owner: Insider, customer_id: str) -> tuple[str, str]:
    """Deliver events with and without success, leave some queued; returns an endpoint and an event."""
    organization = owner.organization
    worker = webhook_work.Worker(organization)
    url = "https://a-rather-long-domain-name.example.com/hooks/of/a/shop?with=parameters"
    off = worker.make_endpoint("customer.deleted", url=url, name=None)
    change = WebhookEndpointChange(enabled=False)
    run(organization.services.webhook_endpoints.update(organization.id, off.id, change))
    endpoint = worker.make_endpoint("customer.updated", "customer.state_changed")
    attempted: list[WebhookEvent] = []
    for outcome in (webhook_work.OK, webhook_work.LATE, webhook_work.BAD):
        assert organization.request("PATCH", f"/v1/customers/{customer_id}", body={}).is_success
        attempted = worker.attempt(endpoint, outcome)
    assert organization.request("PATCH", f"/v1/customers/{customer_id}", body={}).is_success
    return str(endpoint.id), str(attempted[0].id)


def name_of(page: Page) -> str:
    """A page as a test's name has it."""
    return page.path or "/"
