"""Breakdowns: an organization's customers grouped by a metadata key, such as their plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.customers import Customers

MAX_VALUES = 12
MAX_BREAKDOWNS = 4

_MIN_VALUES = 2
# A key must be on one customer in ten at least.
_LEAST_SHARE = 10
# Where nearly every customer has a value of its own, the key is a name or a number: no group.
_LEAST_SHARING = 2
# What organizations divide their customers by, the most telling first: shown before others.
_USUAL = (
    "plan",
    "tier",
    "subscription",
    "status",
    "role",
    "segment",
    "country",
    "region",
    "source",
)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The customers who have a key of metadata, by its values.

    Attributes:
        key: the key.
        values: each value, as filters compare it, and how many customers have it; the most first.
    """

    key: str
    values: list[tuple[str, int]]

    @property
    def count(self) -> int:
        """How many customers have the key."""
        return sum(count for _, count in self.values)


class Breakdowns:
    """Finds the metadata keys that divide customers into a few groups."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    async def find(self, organization_id: UUID) -> list[Breakdown]:
        """The most telling breakdowns, `MAX_BREAKDOWNS` at most.

        A key qualifies if at least a tenth of the customers have it, and if it has two to twelve
        values, each shared by two customers or more on average. With many customers this takes a
        while: every customer with such a key is counted.
        """
        customers = await self._customers.count(organization_id)
        found = []
        for key in await self._customers.find_metadata_keys(organization_id):
            values = await self._customers.count_metadata_values(
                organization_id, key, MAX_VALUES + 1
            )
            if values is None:
                continue
            one = Breakdown(key, values)
            if _MIN_VALUES <= len(values) <= MAX_VALUES and _is_telling(one, customers):
                found.append(one)
        found.sort(key=lambda one: (_rank(one.key), -one.count, one.key))
        return found[:MAX_BREAKDOWNS]


def _is_telling(one: Breakdown, customers: int) -> bool:
    is_common = one.count * _LEAST_SHARE >= customers
    return is_common and one.count >= len(one.values) * _LEAST_SHARING


def _rank(key: str) -> int:
    """The key by which breakdowns are sorted."""
    return _USUAL.index(key.lower()) if key.lower() in _USUAL else len(_USUAL)
