"""One run of placing: object by object, and then what follows from all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.domain.commerce import benefits, grants, holdings, meters
from icefloe.domain.commerce.placing import (
    benefit_grants,
    catalogue,
    customer_meters,
    orders,
    references,
    subscriptions,
)
from icefloe.domain.values.commerce import Filter
from icefloe.domain.values.documents import Document, Embedded, read_moment
from icefloe.domain.values.imports import OnConflict
from icefloe.domain.values.measures import read_measure
from icefloe.domain.values.placements import Placed

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.events import CommerceEventType
    from icefloe.domain.values.placements import Placement

    Step = tuple[CommerceEventType, Document]

_MAKERS: Mapping[str, Callable[[Change, Document], Awaitable[Document]]] = {
    "meters": catalogue.make_meter,
    "benefits": catalogue.make_benefit,
    "products": catalogue.make_product,
    "discounts": catalogue.make_discount,
    "subscriptions": subscriptions.make,
}
_CREATED: Mapping[str, CommerceEventType] = {
    "benefits": "benefit.created",
    "products": "product.created",
    "discounts": "discount.created",
}
_UPDATED: Mapping[str, CommerceEventType] = {
    "benefits": "benefit.updated",
    "products": "product.updated",
    "discounts": "discount.updated",
    "subscriptions": "subscription.updated",
    "orders": "order.updated",
}
_OF_PRODUCT = frozenset(
    {
        "prices", "meters", "amount", "currency", "recurring_interval", "recurring_interval_count",
    }
)  # fmt: skip
"""What a subscription has of its product."""


class Run:
    """Places objects within a change."""

    def __init__(self, change: Change, on_conflict: OnConflict) -> None:
        self._change = change
        self._on_conflict = on_conflict
        self._products: dict[UUID, None] = {}
        self._subscriptions: dict[str, Document] = {}
        self._discounts: dict[UUID, None] = {}
        self._customers: dict[UUID, None] = {}

    async def place(self, placement: Placement) -> Placed:
        """Place an object. Raises RulesBroken, whose places begin within the placement."""
        if placement.resource == "customer_meters":
            return await self._place_customer_meter(placement.values)
        resource, values = placement.resource, placement.values
        is_taken, found = await self._find(placement)
        if is_taken and self._on_conflict is OnConflict.FAIL:
            raise references.refuse("id", "An object with this id already exists.", values["id"])
        if is_taken and (self._on_conflict is OnConflict.SKIP or found is None):
            return Placed(resource, UUID(values["id"]), "skipped")
        if found is not None:
            moved = {**_left(found, values), "modified_at": self._change.moment}
            values = {**moved, **values}
        document, steps = await self._make(resource, values, found)
        if found is not None and _is_same(document, found, placement.values):
            return Placed(resource, UUID(document["id"]), "skipped")
        await self._tell(resource, steps, found)
        await self._store(resource, document, found)
        self._note(resource, document, found)
        return Placed(resource, UUID(document["id"]), "added" if found is None else "updated")

    async def settle(self) -> None:
        """Do what follows from all that was placed."""
        for product_id in self._products:
            await grants.follow_product(self._change, product_id)
        for subscription in self._subscriptions.values():
            await grants.follow(self._change, subscription)
        for customer_id in self._customers:
            await holdings.note_active(self._change, customer_id)
            await grants.note_state(self._change, customer_id)
        for discount_id in self._discounts:
            await self._count_redemptions(discount_id)

    async def _find(self, placement: Placement) -> tuple[bool, Document | None]:
        """Whether the placement's id is taken; and the object that has it, unless it is deleted."""
        if "id" not in placement.values:
            return False, None
        table = self._change.tables.commerce.table(placement.resource)
        wanted = UUID(placement.values["id"])
        if not await table.find_texts(self._change.organization_id, [wanted]):
            return False, None
        return True, await table.find(self._change.organization_id, wanted)

    async def _make(
        self, resource: str, values: Document, found: Document | None
    ) -> tuple[Document, list[Step]]:
        """The document of an object, and the events that tell of it. Raises RulesBroken."""
        if resource == "benefit_grants":
            grant = await benefit_grants.make(self._change, values, found)
            if found is not None and found["is_granted"] == grant["is_granted"]:
                return grant, []
            is_granted = grant["is_granted"]
            return grant, [
                ("benefit_grant.created" if is_granted else "benefit_grant.revoked", grant)
            ]
        if resource == "orders":
            steps = await orders.make(self._change, values)
            document = steps[-1][1]
        else:
            document = await _MAKERS[resource](self._change, values)
            if resource == "subscriptions":
                steps = [(kind, document) for kind in subscriptions.find_kinds(document)]
            else:
                steps = [(_CREATED[resource], document)] if resource in _CREATED else []
        if found is not None and steps:
            steps = [(_UPDATED[resource], document)]
        return document, steps

    async def _tell(self, resource: str, steps: list[Step], found: Document | None) -> None:
        change = self._change
        if change.leaves_no_events:
            return
        for kind, shown in steps:
            if resource == "benefit_grants":
                await grants.tell(change, kind, shown, {} if found is None else found["properties"])
            else:
                customer_id = shown.get("customer_id")
                await change.tell(kind, shown, customer_id and UUID(customer_id))

    async def _store(self, resource: str, document: Document, found: Document | None) -> None:
        change = self._change
        table = change.tables.commerce.table(resource)
        is_deleted = document.get("is_deleted", False)
        if found is None:
            deleted_at = None
            if is_deleted:
                deleted_at = read_moment(document["modified_at"] or document["created_at"])
            await table.add(change.organization_id, document, deleted_at=deleted_at)
        elif is_deleted:
            await benefits.remove(change, document)
        else:
            await table.replace(change.organization_id, document)
        if resource == "meters" and (
            found is None or read_measure(found) != read_measure(document)
        ):
            await meters.recount(change, document)

    def _note(self, resource: str, document: Document, found: Document | None) -> None:
        """Note what `settle` has to do for an object that was placed."""
        if resource == "products" and found is not None:
            self._products[UUID(document["id"])] = None
        if resource == "subscriptions":
            self._subscriptions[document["id"]] = document
            if document["discount_id"] is not None:
                self._discounts[UUID(document["discount_id"])] = None
        if resource in {"subscriptions", "benefit_grants"}:
            self._customers[UUID(document["customer_id"])] = None
            if found is not None:
                self._customers[UUID(found["customer_id"])] = None

    async def _place_customer_meter(self, values: Document) -> Placed:
        counted = await customer_meters.place(self._change, values)
        self._customers[counted.customer_id] = None
        return Placed("customer_meters", counted.id, "updated")

    async def _count_redemptions(self, discount_id: UUID) -> None:
        """See that a discount has been redeemed as often as there are subscriptions with it."""
        change = self._change
        discount = await change.tables.commerce.discounts.find(change.organization_id, discount_id)
        if discount is None:
            return
        count = await change.tables.commerce.subscriptions.count(
            change.organization_id, [Filter("discount_id", (discount_id,))]
        )
        if discount["redemptions_count"] < count:
            redeemed = {**discount, "redemptions_count": count}
            await change.tables.commerce.discounts.replace(change.organization_id, redeemed)


def _is_same(document: Document, found: Document, values: Document) -> bool:
    """Whether an object stays as it is; the time of a change does not matter unless it is given."""
    if "modified_at" not in values:
        document = {**document, "modified_at": found["modified_at"]}
    return document == found


def _left(found: Document, values: Document) -> Document:
    """What stays of an object's values where new ones are given, in the form of placements."""
    gone: set[str] = set()
    if "started_at" in found:
        # Times of a status follow from it anew.
        gone |= {key for key, value in found.items() if value is None}
        if values.get("product_id", found["product_id"]) != found["product_id"]:
            gone |= _OF_PRODUCT
        if values.get("discount_id", found["discount_id"]) != found["discount_id"]:
            gone.add("amount")
    if "invoice_number" in found and "amount" in values and "subtotal_amount" not in values:
        gone |= {key for key in found if key.endswith("_amount")} | {"items"}
    return {
        key: _plain(value)
        for key, value in found.items()
        if key not in gone and not isinstance(value, Embedded)
    }


def _plain(value: Any) -> Any:
    """A value of a document with ids in place of what it embeds; an entry's own are left out."""
    if isinstance(value, Embedded):
        return str(value.id)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if not isinstance(one, Embedded)}
    return value
