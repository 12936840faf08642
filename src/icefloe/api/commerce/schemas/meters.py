"""The bodies that make and change meters, and the query parameters of their list.

The fields stand in the order in which the reference checks them.
"""

from enum import StrEnum
from typing import Annotated, Literal, cast

from pydantic import Discriminator, Field, field_validator, model_validator

from icefloe.api.schemas import queries
from icefloe.api.schemas.fields import Body, Metadata, Schema, validate_body
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.api.schemas.lists import NotedListParameters
from icefloe.domain.values import limits
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.meters import (
    AggregationFunction,
    Conjunction,
    MeterChange,
    NewMeter,
    Operator,
    Unit,
)

_METADATA = "metadata."
_LISTS = frozenset({"sorting", "organization_id"})
_INTEGERS = Field(ge=-(2**31), le=2**31 - 1)


class MeterSortProperty(StrEnum):
    """What meters can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    name = "name"
    name_descending = "-name"


# The names of these two models are part of messages on the wire.
class FilterClause(Body):
    """A condition on one property of an event."""

    property: Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)]
    operator: Operator
    value: Annotated[str, Field(max_length=1000)] | Annotated[int, _INTEGERS] | bool

    @field_validator("property")
    @classmethod
    def _strip_metadata(cls, value: str) -> str:
        """Metadata's keys are properties by themselves; the reference drops the word before them."""
        return value.removeprefix(_METADATA)


class Filter(Body):
    """Which events are counted: clauses and filters, of which all must hold, or one."""

    conjunction: Conjunction
    clauses: "Annotated[list[FilterClause | Filter], Field(max_length=limits.MAX_LIST)]"


class CountAggregation(Body):
    """The number of events."""

    func: Literal[AggregationFunction.count] = AggregationFunction.count


class PropertyAggregation(Body):
    """A property's sum, largest, smallest or average value."""

    func: Literal[
        AggregationFunction.sum,
        AggregationFunction.max,
        AggregationFunction.min,
        AggregationFunction.avg,
    ]
    property: Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)]


class UniqueAggregation(Body):
    """The number of different values of a property."""

    func: Literal[AggregationFunction.unique] = AggregationFunction.unique
    property: Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)]


Aggregation = Annotated[
    CountAggregation | PropertyAggregation | UniqueAggregation, Discriminator("func")
]
Name = Annotated[str, Field(min_length=3, max_length=limits.MAX_OBJECT_TEXT)]
Label = Annotated[str, Field(max_length=limits.MAX_OBJECT_TEXT)]
Multiplier = Annotated[int, Field(gt=0, le=limits.MAX_INTEGER)]


class NewMeterBody(Body):
    """A new meter."""

    metadata: Metadata = Field(default_factory=dict)
    name: Name
    unit: Unit = Unit.scalar
    custom_label: Label | None = None
    custom_multiplier: Multiplier | None = None
    filter: Filter
    aggregation: Aggregation
    organization_id: Uuid4 | None = None

    @model_validator(mode="after")
    def _require_label(self) -> "NewMeterBody":
        if self.unit is Unit.custom and self.custom_label is None:
            raise ValueError("custom_label is required when unit is 'custom'")
        return self


class MeterChangeBody(Body):
    """What to change about a meter; what is absent or null stays as it is."""

    metadata: Metadata = Field(default_factory=dict)
    name: Name | None = None
    unit: Unit | None = None
    custom_label: Label | None = None
    custom_multiplier: Multiplier | None = None
    filter: Filter | None = None
    aggregation: Aggregation | None = None
    is_archived: bool | None = None


class MeterListParameters(NotedListParameters):
    """The parameters of a list of meters."""

    sorting: tuple[MeterSortProperty, ...] = (MeterSortProperty.name,)
    query: str | None = None
    is_archived: bool | None = None


def validate_new_meter(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewMeterBody:
    """The body that makes a meter. Raises ValidationError."""
    return validate_body(NewMeterBody, value, email_check)


def validate_meter_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> MeterChangeBody:
    """The body that changes a meter. Raises ValidationError."""
    return validate_body(MeterChangeBody, value, email_check)


NEW_METER = Schema(validate_new_meter, NewMeterBody)
METER_CHANGE = Schema(validate_meter_change, MeterChangeBody)


def new_meter_of(body: NewMeterBody) -> NewMeter:
    """The meter that a body asks to be made."""
    return cast("NewMeter", body.model_dump(mode="json", exclude={"organization_id"}))


def change_of(body: MeterChangeBody) -> MeterChange:
    """The change that a body asks for: of the fields that were in it and are not null."""
    given = body.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return cast("MeterChange", given)


def read_meter_list(query_string: bytes) -> MeterListParameters:
    """The parameters of a list of meters. Raises RequestInvalid."""
    return queries.read_list(MeterListParameters, query_string, lists=_LISTS)
