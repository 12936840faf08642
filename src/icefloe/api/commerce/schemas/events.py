"""The body that ingests events, and the query parameters of their lists.

The fields stand in the order in which the reference checks them.
"""

import functools
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from icefloe.api.commerce.schemas.meters import Filter
from icefloe.api.errors import RequestInvalid
from icefloe.api.schemas import problems, queries
from icefloe.api.schemas.fields import (
    IN_UTC,
    Body,
    MetadataValue,
    Schema,
    context,
    refuse_absence,
    refuse_unstorable,
)
from icefloe.api.schemas.identifiers import AnyUuid, Uuid4, Uuids4
from icefloe.api.schemas.lists import NotedListParameters, PageParameters
from icefloe.api.schemas.models import Model
from icefloe.domain.values import limits, metadata
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.measures import EventFilter, read_filter
from icefloe.domain.values.usage import MAX_DEPTH, EventSource, NewUsageEvent

MAX_EVENTS = 1_000
"""Events in one request. The reference takes any number, as long as the body is short enough."""
MAX_EVENT_ID = 500
"""Characters of an event's external id. The reference takes any number."""
MAX_AMOUNT = 10**17
"""What the cost of an event is below, in cents: the reference's own limit."""

_LISTS = frozenset({"sorting", "organization_id", "customer_id", "external_customer_id", "name"})
_NOW = "now"
_BOTH_IDS = frozenset({"customer_id", "external_customer_id"})


class EventSortProperty(StrEnum):
    """What events can be sorted by."""

    timestamp = "timestamp"
    timestamp_descending = "-timestamp"


class EventNameSortProperty(StrEnum):
    """What names of events can be sorted by."""

    name = "name"
    name_descending = "-name"
    occurrences = "occurrences"
    occurrences_descending = "-occurrences"
    first_seen = "first_seen"
    first_seen_descending = "-first_seen"
    last_seen = "last_seen"
    last_seen_descending = "-last_seen"


class Source(StrEnum):
    """Where events come from."""

    system = "system"
    user = "user"


def _require_past(value: datetime, info: ValidationInfo) -> datetime:
    if value > (info.context or {})[_NOW]:
        raise ValueError("Timestamp must be in the past.")
    return value


Timestamp = Annotated[AwareDatetime, IN_UTC, AfterValidator(_require_past)]
Text = Annotated[str, Field(max_length=limits.MAX_METADATA_TEXT)]
EventId = Annotated[str, Field(max_length=MAX_EVENT_ID)]
ExternalCustomerId = Annotated[str, Field(max_length=limits.MAX_EXTERNAL_ID)]


class CostBody(Body):
    """What an event cost."""

    amount: Annotated[float, Field(gt=-MAX_AMOUNT, lt=MAX_AMOUNT, allow_inf_nan=False)]
    currency: Annotated[str, Field(pattern="usd", max_length=limits.MAX_METADATA_TEXT)]


class LanguageModelBody(Body):
    """A call of a language model."""

    vendor: Text
    model: Text
    prompt: Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)] | None = None
    response: Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)] | None = None
    input_tokens: int
    cached_input_tokens: int | None = None
    output_tokens: int
    total_tokens: int


class EventMetadataBody(Body):
    """Texts, numbers and booleans by key, and two objects."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, MetadataValue]

    cost: CostBody | None = Field(default=None, alias="_cost")
    llm: LanguageModelBody | None = Field(default=None, alias="_llm")

    @model_validator(mode="after")
    def _limit_keys(self) -> "EventMetadataBody":
        notes = self.model_extra or {}
        if len(notes) > metadata.MAX_KEYS:
            told = {"max_length": metadata.MAX_KEYS, "actual_length": len(notes)}
            raise PydanticKnownError("too_long", {"field_type": "Dictionary", **told})
        for key, value in notes.items():
            refuse_unstorable(key)
            refuse_unstorable(value)
            if len(key) > limits.MAX_METADATA_KEY:
                raise PydanticKnownError("string_too_long", {"max_length": limits.MAX_METADATA_KEY})
        return self

    def values(self) -> dict[str, Any]:
        """The metadata as one object."""
        notes: dict[str, Any] = dict(self.model_extra or {})
        if self.cost is not None:
            notes["_cost"] = self.cost.model_dump()
        if self.llm is not None:
            notes["_llm"] = self.llm.model_dump(exclude_unset=True, exclude_none=True)
        return notes


class _Event(Body):
    timestamp: Timestamp | None = None
    name: Annotated[str, Field(max_length=128)]
    organization_id: Uuid4 | None = None
    external_id: EventId | None = None
    parent_id: EventId | None = None
    metadata: EventMetadataBody | None = None

    @field_validator("timestamp", "metadata", mode="before")
    @classmethod
    def _refuse_null(cls, value: object, info: ValidationInfo) -> object:
        """Refuse null: these may be left out, and not be null."""
        if value is None:
            raise PydanticKnownError(
                "datetime_type" if info.field_name == "timestamp" else "dict_type"
            )
        return value


# The names of these two models are part of messages on the wire.
class EventCreateCustomer(_Event):
    """An event of a customer who is named by id."""

    customer_id: Uuid4
    member_id: AnyUuid | None = None


class EventCreateExternalCustomer(_Event):
    """An event of a customer who is named by external id."""

    external_customer_id: ExternalCustomerId
    external_member_id: ExternalCustomerId | None = None


def _choose(value: object, handler: Callable[[object], _Event], info: ValidationInfo) -> _Event:
    """The event that fits best; where neither fits, the problems of both.

    With both ids the model with more of the fields wins; of two with as many, the reference takes the
    one that it reads without converting a text: the external id, unless there is a timestamp.
    """
    model = _find_fitting(value)
    if model is not None:
        try:
            return model.read(value, context=info.context)
        except ValidationError:
            if isinstance(value, Mapping) and value.keys() >= _BOTH_IDS:
                return handler(value)
    return handler(value)


def _find_fitting(value: object) -> type[_Event] | None:
    if not isinstance(value, Mapping):
        return None
    by_id, by_name = (
        sum(name in value for name in model.model_fields)
        for model in (EventCreateCustomer, EventCreateExternalCustomer)
    )
    if by_id == by_name and value.keys() >= _BOTH_IDS:
        return EventCreateCustomer if "timestamp" in value else EventCreateExternalCustomer
    return EventCreateCustomer if by_id > by_name else EventCreateExternalCustomer


EventBody = Annotated[EventCreateCustomer | EventCreateExternalCustomer, WrapValidator(_choose)]


class IngestBody(Body):
    """The events to store."""

    events: Annotated[list[EventBody], Field(max_length=MAX_EVENTS)]


class EventListParameters(NotedListParameters):
    """The parameters of a list of events, in the order in which the reference checks them."""

    filter: str | None = None
    start_timestamp: AwareDatetime | None = None
    end_timestamp: AwareDatetime | None = None
    organization_id: Uuids4 | None = None
    customer_id: Uuids4 | None = None
    external_customer_id: list[str] | None = None
    meter_id: Uuid4 | None = None
    name: list[str] | None = None
    source: list[Source] | None = None
    query: str | None = None
    parent_id: Uuid4 | None = None
    depth: Annotated[int, Field(ge=0, le=MAX_DEPTH)] | None = None
    sorting: tuple[EventSortProperty, ...] = (EventSortProperty.timestamp_descending,)


class EventNameListParameters(PageParameters):
    """The parameters of a list of names of events, in the order in which the reference checks them."""

    organization_id: Uuids4 | None = None
    customer_id: Uuids4 | None = None
    external_customer_id: list[str] | None = None
    source: list[Source] | None = None
    query: str | None = None
    sorting: tuple[EventNameSortProperty, ...] = (EventNameSortProperty.last_seen_descending,)
    unknown: tuple[str, ...] = ()


def validate_ingestion(
    value: object, *, now: datetime, email_check: EmailCheck = EmailCheck.SYNTAX
) -> IngestBody:
    """The body that ingests events.

    Args:
        value: the parsed JSON, or None where no body came.
        now: no event may be later.
        email_check: how much of addresses is checked; it has none.

    Raises:
        ValidationError: the value does not fit; `problems` tells the client why.
    """
    refuse_absence(IngestBody.__name__, value)
    return IngestBody.read(value, from_attributes=True, context={**context(email_check), _NOW: now})


def ingestion(now: datetime) -> Schema[IngestBody]:
    """What a body that ingests events must be; `now` as for its validation."""
    return Schema(functools.partial(validate_ingestion, now=now), IngestBody)


def new_events_of(body: IngestBody) -> list[NewUsageEvent]:
    """The events that a body asks to be stored."""
    return [_new_event_of(event) for event in body.events]


def read_event_list(query_string: bytes) -> EventListParameters:
    """The parameters of a list of events. Raises RequestInvalid."""
    return queries.read_list(EventListParameters, query_string, lists=_LISTS | {"source"})


def read_event_names(query_string: bytes) -> EventNameListParameters:
    """The parameters of a list of names of events. Raises RequestInvalid."""
    return queries.read_list(
        EventNameListParameters, query_string, lists=(_LISTS | {"source"}) - {"name"}
    )


def sources_of(words: list[Source] | None) -> tuple[EventSource, ...] | None:
    """The sources that a parameter names."""
    return (
        None
        if words is None
        else tuple("user" if one is Source.user else "system" for one in words)
    )


class _FilterParameter(Model):
    filter: Filter


def read_event_filter(text: str | None) -> EventFilter | None:
    """The filter in the parameter `filter`: the JSON of a meter's filter. Raises RequestInvalid."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = {
            "type": "json_invalid",
            "loc": ["query", "filter"],
            "msg": "Invalid JSON",
            "input": problems.shown(text),
            "ctx": {"error": "no JSON"},
        }
        raise RequestInvalid([problem]) from error
    try:
        parameter = _FilterParameter.read({"filter": value})
    except ValidationError as error:
        raise RequestInvalid(problems.problems(error, prefix=("query",))) from error
    return read_filter(parameter.filter.model_dump(mode="json"))


def _new_event_of(event: EventCreateCustomer | EventCreateExternalCustomer) -> NewUsageEvent:
    whose: dict[str, Any]
    if isinstance(event, EventCreateCustomer):
        whose = {"customer_id": event.customer_id, "member_id": event.member_id}
    else:
        whose = {
            "external_customer_id": event.external_customer_id,
            "external_member_id": event.external_member_id,
        }
    return NewUsageEvent(
        name=event.name,
        timestamp=event.timestamp,
        external_id=event.external_id,
        parent=event.parent_id,
        metadata={} if event.metadata is None else event.metadata.values(),
        **whose,
    )
