"""Products: what customers buy, for which prices, and which benefits they bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import grants, joins, prices
from icefloe.domain.commerce.objects import Objects
from icefloe.domain.values import documents, errors, listing
from icefloe.domain.values.documents import Document, Embedded
from icefloe.domain.values.errors import RulesBroken, Violation

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.ports import storage
    from icefloe.domain.values.commerce import ObjectQuery
    from icefloe.domain.values.products import NewProduct, ProductChange

# What does not count as a change of the product itself.
_APART = frozenset({"prices"})


class Products(Objects):
    """The rules of products."""

    resource = "products"

    async def find_page(self, organization_id: UUID, query: ObjectQuery) -> listing.Page:
        """A page of products; those that are found by a benefit show no others, as the reference's."""
        wanted = {one for part in query.filters if part.name == "benefit_id" for one in part.values}
        if not wanted:
            return await super().find_page(organization_id, query)

        async def work(tables: storage.Tables) -> listing.Page:
            page = await tables.commerce.products.find_page(organization_id, query)
            shown = [
                {**one, "benefits": [part for part in one["benefits"] if part.id in wanted]}
                for one in documents.read_all(page.items)
            ]
            items = b",".join([documents.render(one) for one in shown])
            return listing.Page(await joins.join(tables, organization_id, items), page.total_count)

        return await self._store.read(work)

    async def create(
        self,
        organization_id: UUID,
        new: NewProduct,
        *,
        product_id: UUID | None = None,
        benefit_ids: Sequence[UUID] = (),
    ) -> bytes:
        """Create a product.

        Args:
            organization_id: whose it is.
            new: the product.
            product_id: its identifier, where the caller may choose it; generated if None.
            benefit_ids: what it brings.

        Raises:
            RulesBroken: its prices break rules, or it has something that is not there.
            Duplicate: the organization has a product with that id.
        """
        return await self._changes.run(
            organization_id,
            lambda change: _create(change, new, product_id or change.new_id(), benefit_ids),
        )

    async def update(self, organization_id: UUID, product_id: UUID, given: ProductChange) -> bytes:
        """Change a product. A change of prices alone does not date it.

        Raises:
            NotFound: there is none with that id.
            RulesBroken: the change breaks rules.
        """

        async def work(change: Change) -> bytes:
            found = await self._lock(change, product_id)
            changed = await _apply(change, found, given)
            if given:
                await change.tables.commerce.products.replace(organization_id, stored(changed))
            return await change.tell("product.updated", changed)

        return await self._changes.run(organization_id, work)

    async def set_benefits(
        self, organization_id: UUID, product_id: UUID, benefit_ids: Sequence[UUID]
    ) -> bytes:
        """Give a product these benefits, in their order, instead of those it has.

        One that is named twice is shown twice now, as the reference does, and once from then on.

        Raises:
            NotFound: there is no product with that id.
            RulesBroken: one of the benefits is not there.
        """

        async def work(change: Change) -> bytes:
            found = await self._lock(change, product_id)
            embedded = await _embed_benefits(change, benefit_ids)
            stored = {**found, "benefits": list(dict.fromkeys(embedded))}
            await change.tables.commerce.products.replace(organization_id, stored)
            text = await change.tell("product.updated", {**stored, "benefits": embedded})
            await grants.follow_product(change, product_id)
            return text

        return await self._changes.run(organization_id, work)


async def _create(
    change: Change, new: NewProduct, product_id: UUID, benefit_ids: Sequence[UUID]
) -> bytes:
    product = make(change, new, product_id)
    product["benefits"] = await _embed_benefits(change, tuple(dict.fromkeys(benefit_ids)))
    found = await prices.make_all(change, product, new["prices"], await find_currency(change))
    violations = [*found.violations, *_refuse_absent(new["medias"], new["attached_custom_fields"])]
    if new["meter_interval"] is not None:
        message = "Separate meter cycling is not enabled for this organization."
        place = ("body", "meter_interval")
        violations.append(Violation("value_error", place, message, new["meter_interval"]))
    if violations:
        raise RulesBroken(*violations)
    product["prices"] = found.documents
    await change.tables.commerce.products.add(change.organization_id, stored(product))
    return await change.tell("product.created", product)


def make(change: Change, new: NewProduct, product_id: UUID) -> Document:
    """A new product's document, without prices and benefits."""
    is_recurring = new["recurring_interval"] is not None
    return {
        "id": str(product_id),
        "created_at": change.moment,
        "modified_at": None,
        "trial_interval": new["trial_interval"] if is_recurring else None,
        "trial_interval_count": new["trial_interval_count"] if is_recurring else None,
        "name": new["name"],
        "description": new["description"],
        "visibility": new["visibility"],
        "recurring_interval": new["recurring_interval"],
        "recurring_interval_count": new["recurring_interval_count"],
        "meter_interval": None,
        "meter_interval_count": None,
        "is_recurring": is_recurring,
        "is_archived": False,
        "organization_id": str(change.organization_id),
        "metadata": new["metadata"],
        "prices": [],
        "benefits": [],
        "medias": [],
        "attached_custom_fields": [],
    }


async def _apply(change: Change, found: Document, given: ProductChange) -> Document:
    """The product after a change. Raises RulesBroken."""
    violations = _check(found, given)
    changed = {**found, **given}
    if not found["is_recurring"]:
        changed["recurring_interval_count"] = None
    changed["medias"], changed["attached_custom_fields"] = [], []
    if "prices" in given:
        currency = await find_currency(change)
        made = await prices.make_all(change, found, given["prices"], currency, found["prices"])
        changed["prices"] = made.documents
        violations += made.violations
    if violations:
        raise RulesBroken(*violations)
    if given.keys() - _APART:
        changed["modified_at"] = change.moment
    return changed


def _check(found: Document, given: ProductChange) -> list[Violation]:
    """What in a change cannot be, whatever else is stored."""
    violations = []
    interval = given.get("recurring_interval")
    if interval is not None or ("recurring_interval" in given and found["is_recurring"]):
        place = ("body", "recurring_interval")
        message = "Recurring interval cannot be changed."
        violations.append(Violation("value_error", place, message, interval))
    if not found["is_recurring"]:
        message = "Trial configuration is only supported on recurring products."
        violations += [
            Violation("value_error", ("body", name), message, value)
            for name, value in given.items()
            if name in {"trial_interval", "trial_interval_count"} and value is not None
        ]
    medias, fields = given.get("medias", []), given.get("attached_custom_fields", [])
    return [*violations, *_refuse_absent(medias, fields)]


def _refuse_absent(medias: Sequence[str], fields: Sequence[Document]) -> list[Violation]:
    """What is wrong with files and custom fields: there are none here."""
    message = "File does not exist or is not yet uploaded."
    files = [
        Violation("value_error", ("body", "medias", at), message, one)
        for at, one in enumerate(medias)
    ]
    return files + [
        Violation(
            "value_error",
            ("body", "attached_custom_fields", at),
            "Custom field does not exist.",
            one["custom_field_id"],
        )
        for at, one in enumerate(fields)
    ]


async def _embed_benefits(change: Change, benefit_ids: Sequence[UUID]) -> list[Embedded]:
    """The places of benefits in a product. Raises RulesBroken."""
    for at, benefit_id in enumerate(benefit_ids):
        # Locked, so that no benefit is deleted before it is on the product.
        if await change.tables.commerce.benefits.find(change.organization_id, benefit_id) is None:
            place = ("body", "benefits", at)
            message = "Benefit does not exist."
            raise RulesBroken(Violation("value_error", place, message, str(benefit_id)))
    return [Embedded("benefits", one) for one in benefit_ids]


async def find_currency(change: Change) -> str:
    """The currency that one of a product's prices must have. Raises OrganizationNotFound."""
    organization = await change.tables.organizations.find(change.organization_id)
    if organization is None:
        raise errors.OrganizationNotFound
    currency: str = organization.settings["default_presentment_currency"]
    return currency


def stored(product: Document) -> Document:
    """A product as it is read back."""
    return {**product, "prices": [prices.stored(price) for price in product["prices"]]}
