"""What a user of polar-sdk 0.x does with the organization that the token belongs to."""

from typing import Any

from polar_sdk import Polar
from polar_sdk.types import BaseModel
from ways_0 import call

Json = dict[str, Any]


def list_organizations(polar: Polar, **query: Any) -> list[Json]:
    """The organizations of a first page. Later clients have another name for it."""
    if hasattr(polar.organizations, "list_organizations"):
        plain = polar.organizations.list_organizations
        asynchronous = polar.organizations.list_organizations_async
    else:
        plain, asynchronous = polar.organizations.list, polar.organizations.list_async
    found = call(polar, plain, asynchronous, **query)
    assert found is not None
    return [_whole(one) for one in found.result.items]


def get_organization(polar: Polar, organization: str) -> Json:
    """An organization."""
    return _whole(
        call(polar, polar.organizations.get, polar.organizations.get_async, id=organization)
    )


def create_organization(polar: Polar, **body: Any) -> Json:
    """A new organization."""
    plain = polar.organizations.create
    return _whole(call(polar, plain, polar.organizations.create_async, request=body))


def update_organization(polar: Polar, organization: str, **body: Any) -> Json:
    """An organization with other values."""
    return _whole(
        call(
            polar,
            polar.organizations.update,
            polar.organizations.update_async,
            id=organization,
            organization_update=body,
        )
    )


def _whole(organization: BaseModel) -> Json:
    return organization.model_dump(mode="json", by_alias=True)


ACTS = (list_organizations, get_organization, create_organization, update_organization)
