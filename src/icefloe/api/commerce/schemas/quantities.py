"""The query parameters of what a meter counted over time."""

import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field
from pydantic_core import PydanticCustomError

from icefloe.api.schemas import queries
from icefloe.api.schemas.identifiers import Uuids4
from icefloe.api.schemas.models import Model
from icefloe.domain.values.intervals import Interval
from icefloe.domain.values.meters import AggregationFunction


def require_zone(value: str) -> str:
    """The name of a time zone. Raises PydanticCustomError for another text."""
    if value not in zoneinfo.available_timezones():
        raise PydanticCustomError("TimezoneName", "Invalid timezone name.")
    return value


class QuantityParameters(Model):
    """The parameters of quantities, in the order in which the reference checks them."""

    start_timestamp: AwareDatetime
    end_timestamp: AwareDatetime
    interval: Interval
    timezone: Annotated[str, Field(min_length=1), AfterValidator(require_zone)] = "UTC"
    customer_id: Uuids4 | None = None
    external_customer_id: list[str] | None = None
    customer_aggregation_function: AggregationFunction | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()


def read_quantities(query_string: bytes) -> QuantityParameters:
    """The parameters of quantities. Raises RequestInvalid."""
    return queries.read_list(
        QuantityParameters, query_string, lists=frozenset({"customer_id", "external_customer_id"})
    )
