"""Benefit grants and customers' meters, as tests and seeds write them: which values they may have."""

from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictFloat, StrictInt, with_config

from icefloe.exchange.commerce.fields import IMPORTED, Id, Identified, Moment, Object

_MOST_UNITS = 2**53
"""Above it, not every whole number is a number of JSON."""


def _check_size(units: float) -> float:
    if abs(units) > _MOST_UNITS:
        raise ValueError(f"must be from -{_MOST_UNITS} to {_MOST_UNITS}")
    return units


_Credited = Annotated[StrictInt, Field(ge=-_MOST_UNITS, le=_MOST_UNITS)]
_Consumed = Annotated[StrictFloat | StrictInt, AfterValidator(_check_size)]


@with_config(IMPORTED)
class BenefitGrant(Identified, total=False):
    """That a customer has a benefit, or had it."""

    created_at: Moment
    modified_at: Moment | None
    granted_at: Moment | None
    is_granted: StrictBool
    revoked_at: Moment | None
    is_revoked: StrictBool
    customer_id: Id
    member_id: Id | None
    benefit_id: Id
    subscription_id: Id | None
    order_id: Id | None
    properties: Object


@with_config(IMPORTED)
class CustomerMeter(Identified, total=False):
    """How much a customer has used of what a meter measures, and how much it was credited."""

    created_at: Moment
    customer_id: Id
    meter_id: Id
    credited_units: _Credited
    consumed_units: _Consumed
