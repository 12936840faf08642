"""Usage as values: the events that an organization sends of its customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from uuid import UUID

    from icefloe.domain.values.listing import MetadataFilter, PageRequest

EventSource = Literal["system", "user"]
"""Where an event comes from: `user` events are ingested."""

SOURCES: tuple[EventSource, ...] = ("system", "user")

MAX_DEPTH = 5
"""How many generations of descendants a list of events shows at most."""

UsageMetadata = Mapping[str, Any]
"""Texts, numbers and booleans by key; under `_cost` and `_llm` an object of such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUsageEvent:
    """An event as it was sent. It names a customer by id or by external id.

    Attributes:
        name: what happened, in the organization's words.
        timestamp: when it happened; None is now.
        customer_id: the customer's id.
        external_customer_id: the customer's external id, which no customer needs to have yet.
        member_id: the id of the member who acted.
        external_member_id: the external id of that member.
        external_id: the organization's own id of the event; a second event with it is not stored.
        parent: the id or external id of the event that this one belongs to.
        metadata: what the organization says about it.
    """

    name: str
    timestamp: datetime | None = None
    customer_id: UUID | None = None
    external_customer_id: str | None = None
    member_id: UUID | None = None
    external_member_id: str | None = None
    external_id: str | None = None
    parent: str | None = None
    metadata: UsageMetadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """A stored event.

    Attributes:
        organization_id: whose it is.
        id: its own id.
        timestamp: when it happened.
        name: what happened.
        source: where it comes from.
        external_id: unique within the organization.
        customer_id: the customer, if the event named it by id.
        external_customer_id: the customer's external id, if the event named it so.
        member_id: the member who acted, if named by id.
        external_member_id: the member who acted, if named by external id.
        parent_id: the event that it belongs to.
        awaited_parent: the external id of its parent, until that event arrives.
        metadata: what the organization says about it.
    """

    organization_id: UUID
    id: UUID
    timestamp: datetime
    name: str
    source: EventSource = "user"
    external_id: str | None = None
    customer_id: UUID | None = None
    external_customer_id: str | None = None
    member_id: UUID | None = None
    external_member_id: str | None = None
    parent_id: UUID | None = None
    awaited_parent: str | None = None
    metadata: UsageMetadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event with what its document shows besides.

    Attributes:
        event: the event.
        customer: the wire document of its customer, if there is one.
        child_count: how many events have it as their parent.
    """

    event: UsageEvent
    customer: bytes | None
    child_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEventFilter:
    """Which events of one organization. All filters must hold at once; None passes every event.

    Attributes:
        after: only events at this moment or later.
        before: only events at this moment or earlier.
        customer_ids: of one of these customers, by whichever id the event names it.
        external_customer_ids: of a customer with one of these external ids, stored or not.
        names: with one of these names.
        sources: from one of these sources.
        query: text in the name, or in the customer's name or e-mail; letter case aside.
        parent_id: children of this event; with `depth`, itself and its descendants.
        depth: so many generations of descendants, from events without a parent on.
        metadata: all must match.
    """

    after: datetime | None = None
    before: datetime | None = None
    customer_ids: tuple[UUID, ...] | None = None
    external_customer_ids: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    sources: tuple[EventSource, ...] | None = None
    query: str | None = None
    parent_id: UUID | None = None
    depth: int | None = None
    metadata: tuple[MetadataFilter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEventQuery:
    """A page of a list of events.

    Attributes:
        page: the page asked for.
        wanted: which events.
        is_newest_first: whether the latest timestamp comes first.
    """

    page: PageRequest
    wanted: UsageEventFilter = field(default_factory=UsageEventFilter)
    is_newest_first: bool = True


@dataclass(frozen=True, slots=True)
class EventName:
    """A name of events, and how often and when it occurred."""

    name: str
    source: EventSource
    occurrences: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of the events of one request."""

    inserted: int
    duplicates: int
