"""What a customer has: active subscriptions, granted benefits, meters, and orders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.dashboard.commerce import lists
from icefloe.domain.values.commerce import Filter, ObjectQuery, Order
from icefloe.domain.values.customer_meters import CustomerMeterQuery
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.subscriptions import ACTIVE

if TYPE_CHECKING:
    from icefloe.dashboard.visits import Visit
    from icefloe.domain.commerce.objects import Objects

SHOWN = 10
"""Rows of each table; the lists have the others."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The first of a kind of things that a customer has.

    Attributes:
        rows: them, as the API returns them, `SHOWN` at most.
        count: how many there are in all.
    """

    rows: Sequence[dict[str, Any]]
    count: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a customer has.

    Attributes:
        subscriptions: active ones, the last to start first.
        benefits: grants that are not revoked, the newest first.
        meters: by their names; with `consumed_units`, `credited_units` and `balance`.
        orders: the newest first, whatever became of them.
    """

    subscriptions: Shown
    benefits: Shown
    meters: Shown
    orders: Shown


async def find(visit: Visit, customer_id: UUID) -> Holdings:
    """What a customer of the visit's organization has."""
    commerce = visit.services.commerce
    active = Filter("status", tuple(sorted(ACTIVE)))
    return Holdings(
        await _find(visit, commerce.subscriptions, customer_id, active, sorted_by="started_at"),
        await _find(visit, commerce.benefit_grants, customer_id, Filter("is_granted", (True,))),
        await _find_meters(visit, customer_id),
        await _find(visit, commerce.orders, customer_id),
    )


async def _find(
    visit: Visit,
    objects: Objects,
    customer_id: UUID,
    *filters: Filter,
    sorted_by: str = "created_at",
) -> Shown:
    query = ObjectQuery(
        page=PageRequest(limit=SHOWN),
        filters=(Filter("customer_id", (customer_id,)), *filters),
        sorting=(Order(sorted_by, descending=True),),
    )
    return Shown(*await lists.find_page(visit, objects, query))


async def _find_meters(visit: Visit, customer_id: UUID) -> Shown:
    query = CustomerMeterQuery(
        page=PageRequest(limit=SHOWN),
        customer_ids=(customer_id,),
        sorting=(("meter_name", False),),
    )
    found, count = await visit.services.commerce.usage.find_customer_meters(
        visit.organization.id, query
    )
    rows = [
        {
            "name": json.loads(one.meter)["name"],
            "consumed_units": one.counted.consumed_units,
            "credited_units": one.counted.credited_units,
            "balance": one.counted.balance,
        }
        for one in found
    ]
    return Shown(rows, count)
