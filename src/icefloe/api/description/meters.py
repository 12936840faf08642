"""What requests and answers about meters hold. For descriptions only."""

from datetime import datetime
from typing import Annotated

from pydantic import UUID4, Field
from typing_extensions import TypeAliasType

from icefloe.api.commerce.schemas import meters as schemas
from icefloe.api.description.answers import Answer, MetadataOutputType, one_of
from icefloe.api.description.requests import (
    NotedListParameters,
    ObjectPlaces,
    described,
)
from icefloe.domain.values import meters

_METER_ID = "d0c5bd3e-3a3d-4b8e-9a2b-5f2c2c5a9d10"
_FILTER = {
    "conjunction": "and",
    "clauses": [{"property": "name", "operator": "eq", "value": "api_call"}],
}
_METER_FIELDS = {
    "metadata": "Up to 50 texts, numbers and booleans of your own. A change replaces them all.",
    "name": "The meter's name, for people.",
    "unit": "What its numbers mean to people.",
    "custom_label": "What people call its unit; needed where the unit is `custom`.",
    "custom_multiplier": "How many of the counted units make one of the custom unit.",
    "filter": "Which events it counts.",
    "aggregation": "What it makes of those events.",
    "organization_id": "Not with an organization's token, which says it already.",
    "is_archived": "Whether it is no longer used.",
}

MeterUnit = TypeAliasType(
    "MeterUnit", Annotated[str, one_of(*meters.Unit, description="What a meter's numbers mean.")]
)


class Meter(Answer):
    """What is counted of the events of customers."""

    metadata: MetadataOutputType
    """Texts, numbers and booleans of the organization's own."""

    created_at: datetime
    """When it was made."""

    modified_at: datetime | None
    """When it was last changed."""

    id: UUID4
    """Its identifier here."""

    name: str
    """Its name, for people."""

    unit: MeterUnit

    custom_label: str | None = None
    """What people call its unit."""

    custom_multiplier: int | None = None
    """How many of the counted units make one of the custom unit."""

    filter: schemas.Filter
    """Which events it counts."""

    aggregation: schemas.Aggregation
    """What it makes of those events."""

    organization_id: UUID4
    """Whose it is."""

    archived_at: datetime | None = None
    """When it was archived; null while it is used."""


class MeterCreate(schemas.NewMeterBody):
    """A new meter."""

    model_config = described(
        _METER_FIELDS,
        {"name": "API calls", "filter": _FILTER, "aggregation": {"func": "count"}},
    )


class MeterUpdate(schemas.MeterChangeBody):
    """What to change about a meter; what is left out or null stays as it is."""

    model_config = described(_METER_FIELDS, {"name": "API calls"})


class MeterPlaces(ObjectPlaces):
    """What stands in the place of a meter's path."""

    id: UUID4 = Field(examples=[_METER_ID])
    """The meter's identifier."""


class MeterListParameters(NotedListParameters):
    """Which meters to list, in which order."""

    query: str | None = None
    """Only meters whose name holds this text, in any letter case."""

    is_archived: bool | None = None
    """Only meters that are archived, or only those that are not."""

    sorting: list[schemas.MeterSortProperty] | None = Field(
        default=[schemas.MeterSortProperty.name]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round."""
