"""What a user of polar-sdk 0.x does with products, benefits, discounts and meters."""

from typing import Any

from polar_sdk import Polar
from polar_sdk.types import BaseModel
from ways_0 import call

Json = dict[str, Any]
# How a method calls the body of a change.
_CHANGES = {
    "benefits": "request_body",
    "discounts": "discount_update",
    "meters": "meter_update",
    "products": "product_update",
}


def list_objects(polar: Polar, resource: str, **query: Any) -> list[Json]:
    """A page of a resource's objects."""
    service = getattr(polar, resource)
    found = call(polar, service.list, service.list_async, **query)
    return [_whole(item) for item in found.result.items]


def create_object(polar: Polar, resource: str, **body: Any) -> Json:
    """A new object."""
    service = getattr(polar, resource)
    return _whole(call(polar, service.create, service.create_async, request=body))


def get_object(polar: Polar, resource: str, object_id: str) -> Json:
    """An object."""
    service = getattr(polar, resource)
    return _whole(call(polar, service.get, service.get_async, id=object_id))


def update_object(polar: Polar, resource: str, object_id: str, **body: Any) -> Json:
    """An object with other values."""
    service = getattr(polar, resource)
    changes = {_CHANGES[resource]: body}
    return _whole(call(polar, service.update, service.update_async, id=object_id, **changes))


def delete_object(polar: Polar, resource: str, object_id: str) -> Any:
    """No object any more."""
    service = getattr(polar, resource)
    return call(polar, service.delete, service.delete_async, id=object_id)


def set_benefits(polar: Polar, product: str, benefits: list[str]) -> Json:
    """A product with these benefits."""
    return _whole(
        call(
            polar,
            polar.products.update_benefits,
            polar.products.update_benefits_async,
            id=product,
            product_benefits_update={"benefits": benefits},
        )
    )


def _whole(shown: BaseModel) -> Json:
    return shown.model_dump(mode="json", by_alias=True)


ACTS = (list_objects, create_object, get_object, update_object, delete_object, set_benefits)
