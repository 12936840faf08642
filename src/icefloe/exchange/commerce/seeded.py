"""Objects of commerce in seeds: what organizations sell, and what customers have."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

from icefloe.domain import seeds
from icefloe.domain.seeds import SeedOrganization
from icefloe.domain.values import moments
from icefloe.domain.values.clock import SEEDED_BEGINNING
from icefloe.domain.values.placements import PlacedResource, Placement
from icefloe.exchange.commerce import shorthands
from icefloe.exchange.problems import Place

_CATALOGUE: tuple[PlacedResource, ...] = ("meters", "benefits", "products", "discounts")
_HOLDINGS: Mapping[str, PlacedResource] = {
    "subscriptions": "subscriptions",
    "orders": "orders",
    "grants": "benefit_grants",
    "meters": "customer_meters",
}
OF_CUSTOMERS = tuple(_HOLDINGS)
"""The keys of a customer that say what it has."""


class Reading(Protocol):
    """The reading of a seed, which collects problems."""

    def show(self, place: Place) -> str:
        """A place for people."""

    def tell(self, place: Place, message: str) -> None:
        """Note a problem."""

    def claim(self, place: Place, *what: object) -> None:
        """Note that a place has a value that must be unique."""


def read_catalogue(
    reading: Reading, place: Place, organization: SeedOrganization, values: Mapping[str, Any]
) -> Iterator[Placement]:
    """The meters, benefits, products and discounts of an organization."""
    for resource in _CATALOGUE:
        key = "description" if resource == "benefits" else "name"
        for at, one in enumerate(values.get(resource) or []):
            # Known by its name, so that its id stays when others come before it in the file.
            name = one.get(key) if isinstance(one, dict) else None
            what = f"{resource} {name or at + 1}"
            found = _read(reading, (*place, resource, at), organization, resource, one, what)
            if found is None:
                continue
            if organization.seed is not None:
                created_at = moments.render(SEEDED_BEGINNING + timedelta(seconds=at))
                found.values.setdefault("created_at", created_at)
            yield found


def read_holdings(
    reading: Reading,
    place: Place,
    organization: SeedOrganization,
    record: Mapping[str, Any],
    known_by: str,
) -> Iterator[Placement]:
    """What a customer of a seed has; who it is follows when the customer is there."""
    for key, resource in _HOLDINGS.items():
        given = record.get(key)
        if given is None:
            continue
        if not isinstance(given, list):
            reading.tell((*place, key), "must be a list")
            continue
        for at, one in enumerate(given):
            what = f"{key} {at + 1} of {known_by}"
            found = _read(reading, (*place, key, at), organization, resource, one, what)
            if found is not None:
                yield found


def _read(
    reading: Reading,
    place: Place,
    organization: SeedOrganization,
    resource: PlacedResource,
    value: object,
    what: str,
) -> Placement | None:
    """An object whose id follows from what it is, unless the seed gives one."""

    def new_id(part: str) -> str:
        named = f"{part} of {what}" if part else what
        return str(seeds.make_id(organization.id, organization.seed, named))

    try:
        values = shorthands.read(resource, value, new_id, None)
    except shorthands.InvalidObject as error:
        for within, message in error.problems:
            reading.tell((*place, *within), message)
        return None
    reading.claim(place, resource, organization.id, values["id"])
    return Placement(resource, values, (reading.show(place),))
