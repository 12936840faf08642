"""Customer meters as values: how much a customer has used, and how much it was credited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from uuid import UUID

    from icefloe.domain.values.listing import PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMeter:
    """How much a customer has used of what a meter measures, and how much it was credited.

    Attributes:
        organization_id: whose they are.
        id: its own id.
        customer_id: the customer.
        meter_id: the meter.
        created_at: when it was stored first.
        modified_at: when its units changed last; None if they never have.
        consumed_units: what the meter makes of them.
        credited_units: what benefits have credited.
    """

    organization_id: UUID
    id: UUID
    customer_id: UUID
    meter_id: UUID
    created_at: datetime
    modified_at: datetime | None
    consumed_units: float
    credited_units: int

    @property
    def balance(self) -> float:
        """What is left of the credited units; negative where more was used."""
        return self.credited_units - self.consumed_units


CustomerMeterSort = Literal[
    "created_at",
    "modified_at",
    "customer_id",
    "customer_name",
    "meter_id",
    "meter_name",
    "consumed_units",
    "credited_units",
    "balance",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerMeterQuery:
    """Which customer meters, in which order, and which page of them.

    Attributes:
        page: the page asked for.
        customer_ids: of these customers; None is all.
        external_customer_ids: of the customers with these external ids; None is all.
        meter_ids: of these meters; None is all.
        sorting: properties, and whether each descends; applied in order.
    """

    page: PageRequest
    customer_ids: tuple[UUID, ...] | None = None
    external_customer_ids: tuple[str, ...] | None = None
    meter_ids: tuple[UUID, ...] | None = None
    sorting: tuple[tuple[CustomerMeterSort, bool], ...] = (("modified_at", True),)
