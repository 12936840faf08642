"""What requests and answers about customer meters and quantities hold. For descriptions only."""

from datetime import datetime

from pydantic import UUID4, BaseModel, ConfigDict, Field

from icefloe.api.commerce.schemas import customer_meters as schemas
from icefloe.api.description.answers import Answer, Customer
from icefloe.api.description.meters import Meter
from icefloe.api.description.requests import MetadataQuery, ObjectPlaces, PageParameters
from icefloe.domain.values.intervals import Interval
from icefloe.domain.values.meters import AggregationFunction

_CUSTOMER_METER_ID = "a8f0a0a5-7a5e-4c9e-9d3b-1f4b1c6f2d11"


class CustomerMeter(Answer):
    """How much a customer has used of what a meter counts, and how much it was credited."""

    id: UUID4
    """Its identifier here."""

    created_at: datetime
    """When it was made."""

    modified_at: datetime | None
    """When its units changed last."""

    customer_id: UUID4
    """The customer."""

    meter_id: UUID4
    """The meter."""

    consumed_units: float
    """How much was used."""

    credited_units: int
    """How much was credited."""

    balance: float
    """What is left of the credit; negative where more was used."""

    customer: Customer
    """The customer, whole."""

    meter: Meter
    """The meter, whole."""


class MeterQuantity(Answer):
    """What was counted in one period."""

    timestamp: datetime
    """When the period begins."""

    quantity: float
    """What was counted in it."""


class MeterQuantities(Answer):
    """What a meter counted over time."""

    quantities: list[MeterQuantity]
    """Period by period."""

    total: float
    """What was counted in all of the range."""


class CustomerMeterPlaces(ObjectPlaces):
    """What stands in the place of a customer meter's path."""

    id: UUID4 = Field(examples=[_CUSTOMER_METER_ID])
    """The customer meter's identifier."""


class CustomerMeterListParameters(PageParameters):
    """Which customer meters to list, in which order."""

    organization_id: UUID4 | list[UUID4] | None = None
    """Only those of this organization, or of these."""

    customer_id: UUID4 | list[UUID4] | None = None
    """Only those of this customer, or of these."""

    external_customer_id: str | list[str] | None = None
    """Only those of the customer with this external id, or these."""

    meter_id: UUID4 | list[UUID4] | None = None
    """Only those of this meter, or of these."""

    sorting: list[schemas.CustomerMeterSortProperty] | None = Field(
        default=[schemas.CustomerMeterSortProperty.modified_at_descending]
    )
    """The order: may be given several times, the first counts most; a `-` before the word turns it
    round."""


class QuantityParameters(BaseModel):
    """Which quantities of a meter."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    start_timestamp: datetime
    """The first moment that counts."""

    end_timestamp: datetime
    """The last moment that counts."""

    interval: Interval
    """How long a period is."""

    timezone: str = "UTC"
    """Where a day begins: a name such as `Europe/Paris`."""

    customer_id: UUID4 | list[UUID4] | None = None
    """Only events of this customer, or of these."""

    external_customer_id: str | list[str] | None = None
    """Only events of the customer with this external id, or these."""

    customer_aggregation_function: AggregationFunction | None = None
    """What is made of the quantities of single customers; of all events together unless given."""

    metadata: MetadataQuery = None
    """Only events with this metadata, as `metadata[key]=value`."""
