"""Discounts: what lowers a price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import joins
from icefloe.domain.commerce.objects import Objects
from icefloe.domain.values.commerce import Filter, ObjectQuery
from icefloe.domain.values.discounts import DiscountType, Duration
from icefloe.domain.values.documents import Document, Embedded
from icefloe.domain.values.errors import RulesBroken, Violation
from icefloe.domain.values.listing import PageRequest

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.discounts import DiscountChange, NewDiscount

_USUAL_CURRENCY = "usd"
_UNCHANGEABLE = {
    "type": "Type cannot be changed.",
    "duration": "Duration cannot be changed.",
}
# What a change may give to a discount of either type.
_COMMON = frozenset(
    {
        "name", "code", "starts_at", "ends_at", "max_redemptions", "max_redemptions_per_customer",
        "metadata",
    }
)  # fmt: skip


class Discounts(Objects):
    """The rules of discounts."""

    resource = "discounts"

    async def create(
        self, organization_id: UUID, new: NewDiscount, *, discount_id: UUID | None = None
    ) -> bytes:
        """Create a discount.

        Args:
            organization_id: whose it is.
            new: the discount.
            discount_id: its identifier, where the caller may choose it; generated if None.

        Raises:
            RulesBroken: its code is taken, or a product is not there.
            Duplicate: the organization has a discount with that id.
        """
        return await self._changes.run(
            organization_id, lambda change: _create(change, new, discount_id or change.new_id())
        )

    async def update(
        self, organization_id: UUID, discount_id: UUID, given: DiscountChange
    ) -> bytes:
        """Change a discount. What belongs to the other type is ignored.

        Raises:
            NotFound: there is none with that id.
            RulesBroken: the change breaks rules.
        """

        async def work(change: Change) -> bytes:
            found = await self._lock(change, discount_id)
            changed = await _apply(change, found, given)
            if given:
                await change.tables.commerce.discounts.replace(organization_id, changed)
            return await change.tell("discount.updated", changed)

        return await self._changes.run(organization_id, work)

    async def delete(self, organization_id: UUID, discount_id: UUID) -> None:
        """Delete a discount; its code is free again. Raises NotFound."""

        async def work(change: Change) -> None:
            found = await self._lock(change, discount_id)
            await change.tables.commerce.discounts.delete(organization_id, found, change.now)
            await change.tell("discount.deleted", found)

        await self._changes.run(organization_id, work)


async def _create(change: Change, new: NewDiscount, discount_id: UUID) -> bytes:
    violations = await check_code(change, new["code"], discount_id)
    products, missing = await embed_products(change, new["products"])
    if violations or missing:
        raise RulesBroken(*violations, *missing)
    discount = make(change, new, discount_id, products)
    await change.tables.commerce.discounts.add(change.organization_id, discount)
    return await change.tell("discount.created", discount)


def make(
    change: Change, new: NewDiscount, discount_id: UUID, products: Sequence[Embedded]
) -> Document:
    """A new discount's document."""
    discount: Document = {"duration": new["duration"]}
    if new["duration"] == Duration.repeating:
        discount["duration_in_months"] = new["duration_in_months"]
    discount["type"] = new["type"]
    if new["type"] == DiscountType.percentage:
        discount["basis_points"] = new["basis_points"]
    else:
        discount |= _find_amounts(new["amounts"])
    return discount | {
        "created_at": change.moment,
        "modified_at": None,
        "id": str(discount_id),
        "metadata": new["metadata"],
        "name": new["name"],
        "code": new["code"],
        "starts_at": new["starts_at"],
        "ends_at": new["ends_at"],
        "max_redemptions": new["max_redemptions"],
        "max_redemptions_per_customer": new["max_redemptions_per_customer"],
        "redemptions_count": 0,
        "organization_id": str(change.organization_id),
        "products": list(products),
    }


async def _apply(change: Change, found: Document, given: DiscountChange) -> Document:
    """The discount after a change. Raises RulesBroken."""
    violations = [
        Violation("value_error", ("body", name), message, given.get(name))
        for name, message in _UNCHANGEABLE.items()
        if given.get(name, found[name]) != found[name]
    ]
    if given.get("code") is not None:
        violations += await check_code(change, given["code"], UUID(found["id"]))
    changed = {**found, **{key: one for key, one in given.items() if key in _COMMON}}
    if "products" in given:
        changed["products"], missing = await embed_products(change, given["products"])
        violations += missing
    if violations:
        raise RulesBroken(*violations)
    if found["duration"] == Duration.repeating and given.get("duration_in_months") is not None:
        changed["duration_in_months"] = given["duration_in_months"]
    if found["type"] == DiscountType.percentage:
        changed["basis_points"] = given.get("basis_points", found["basis_points"])
    elif "amounts" in given:
        changed |= _find_amounts(given["amounts"])
    if given:
        changed["modified_at"] = change.moment
    return changed


def _find_amounts(amounts: dict[str, int]) -> Document:
    """What a fixed discount says of its amounts: the usual currency's, or the first one, and all."""
    currency = _USUAL_CURRENCY if _USUAL_CURRENCY in amounts else next(iter(amounts))
    return {"amount": amounts[currency], "currency": currency, "amounts": amounts}


async def check_code(change: Change, code: str | None, discount_id: UUID) -> list[Violation]:
    """What is wrong with a code: another discount has it, whatever its letter case."""
    if code is None:
        return []
    query = ObjectQuery(
        page=PageRequest(limit=1),
        filters=(
            Filter("code_lower", (code,)),
            Filter("id", (discount_id,), "none of"),
        ),
    )
    if not await change.tables.commerce.discounts.find_matching(change.organization_id, query):
        return []
    message = "Discount with this code already exists."
    return [Violation("value_error", ("body", "code"), message, code)]


async def embed_products(
    change: Change, product_ids: Sequence[str]
) -> tuple[list[Embedded], list[Violation]]:
    """The places of products in a discount, each once; and what is wrong with them."""
    found = []
    for at, text in enumerate(product_ids):
        product_id = UUID(text)
        products = change.tables.commerce.products
        if await products.find_text(change.organization_id, product_id) is None:
            place = ("body", "products", at)
            return [], [Violation("value_error", place, "Product not found.", text)]
        found.append(Embedded("products", product_id, joins.BARE))
    return list(dict.fromkeys(found)), []
