"""What requests and answers about events hold. For descriptions only."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import UUID4, Field
from typing_extensions import TypeAliasType

from icefloe.api.commerce.schemas import events as schemas
from icefloe.api.description.answers import Answer, Customer, one_of
from icefloe.api.description.requests import (
    NotedListParameters,
    ObjectPlaces,
    PageParameters,
    described,
)
from icefloe.domain.values import usage

_EVENT_ID = "5f0c8ac4-92a4-4f6b-8a52-6f1d54a3a1c7"
_SOURCE = "Where the event comes from: `user` events are ingested."

EventSource = TypeAliasType(
    "EventSource", Annotated[str, one_of(*usage.SOURCES, description=_SOURCE)]
)


class Event(Answer):
    """Something that a customer did, as the organization says."""

    id: UUID4
    """Its identifier here."""

    timestamp: datetime
    """When it happened."""

    organization_id: UUID4
    """Whose it is."""

    customer_id: UUID4 | None
    """The customer, if the event named it by id."""

    customer: Customer | None
    """The customer, if there is one."""

    external_customer_id: str | None
    """The customer's external id, if the event named it so."""

    member_id: UUID4 | None = None
    """The member who acted, if named by id."""

    external_member_id: str | None = None
    """The member who acted, if named by external id."""

    child_count: int = 0
    """How many events have it as their parent."""

    parent_id: UUID4 | None = None
    """The event that it belongs to."""

    label: str
    """Its name, for people."""

    name: str
    """What happened."""

    source: EventSource

    metadata: dict[str, Any]
    """What the organization says about it."""


class EventName(Answer):
    """A name of events."""

    name: str
    """The name."""

    label: str
    """The name, for people."""

    source: EventSource

    occurrences: int
    """How many events have it."""

    first_seen: datetime
    """When the first of them happened."""

    last_seen: datetime
    """When the last of them happened."""


class EventsIngest(schemas.IngestBody):
    """The events to store."""

    model_config = described(
        {"events": "Each with its name, and its customer by id or by external id."},
        {"events": [{"name": "api_call", "external_customer_id": "u1", "metadata": {"size": 12}}]},
    )


class EventsIngestResponse(Answer):
    """What became of the events."""

    inserted: int
    """How many were stored."""

    duplicates: int = 0
    """How many were left out: an event with the same external id is stored already."""


class EventPlaces(ObjectPlaces):
    """What stands in the place of an event's path."""

    id: UUID4 = Field(examples=[_EVENT_ID])
    """The event's identifier."""


class EventListParameters(NotedListParameters):
    """Which events to list, in which order."""

    filter: str | None = None
    """Only events that this filter passes: the JSON of a meter's filter."""

    start_timestamp: datetime | None = None
    """Only events at this moment or later."""

    end_timestamp: datetime | None = None
    """Only events at this moment or earlier."""

    customer_id: UUID4 | list[UUID4] | None = None
    """Only events of this customer, or of these, by whichever id they name it."""

    external_customer_id: str | list[str] | None = None
    """Only events of the customer with this external id, or these, whether or not there is one."""

    meter_id: UUID4 | None = None
    """Only events that this meter counts."""

    name: str | list[str] | None = None
    """Only events with this name, or one of these."""

    source: EventSource | list[EventSource] | None = None
    """Only events from this source, or from these."""

    query: str | None = None
    """Only events with this text in their name, or in their customer's name or e-mail address."""

    parent_id: UUID4 | None = None
    """Only children of this event; with `depth`, the event itself and its descendants."""

    depth: int | None = Field(default=None, ge=0, le=usage.MAX_DEPTH)
    """Only events without a parent, and so many generations of their descendants."""

    sorting: list[schemas.EventSortProperty] | None = Field(
        default=[schemas.EventSortProperty.timestamp_descending]
    )
    """The order."""


class EventNameListParameters(PageParameters):
    """Which names of events to list, in which order."""

    organization_id: UUID4 | list[UUID4] | None = None
    """Only those of this organization, or of these."""

    customer_id: UUID4 | list[UUID4] | None = None
    """Only names of events of this customer, or of these."""

    external_customer_id: str | list[str] | None = None
    """Only names of events of the customer with this external id, or these."""

    source: EventSource | list[EventSource] | None = None
    """Only names of events from this source, or from these."""

    query: str | None = None
    """Only names that hold this text, in any letter case."""

    sorting: list[schemas.EventNameSortProperty] | None = Field(
        default=[schemas.EventNameSortProperty.last_seen_descending]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round."""
