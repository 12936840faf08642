"""What a user of polar-sdk 0.x does with members; 0.22 knows none."""

from typing import Any

from polar_sdk import Polar, models
from polar_sdk.types import BaseModel
from ways_0 import call

Json = dict[str, Any]


def create_member(polar: Polar, customer: str, **body: Any) -> Json:
    """A new member of a customer."""
    return _whole(
        call(
            polar,
            polar.customers.members.create,
            polar.customers.members.create_async,
            id=customer,
            member_create_from_customer=body,
        )
    )


def create_external_member(polar: Polar, customer: str, **body: Any) -> Json:
    """A new member of a customer, by the customer's external ID."""
    return _whole(
        call(
            polar,
            polar.customers.members.create_external,
            polar.customers.members.create_external_async,
            external_id=customer,
            member_create_from_customer=body,
        )
    )


def get_member(polar: Polar, customer: str, member: str) -> Json:
    """A member."""
    return _whole(
        call(
            polar,
            polar.customers.members.get,
            polar.customers.members.get_async,
            id=customer,
            member_id=member,
        )
    )


def get_external_member(polar: Polar, customer: str, member: str) -> Json:
    """A member by external IDs."""
    return _whole(
        call(
            polar,
            polar.customers.members.get_external,
            polar.customers.members.get_external_async,
            external_id=customer,
            member_external_id=member,
        )
    )


def update_member(polar: Polar, customer: str, member: str, **body: Any) -> Json:
    """A member with other values."""
    return _whole(
        call(
            polar,
            polar.customers.members.update,
            polar.customers.members.update_async,
            id=customer,
            member_id=member,
            member_update=body,
        )
    )


def update_external_member(polar: Polar, customer: str, member: str, **body: Any) -> Json:
    """A member with other values, by external IDs."""
    return _whole(
        call(
            polar,
            polar.customers.members.update_external,
            polar.customers.members.update_external_async,
            external_id=customer,
            member_external_id=member,
            member_update=body,
        )
    )


def delete_member(polar: Polar, customer: str, member: str) -> None:
    """No member any more."""
    return call(
        polar,
        polar.customers.members.delete,
        polar.customers.members.delete_async,
        id=customer,
        member_id=member,
    )


def delete_external_member(polar: Polar, customer: str, member: str) -> None:
    """No member any more, by external IDs."""
    return call(
        polar,
        polar.customers.members.delete_external,
        polar.customers.members.delete_external_async,
        external_id=customer,
        member_external_id=member,
    )


def walk_members(polar: Polar, **filters: Any) -> list[Json]:
    """All pages of members, as `next()` leads to them."""
    pages = []
    found = call(
        polar, polar.members.list_members, polar.members.list_members_async, **_typed(filters)
    )
    while found is not None:
        pages.append(
            {
                "items": [_whole(member) for member in found.result.items],
                "pagination": found.result.pagination.model_dump(mode="json"),
            }
        )
        found = found.next()
    return pages


def _typed(filters: Json) -> Json:
    """The filters with the enumerations that the client's types ask for."""
    typed = dict(filters)
    if "role" in typed:
        typed["role"] = models.MemberRole(typed["role"])
    if "sorting" in typed:
        typed["sorting"] = [models.MemberSortProperty(name) for name in typed["sorting"]]
    return typed


def _whole(member: BaseModel) -> Json:
    return member.model_dump(mode="json", by_alias=True)


ACTS = (
    create_member,
    create_external_member,
    get_member,
    get_external_member,
    update_member,
    update_external_member,
    delete_member,
    delete_external_member,
    walk_members,
)
