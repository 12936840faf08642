"""What a user of polar-sdk 1.x does with the organization that the token belongs to."""

import dataclasses
from typing import Any

from conversation import collect, finish
from polar.v2026_10 import Polar

Json = dict[str, Any]


def list_organizations(polar: Polar, **query: Any) -> list[Json]:
    """The organizations of a first page."""
    found = finish(polar.organizations.list(**query))
    return [dataclasses.asdict(one) for one in found.items]


def walk_organizations(polar: Polar, **query: Any) -> list[Json]:
    """All organizations."""
    return [dataclasses.asdict(one) for one in collect(polar.organizations.iter_list(**query))]


def get_organization(polar: Polar, organization: str) -> Json:
    """An organization."""
    return dataclasses.asdict(finish(polar.organizations.get(organization)))


def create_organization(polar: Polar, **body: Any) -> Json:
    """A new organization."""
    return dataclasses.asdict(finish(polar.organizations.create(**body)))


def update_organization(polar: Polar, organization: str, **body: Any) -> Json:
    """An organization with other values."""
    return dataclasses.asdict(finish(polar.organizations.update(organization, **body)))


ACTS = (
    list_organizations,
    walk_organizations,
    get_organization,
    create_organization,
    update_organization,
)
