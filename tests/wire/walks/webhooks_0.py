"""What a user of polar-sdk 0.x does with webhook endpoints and deliveries."""

from typing import Any

from polar_sdk import Polar
from polar_sdk.types import BaseModel
from ways_0 import call

Json = dict[str, Any]


def create_webhook_endpoint(polar: Polar, **body: Any) -> Json:
    """A new endpoint."""
    namespace = polar.webhooks
    return _whole(
        call(
            polar,
            namespace.create_webhook_endpoint,
            namespace.create_webhook_endpoint_async,
            request=body,
        )
    )


def list_webhook_endpoints(polar: Polar) -> list[Json]:
    """The endpoints of a first page."""
    namespace = polar.webhooks
    found = call(polar, namespace.list_webhook_endpoints, namespace.list_webhook_endpoints_async)
    assert found is not None
    return [_whole(one) for one in found.result.items]


def get_webhook_endpoint(polar: Polar, endpoint: str) -> Json:
    """An endpoint."""
    namespace = polar.webhooks
    return _whole(
        call(
            polar,
            namespace.get_webhook_endpoint,
            namespace.get_webhook_endpoint_async,
            id=endpoint,
        )
    )


def update_webhook_endpoint(polar: Polar, endpoint: str, **body: Any) -> Json:
    """An endpoint with other values."""
    namespace = polar.webhooks
    return _whole(
        call(
            polar,
            namespace.update_webhook_endpoint,
            namespace.update_webhook_endpoint_async,
            id=endpoint,
            webhook_endpoint_update=body,
        )
    )


def reset_webhook_endpoint_secret(polar: Polar, endpoint: str) -> Json:
    """An endpoint with another secret."""
    namespace = polar.webhooks
    return _whole(
        call(
            polar,
            namespace.reset_webhook_endpoint_secret,
            namespace.reset_webhook_endpoint_secret_async,
            id=endpoint,
        )
    )


def delete_webhook_endpoint(polar: Polar, endpoint: str) -> None:
    """No endpoint any more."""
    namespace = polar.webhooks
    call(
        polar,
        namespace.delete_webhook_endpoint,
        namespace.delete_webhook_endpoint_async,
        id=endpoint,
    )


def list_webhook_deliveries(polar: Polar, endpoint: str) -> list[Json]:
    """The deliveries to an endpoint, of a first page."""
    namespace = polar.webhooks
    found = call(
        polar,
        namespace.list_webhook_deliveries,
        namespace.list_webhook_deliveries_async,
        endpoint_id=endpoint,
    )
    assert found is not None
    return [_whole(one) for one in found.result.items]


def redeliver_webhook_event(polar: Polar, event: str) -> Any:
    """An event that is sent again."""
    namespace = polar.webhooks
    return call(
        polar,
        namespace.redeliver_webhook_event,
        namespace.redeliver_webhook_event_async,
        id=event,
    )


def _whole(model: BaseModel) -> Json:
    return model.model_dump(mode="json", by_alias=True)


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
