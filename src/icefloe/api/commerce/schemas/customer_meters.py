"""The query parameters of lists of customer meters."""

from enum import StrEnum

from icefloe.api.schemas import queries
from icefloe.api.schemas.identifiers import Uuids4
from icefloe.api.schemas.lists import PageParameters

_LISTS = frozenset(
    {"sorting", "organization_id", "customer_id", "external_customer_id", "meter_id"}
)


class CustomerMeterSortProperty(StrEnum):
    """What customer meters can be sorted by."""

    created_at = "created_at"
    created_at_descending = "-created_at"
    modified_at = "modified_at"
    modified_at_descending = "-modified_at"
    customer_id = "customer_id"
    customer_id_descending = "-customer_id"
    customer_name = "customer_name"
    customer_name_descending = "-customer_name"
    meter_id = "meter_id"
    meter_id_descending = "-meter_id"
    meter_name = "meter_name"
    meter_name_descending = "-meter_name"
    consumed_units = "consumed_units"
    consumed_units_descending = "-consumed_units"
    credited_units = "credited_units"
    credited_units_descending = "-credited_units"
    balance = "balance"
    balance_descending = "-balance"


class CustomerMeterListParameters(PageParameters):
    """The parameters of a list of customer meters, in the order in which the reference checks them."""

    organization_id: Uuids4 | None = None
    customer_id: Uuids4 | None = None
    external_customer_id: list[str] | None = None
    meter_id: Uuids4 | None = None
    sorting: tuple[CustomerMeterSortProperty, ...] = (
        CustomerMeterSortProperty.modified_at_descending,
    )
    unknown: tuple[str, ...] = ()


def read_customer_meter_list(query_string: bytes) -> CustomerMeterListParameters:
    """The parameters of a list of customer meters. Raises RequestInvalid."""
    return queries.read_list(CustomerMeterListParameters, query_string, lists=_LISTS)
