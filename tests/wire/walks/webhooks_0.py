"""What a user of polar-sdk 0.x does with webhooks: where they are sent, and what is received."""

from typing import Any

from polar_sdk import Polar
from polar_sdk.types import BaseModel
from polar_sdk.webhooks import validate_event
from standardwebhooks import Webhook
from ways_0 import call

Json = dict[str, Any]


def list_endpoints(polar: Polar, **query: Any) -> Json:
    """A page of endpoints."""
    plain = polar.webhooks.list_webhook_endpoints
    return _page(call(polar, plain, polar.webhooks.list_webhook_endpoints_async, **query))


def create_endpoint(polar: Polar, **body: Any) -> Json:
    """A new endpoint."""
    plain = polar.webhooks.create_webhook_endpoint
    return _whole(
        call(polar, plain, polar.webhooks.create_webhook_endpoint_async, request=body),
    )


def get_endpoint(polar: Polar, endpoint: str) -> Json:
    """An endpoint."""
    plain = polar.webhooks.get_webhook_endpoint
    return _whole(call(polar, plain, polar.webhooks.get_webhook_endpoint_async, id=endpoint))


def update_endpoint(polar: Polar, endpoint: str, **body: Any) -> Json:
    """An endpoint with other values."""
    return _whole(
        call(
            polar,
            polar.webhooks.update_webhook_endpoint,
            polar.webhooks.update_webhook_endpoint_async,
            id=endpoint,
            webhook_endpoint_update=body,
        )
    )


def reset_secret(polar: Polar, endpoint: str) -> Json:
    """An endpoint with a new secret; 0.22.1 has no method for it."""
    plain = polar.webhooks.reset_webhook_endpoint_secret
    return _whole(
        call(polar, plain, polar.webhooks.reset_webhook_endpoint_secret_async, id=endpoint)
    )


def delete_endpoint(polar: Polar, endpoint: str) -> Any:
    """No endpoint any more."""
    plain = polar.webhooks.delete_webhook_endpoint
    return call(polar, plain, polar.webhooks.delete_webhook_endpoint_async, id=endpoint)


def list_deliveries(polar: Polar, **query: Any) -> Json:
    """A page of deliveries."""
    plain = polar.webhooks.list_webhook_deliveries
    return _page(call(polar, plain, polar.webhooks.list_webhook_deliveries_async, **query))


def redeliver(polar: Polar, event: str) -> Any:
    """An event that is sent again."""
    plain = polar.webhooks.redeliver_webhook_event
    return call(polar, plain, polar.webhooks.redeliver_webhook_event_async, id=event)


def verify(_: Polar, body: str, headers: dict[str, str], secret: str) -> Json:
    """What a delivery tells, once the client has verified it."""
    return _whole(validate_event(body.encode(), headers, secret))


def verify_as_standard(_: Polar, body: str, headers: dict[str, str], secret: str) -> Any:
    """What a delivery tells, once the library of Standard Webhooks has verified it."""
    return Webhook(secret).verify(body.encode(), headers)


def _page(found: Any) -> Json:
    return {
        "items": [_whole(item) for item in found.result.items],
        "pagination": found.result.pagination.model_dump(mode="json"),
    }


def _whole(shown: BaseModel) -> Json:
    return shown.model_dump(mode="json", by_alias=True)


ACTS = (
    list_endpoints,
    create_endpoint,
    get_endpoint,
    update_endpoint,
    reset_secret,
    delete_endpoint,
    list_deliveries,
    redeliver,
    verify,
    verify_as_standard,
)
