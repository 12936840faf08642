"""The bodies of webhooks, in each format."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.webhooks import (
    NewWebhookEndpoint,
    WebhookEndpoint,
    WebhookEvent,
    WebhookEventType,
    WebhookFormat,
)
from icefloe.domain.webhooks import payloads
from icefloe.domain.webhooks.deliveries import WebhookDeliveries
from icefloe.domain.webhooks.endpoints import WebhookEndpoints
from support import HeldTime, run

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
CUSTOMER_ID = "57eb7158-8647-49ff-96d7-ed07b859719f"
DOCUMENT = f'{{"id":"{CUSTOMER_ID}","name":"Zoë"}}'.encode()
ICON = (
    "https://raw.githubusercontent.com/polarsource/polar/"
    "2648cf7472b5128704a097cd1eb3ae5f1dd847e5/docs/docs/assets/favicon.png"
)
LOGO = (
    "https://raw.githubusercontent.com/polarsource/polar/"
    "4fd899222e200ca70982f437039f549b7a822ecc/clients/apps/web/public/email-logo-dark.png"
)
# The endpoints of the test of all: their format, and the version that their bodies name.
FORMS: list[tuple[WebhookFormat, str | None]] = [
    ("raw", None),
    ("raw", "2026-04"),
    ("slack", None),
    ("discord", None),
]


class TestRender:
    """`payloads.render`."""

    def test_raw(self) -> None:
        """A raw body is the data in compact JSON, behind the type and the time."""
        body = payloads.render("raw", "customer.created", NOON, DOCUMENT, organization_name="Ours")

        assert body.decode() == (
            '{"type":"customer.created","timestamp":"2026-05-01T12:00:00Z",'
            f'"data":{{"id":"{CUSTOMER_ID}","name":"Zoë"}}}}'
        )

    def test_raw_with_a_version(self) -> None:
        """A raw body names the version that it is asked to name, behind the time."""
        body = payloads.render("raw", "customer.created", NOON, DOCUMENT, api_version="2026-10")

        assert list(json.loads(body)) == ["type", "timestamp", "api_version", "data"]
        assert json.loads(body)["api_version"] == "2026-10"

    def test_newer_field_of_products(self) -> None:
        """A body with a product has the newer field if it names a version, and not otherwise."""
        product = b'{"metadata":{},"prices":[],"benefits":[]}'
        subscription = b'{"product":%b,"prices":[]}' % product

        def find_data(kind: WebhookEventType, document: bytes, version: str | None) -> Any:
            body = payloads.render("raw", kind, NOON, document, api_version=version)
            return json.loads(body)["data"]

        newer = json.loads(product) | {"is_deletable": False}
        assert find_data("product.created", product, None) == json.loads(product)
        assert find_data("product.created", product, "2026-10") == newer
        assert find_data("subscription.active", subscription, "2026-10") == {
            "product": newer,
            "prices": [],
        }

    def test_newer_fields_of_orders(self) -> None:
        """The items of an order have the newer fields if the body names a version."""
        label = '],"description":' + '"product_price_id":null'
        items = [{"label": label, "product_price_id": price} for price in (None, "1f")]
        order = {"metadata": {"product_price_id": "1f"}, "items": items, "description": label}
        document = json.dumps(order, separators=(",", ":")).encode()

        body = payloads.render("raw", "order.paid", NOON, document, api_version="2026-10")
        assert json.loads(body)["data"] == {
            **order,
            "items": [{**item, "start_timestamp": None, "end_timestamp": None} for item in items],
        }
        assert json.loads(payloads.render("raw", "order.paid", NOON, document))["data"] == order

    def test_discord(self) -> None:
        """A message for Discord names the type, the object and the organization."""
        body = payloads.render(
            "discord", "customer.created", NOON, DOCUMENT, organization_name="Ünïted"
        )

        assert body.decode() == json.dumps(
            {
                "content": "customer.created",
                "embeds": [
                    {
                        "color": 25343,
                        "author": {"name": "Polar.sh", "icon_url": ICON},
                        "thumbnail": {"url": LOGO},
                        "footer": {"text": "Powered by Polar.sh"},
                        "title": "customer.created",
                        "description": "customer.created",
                        "fields": [
                            {"name": "Object", "value": CUSTOMER_ID},
                            {"name": "Organization", "value": "Ünïted"},
                        ],
                    }
                ],
            }
        )
        assert b"\\u00dcn\\u00efted" in body

    def test_slack(self) -> None:
        """A message for Slack names the type, the object and the organization."""
        body = payloads.render(
            "slack",
            "member.deleted",
            NOON,
            DOCUMENT,
            api_version="2026-10",
            organization_name="Ours",
        )

        assert body.decode() == json.dumps(
            {
                "text": "member.deleted",
                "blocks": [
                    {
                        "type": "section",
                        "text": {"type": "mrkdwn", "text": "member.deleted"},
                        "fields": [
                            {"type": "mrkdwn", "text": f"*Object*\n{CUSTOMER_ID}"},
                            {"type": "mrkdwn", "text": "*Organization*\nOurs"},
                        ],
                    },
                    {
                        "type": "context",
                        "elements": [
                            {"type": "image", "image_url": ICON, "alt_text": "Polar.sh"},
                            {"type": "mrkdwn", "text": "Powered by Polar.sh"},
                        ],
                    },
                ],
            }
        )


class TestQueued:
    """What a change queues for endpoints of each format."""

    def test_formats(self, store: Storage, time: HeldTime) -> None:
        """Each endpoint gets its own form of the same event, with the version that it names."""
        organization = run(Organizations(store, time.clock).create("Ünïted"))
        endpoints = WebhookEndpoints(store, time.clock)
        made = []
        for form, version in FORMS:
            new = NewWebhookEndpoint(
                url="https://a.com/", format=form, events=("customer.created",), api_version=version
            )
            made.append(run(endpoints.create(organization.id, new)))
        subject = Subject(organization.id, uuid4(), frozenset(), None)

        customers = CustomerWrites(store, time.clock)
        run(customers.create(subject, NewCustomer(email="ada@example.com")))

        events = find_events(store, time, made)
        assert [event.api_version for event in events] == [version for _, version in FORMS]
        plain, versioned, slack, discord = (json.loads(event.payload or b"") for event in events)
        assert list(versioned) == ["type", "timestamp", "api_version", "data"]
        assert versioned == plain | {"api_version": "2026-04"}
        assert [field["text"] for field in slack["blocks"][0]["fields"]] == [
            f"*Object*\n{plain['data']['id']}",
            "*Organization*\nÜnïted",
        ]
        assert [field["value"] for field in discord["embeds"][0]["fields"]] == [
            plain["data"]["id"],
            "Ünïted",
        ]


def find_events(
    store: Storage, time: HeldTime, made: Sequence[WebhookEndpoint]
) -> list[WebhookEvent]:
    """Every event that was queued, the oldest endpoint's first."""
    deliveries = WebhookDeliveries(store, time.clock)
    run(deliveries.queue())
    events = []
    for one in made:
        found = run(deliveries.find_queued(one.organization_id, one.id, first=9, retries=0))
        assert found is not None
        events += found.first
    return events
