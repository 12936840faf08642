"""What a user of polar-sdk 1.x does with members."""

import dataclasses
from typing import Any

from conversation import collect, finish
from polar.v2026_10 import Polar

Json = dict[str, Any]


def create_member(polar: Polar, customer: str, **body: Any) -> Json:
    """A new member of a customer."""
    return _whole(finish(polar.customers.members.create(customer, **body)))


def create_external_member(polar: Polar, customer: str, **body: Any) -> Json:
    """A new member of a customer, by the customer's external ID."""
    return _whole(finish(polar.customers.members.create_external(customer, **body)))


def get_member(polar: Polar, customer: str, member: str) -> Json:
    """A member."""
    return _whole(finish(polar.customers.members.get(customer, member)))


def get_external_member(polar: Polar, customer: str, member: str) -> Json:
    """A member by external IDs."""
    return _whole(finish(polar.customers.members.get_external(customer, member)))


def update_member(polar: Polar, customer: str, member: str, **body: Any) -> Json:
    """A member with other values."""
    return _whole(finish(polar.customers.members.update(customer, member, **body)))


def update_external_member(polar: Polar, customer: str, member: str, **body: Any) -> Json:
    """A member with other values, by external IDs."""
    return _whole(finish(polar.customers.members.update_external(customer, member, **body)))


def delete_member(polar: Polar, customer: str, member: str) -> None:
    """No member any more."""
    return finish(polar.customers.members.delete(customer, member))


def delete_external_member(polar: Polar, customer: str, member: str) -> None:
    """No member any more, by external IDs."""
    return finish(polar.customers.members.delete_external(customer, member))


def list_members(polar: Polar, customer: str, **query: Any) -> Json:
    """A page of a customer's members."""
    return dataclasses.asdict(finish(polar.customers.members.list(customer, **query)))


def list_external_members(polar: Polar, customer: str, **query: Any) -> Json:
    """A page of a customer's members, by the customer's external ID."""
    return dataclasses.asdict(finish(polar.customers.members.list_external(customer, **query)))


def iterate_members(polar: Polar, customer: str, **query: Any) -> list[Json]:
    """All members of a customer, as the client's iterator yields them."""
    return [_whole(one) for one in collect(polar.customers.members.iter_list(customer, **query))]


def iterate_external_members(polar: Polar, customer: str, **query: Any) -> list[Json]:
    """All members of a customer, by the customer's external ID."""
    found = polar.customers.members.iter_list_external(customer, **query)
    return [_whole(one) for one in collect(found)]


def _whole(member: Any) -> Json:
    return dataclasses.asdict(member)


ACTS = (
    create_member,
    create_external_member,
    get_member,
    get_external_member,
    update_member,
    update_external_member,
    delete_member,
    delete_external_member,
    list_members,
    list_external_members,
    iterate_members,
    iterate_external_members,
)
