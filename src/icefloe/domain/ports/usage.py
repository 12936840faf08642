"""The port for usage: events, customer meters, and what meters have added up."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.values.customer_meters import CustomerMeter, CustomerMeterQuery
    from icefloe.domain.values.measures import Measure
    from icefloe.domain.values.tallies import Tally
    from icefloe.domain.values.usage import (
        EventName,
        ShownEvent,
        UsageEvent,
        UsageEventFilter,
        UsageEventQuery,
    )

Span = Literal[1, 24]
"""How many hours are added up together: one, or a day of UTC."""

Bucket = tuple[int, Span, int]
"""A meter's place among some, a span, and how many of that length there were since 1970."""

UsageRow = tuple[object, ...]
"""A row without its organization, in the form that the storage's engine has."""


@dataclass(frozen=True, slots=True)
class UsageCustomer:
    """What ingestion needs to know of a customer."""

    id: UUID
    external_id: str | None
    first_user_event_at: datetime | None


@dataclass(slots=True)
class CountedMeter:
    """What a customer meter has counted.

    Attributes:
        sequence: by which the storage finds it again.
        tally: what it has added up.
        consumed: the units that follow from that.
    """

    sequence: int
    tally: Tally
    consumed: float


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list of events: the timestamp, in microseconds since 1970, and the sequence."""

    timestamp: int
    sequence: int


class UsageEventTable(Protocol):
    """The events that organizations ingest."""

    async def add_all(self, events: Sequence[UsageEvent]) -> None:
        """Insert events of one organization in their order. Raises Duplicate (`external_id`)."""

    async def find(self, organization_id: UUID, event_id: UUID) -> ShownEvent | None:
        """The event with that id."""

    async def find_ids(self, organization_id: UUID, external_ids: Sequence[str]) -> dict[str, UUID]:
        """The ids of the events with these external ids, by external id."""

    async def find_existing(self, organization_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
        """Which of these are ids of events."""

    async def link_children(self, organization_id: UUID, parents: Mapping[str, UUID]) -> None:
        """Give events that await parents with these external ids the parents' ids."""

    async def find_page(
        self, organization_id: UUID, query: UsageEventQuery
    ) -> tuple[list[ShownEvent], int]:
        """A page of events, and how many there are in all."""

    async def find_batch(
        self,
        organization_id: UUID,
        wanted: UsageEventFilter,
        after: Position | None,
        limit: int,
        *,
        newest_first: bool = False,
    ) -> list[tuple[Position, UsageEvent]]:
        """The next events of a list, and where each stands.

        Args:
            organization_id: whose they are.
            wanted: which events.
            after: where the list goes on; None is its beginning.
            limit: how many at most.
            newest_first: whether the latest timestamp comes first.
        """

    async def show(self, organization_id: UUID, ids: Sequence[UUID]) -> list[ShownEvent]:
        """The events with these ids, in the order of the ids."""

    async def find_names(self, organization_id: UUID, wanted: UsageEventFilter) -> list[EventName]:
        """The names of events, in no order."""

    async def find_customers(
        self, organization_id: UUID, ids: Iterable[UUID], external_ids: Iterable[str]
    ) -> list[UsageCustomer]:
        """The customers with these ids or external ids who are not deleted."""

    async def await_customers(self, organization_id: UUID, external_ids: Iterable[str]) -> None:
        """Note that there are events of customers with these external ids, but no such customers."""

    async def take_awaited(self, organization_id: UUID, external_ids: Iterable[str]) -> set[str]:
        """Which of these external ids were noted so; they no longer are."""

    async def find_awaited_customers(self, organization_id: UUID) -> list[UsageCustomer]:
        """The customers who are noted as awaited, but are there."""

    async def replace_notes(self, events: Sequence[UsageEvent]) -> None:
        """Store the metadata of events, without what says which member acted."""


class CustomerMeterTable(Protocol):
    """The customer meters, with the tallies that they are made of."""

    async def find_lacking(
        self, organization_id: UUID, customer_ids: Sequence[UUID], meter_ids: Sequence[UUID]
    ) -> list[UUID]:
        """Which of these customers have no customer meter for one of these meters, in their order."""

    async def add_missing(self, meters: Sequence[CustomerMeter]) -> None:
        """Insert customer meters without units, those that are not there yet, in their order."""

    async def lock(
        self,
        organization_id: UUID,
        customer_ids: Sequence[UUID],
        meter_ids: Sequence[UUID],
        wanted: Container[tuple[int, int]],
    ) -> dict[tuple[int, int], CountedMeter]:
        """What customer meters have counted; a write locks them until it ends.

        Args:
            organization_id: whose they are.
            customer_ids: of these customers.
            meter_ids: for these meters.
            wanted: of all those the wanted ones, by the places of the customer and of the meter.

        Returns:
            Those there are, by the same places.
        """

    async def store(
        self, organization_id: UUID, counted: Iterable[CountedMeter], now: datetime
    ) -> None:
        """Store what customer meters that `lock` gave count now.

        `now` becomes `modified_at` where the units differ from those stored.
        """

    async def credit(
        self, organization_id: UUID, meter_id: UUID, customer_id: UUID, units: int, now: datetime
    ) -> None:
        """Add to the credited units of a customer meter; negative units take credit back."""

    async def add_values(
        self, organization_id: UUID, meter_id: UUID, values: Sequence[tuple[UUID, bytes]]
    ) -> list[UUID]:
        """Store values of `unique`, each of a customer.

        Returns:
            The customer of each value that the customer did not have before.
        """

    async def reset(
        self, organization_id: UUID, meter_id: UUID, customer_id: UUID | None = None
    ) -> None:
        """Set the tallies of a meter's customers, or of one customer, back to nothing.

        What was credited stays.
        """

    async def find(self, organization_id: UUID, customer_meter_id: UUID) -> CustomerMeter | None:
        """The customer meter with that id, unless its customer is deleted."""

    async def find_of_customer(
        self, organization_id: UUID, customer_id: UUID
    ) -> list[CustomerMeter]:
        """A customer's meters, the oldest first."""

    async def find_page(
        self, organization_id: UUID, query: CustomerMeterQuery
    ) -> tuple[list[CustomerMeter], int]:
        """A page of customer meters, and how many there are in all."""

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Delete a customer's meters and their values."""


class MeterSumTable(Protocol):
    """What meters have added up of all events, by the hour and by the day."""

    async def find_measures(
        self, organization_id: UUID, *, with_archived: bool = False
    ) -> dict[UUID, Measure]:
        """What the organization's meters measure; while a write goes on, no meter changes."""

    async def lock(
        self, organization_id: UUID, meter_ids: Sequence[UUID], buckets: Sequence[Bucket]
    ) -> dict[Bucket, Tally]:
        """The tallies of these buckets, locked until the write ends; empty ones where none were."""

    async def store(
        self, organization_id: UUID, meter_ids: Sequence[UUID], tallies: Mapping[Bucket, Tally]
    ) -> None:
        """Store the tallies of buckets that `lock` gave."""

    async def add_values(
        self, organization_id: UUID, meter_id: UUID, values: Iterable[tuple[int, bytes]]
    ) -> None:
        """Store values of `unique`, each with the hour in which it was met."""

    async def find_range(
        self, organization_id: UUID, meter_id: UUID, span: Span, first: int, last: int
    ) -> list[tuple[int, Tally]]:
        """The tallies of a span from one bucket to another, both included, in order."""

    async def find_values(
        self, organization_id: UUID, meter_id: UUID, first: int, last: int
    ) -> list[tuple[int, bytes]]:
        """The values `unique` met in each hour, from one hour to another, both included."""

    async def forget(self, organization_id: UUID, meter_id: UUID) -> None:
        """Delete all that a meter has added up."""


class Usage(Protocol):
    """The tables of usage."""

    @property
    def events(self) -> UsageEventTable:
        """The events."""

    @property
    def customer_meters(self) -> CustomerMeterTable:
        """The customer meters."""

    @property
    def sums(self) -> MeterSumTable:
        """What meters have added up."""

    async def find_all(self, organization_id: UUID) -> dict[str, tuple[UsageRow, ...]]:
        """All usage of an organization, by table, in the order of insertion."""

    async def add_all(self, organization_id: UUID, rows: Mapping[str, Sequence[UsageRow]]) -> None:
        """Insert what `find_all` gave into an organization that has no usage."""

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete all usage of an organization."""
