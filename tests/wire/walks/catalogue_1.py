"""What a user of polar-sdk 1.x does with products, benefits, discounts and meters."""

import dataclasses
from typing import Any

from conversation import collect, finish
from polar.v2026_10 import Polar

Json = dict[str, Any]


def list_objects(polar: Polar, resource: str, **query: Any) -> list[Json]:
    """All of a resource's objects."""
    return [_whole(item) for item in collect(getattr(polar, resource).iter_list(**query))]


def create_object(polar: Polar, resource: str, **body: Any) -> Json:
    """A new object."""
    return _whole(finish(getattr(polar, resource).create(**body)))


def get_object(polar: Polar, resource: str, object_id: str) -> Json:
    """An object."""
    return _whole(finish(getattr(polar, resource).get(object_id)))


def update_object(polar: Polar, resource: str, object_id: str, **body: Any) -> Json:
    """An object with other values."""
    return _whole(finish(getattr(polar, resource).update(object_id, **body)))


def delete_object(polar: Polar, resource: str, object_id: str) -> Any:
    """No object any more."""
    return finish(getattr(polar, resource).delete(object_id))


def set_benefits(polar: Polar, product: str, benefits: list[str]) -> Json:
    """A product with these benefits."""
    return _whole(finish(polar.products.update_benefits(product, benefits=benefits)))


def _whole(shown: Any) -> Json:
    return dataclasses.asdict(shown)


ACTS = (list_objects, create_object, get_object, update_object, delete_object, set_benefits)
