"""What a user of polar-sdk 1.x does with webhooks: where they are sent, and what is received."""

import dataclasses
from typing import Any

from conversation import collect, finish
from polar.v2026_10 import Polar
from polar.v2026_10.webhooks import validate_event

Json = dict[str, Any]


def list_endpoints(polar: Polar, **query: Any) -> Json:
    """A page of endpoints."""
    return _whole(finish(polar.webhooks.list_webhook_endpoints(**query)))


def walk_endpoints(polar: Polar, **query: Any) -> list[Json]:
    """All endpoints."""
    return [_whole(one) for one in collect(polar.webhooks.iter_list_webhook_endpoints(**query))]


def create_endpoint(polar: Polar, **body: Any) -> Json:
    """A new endpoint."""
    return _whole(finish(polar.webhooks.create_webhook_endpoint(**body)))


def get_endpoint(polar: Polar, endpoint: str) -> Json:
    """An endpoint."""
    return _whole(finish(polar.webhooks.get_webhook_endpoint(endpoint)))


def update_endpoint(polar: Polar, endpoint: str, **body: Any) -> Json:
    """An endpoint with other values."""
    return _whole(finish(polar.webhooks.update_webhook_endpoint(endpoint, **body)))


def reset_secret(polar: Polar, endpoint: str) -> Json:
    """An endpoint with a new secret."""
    return _whole(finish(polar.webhooks.reset_webhook_endpoint_secret(endpoint)))


def delete_endpoint(polar: Polar, endpoint: str) -> Any:
    """No endpoint any more."""
    return finish(polar.webhooks.delete_webhook_endpoint(endpoint))


def list_deliveries(polar: Polar, **query: Any) -> Json:
    """A page of deliveries."""
    return _whole(finish(polar.webhooks.list_webhook_deliveries(**query)))


def walk_deliveries(polar: Polar, **query: Any) -> list[Json]:
    """All deliveries."""
    return [_whole(one) for one in collect(polar.webhooks.iter_list_webhook_deliveries(**query))]


def redeliver(polar: Polar, event: str) -> Any:
    """An event that is sent again."""
    return finish(polar.webhooks.redeliver_webhook_event(event))


def verify(_: Polar, body: str, headers: dict[str, str], secret: str) -> Json:
    """What a delivery tells, once the client has verified it."""
    return _whole(validate_event(body.encode(), headers, secret))


def _whole(shown: Any) -> Json:
    return dataclasses.asdict(shown)


ACTS = (
    list_endpoints,
    walk_endpoints,
    create_endpoint,
    get_endpoint,
    update_endpoint,
    reset_secret,
    delete_endpoint,
    list_deliveries,
    walk_deliveries,
    redeliver,
    verify,
)
