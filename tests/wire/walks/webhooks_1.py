"""What a user of polar-sdk 1.x does with webhook endpoints and deliveries."""

import dataclasses
from typing import Any

from conversation import finish
from polar.v2026_10 import Polar

Json = dict[str, Any]


def create_webhook_endpoint(polar: Polar, **body: Any) -> Json:
    """A new endpoint."""
    return dataclasses.asdict(finish(polar.webhooks.create_webhook_endpoint(**body)))


def list_webhook_endpoints(polar: Polar) -> list[Json]:
    """The endpoints of a first page."""
    found = finish(polar.webhooks.list_webhook_endpoints())
    return [dataclasses.asdict(one) for one in found.items]


def get_webhook_endpoint(polar: Polar, endpoint: str) -> Json:
    """An endpoint."""
    return dataclasses.asdict(finish(polar.webhooks.get_webhook_endpoint(endpoint)))


def update_webhook_endpoint(polar: Polar, endpoint: str, **body: Any) -> Json:
    """An endpoint with other values."""
    return dataclasses.asdict(finish(polar.webhooks.update_webhook_endpoint(endpoint, **body)))


def reset_webhook_endpoint_secret(polar: Polar, endpoint: str) -> Json:
    """An endpoint with another secret."""
    return dataclasses.asdict(finish(polar.webhooks.reset_webhook_endpoint_secret(endpoint)))


def delete_webhook_endpoint(polar: Polar, endpoint: str) -> None:
    """No endpoint any more."""
    finish(polar.webhooks.delete_webhook_endpoint(endpoint))


def list_webhook_deliveries(polar: Polar, endpoint: str) -> list[Json]:
    """The deliveries to an endpoint, of a first page."""
    found = finish(polar.webhooks.list_webhook_deliveries(endpoint_id=endpoint))
    return [dataclasses.asdict(one) for one in found.items]


def redeliver_webhook_event(polar: Polar, event: str) -> Any:
    """An event that is sent again."""
    return finish(polar.webhooks.redeliver_webhook_event(event))


ACTS = (
    create_webhook_endpoint,
    list_webhook_endpoints,
    get_webhook_endpoint,
    update_webhook_endpoint,
    reset_webhook_endpoint_secret,
    delete_webhook_endpoint,
    list_webhook_deliveries,
    redeliver_webhook_event,
)
