"""Benefit grants: which customers have which benefits, as their subscriptions say.

A grant is made once for a subscription and a benefit. It is revoked when the subscription ends or no
longer has the benefit, and granted again with the same id.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import joins, matching, usage
from icefloe.domain.commerce.objects import Objects
from icefloe.domain.values import documents, errors, listing
from icefloe.domain.values.benefits import BenefitType
from icefloe.domain.values.commerce import Filter
from icefloe.domain.values.documents import Document, Embedded
from icefloe.domain.values.grants import properties_of
from icefloe.domain.values.subscriptions import ACTIVE
from icefloe.domain.webhooks import state_changes

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.ports import storage
    from icefloe.domain.values.commerce import ObjectQuery
    from icefloe.domain.values.events import CommerceEventType


class BenefitGrants(Objects):
    """The grants as lists show them."""

    resource = "benefit_grants"

    async def find_page(self, organization_id: UUID, query: ObjectQuery) -> listing.Page:
        """A page of grants; what a meter was credited shows in webhooks alone."""

        async def work(tables: storage.Tables) -> listing.Page:
            page = await tables.commerce.benefit_grants.find_page(organization_id, query)
            shown = [
                {**grant, "properties": properties_of(grant)}
                for grant in documents.read_all(page.items)
            ]
            items = b",".join([documents.render(one) for one in shown])
            return listing.Page(await joins.join(tables, organization_id, items), page.total_count)

        return await self._store.read(work)

    async def find_page_of(
        self, organization_id: UUID, benefit_id: UUID, query: ObjectQuery
    ) -> listing.Page:
        """A page of one benefit's grants. Raises NotFound."""
        benefit = await self._store.read(
            lambda tables: tables.commerce.benefits.find_text(organization_id, benefit_id)
        )
        if benefit is None:
            raise errors.NotFound
        return await self.find_page(organization_id, query)


async def follow(change: Change, subscription: Document) -> None:
    """Grant a subscription's customer what the subscription brings now, and revoke the rest."""
    wanted: dict[UUID, None] = {}
    if subscription["status"] in ACTIVE:
        product_id = UUID(subscription["product_id"])
        product = await get_product(change, product_id)
        wanted = {place.id: None for place in product["benefits"]}
    present = {UUID(grant["benefit_id"]): grant for grant in await _find_of(change, subscription)}
    for benefit_id, grant in present.items():
        if grant["is_granted"] and benefit_id not in wanted:
            await revoke(change, grant)
    missing = [one for one in wanted if one not in present or not present[one]["is_granted"]]
    if missing:
        benefits = await _read_benefits(change, missing)
        for benefit_id in missing:
            await _grant(change, subscription, benefits[benefit_id], present.get(benefit_id))


async def cycle(change: Change, subscription: Document) -> None:
    """Tell that a subscription's grants go on into its next period."""
    for grant in await _find_of(change, subscription):
        if grant["is_granted"]:
            cycled = {**grant, "modified_at": change.moment}
            await change.tables.commerce.benefit_grants.replace(change.organization_id, cycled)
            await tell(change, "benefit_grant.cycled", cycled, grant["properties"])


async def follow_product(change: Change, product_id: UUID) -> None:
    """Grant and revoke what a product's subscribers gain and lose by a change of its benefits."""
    subscriptions = matching.walk(
        change.tables.commerce.subscriptions,
        change.organization_id,
        [Filter("product_id", (product_id,)), Filter("status", tuple(sorted(ACTIVE)))],
    )
    async for subscription in subscriptions:
        await follow(change, subscription)
        await note_state(change, UUID(subscription["customer_id"]))


async def end_benefit(change: Change, benefit_id: UUID) -> None:
    """Revoke all grants of a benefit that is deleted."""
    granted = await matching.find_all(
        change.tables.commerce.benefit_grants,
        change.organization_id,
        [Filter("benefit_id", (benefit_id,)), Filter("is_granted", (True,))],
    )
    for grant in granted:
        await revoke(change, grant)
        await note_state(change, UUID(grant["customer_id"]))


async def end_customer(change: Change, customer_id: UUID) -> None:
    """Revoke the grants that a customer has without a subscription."""
    granted = await matching.find_all(
        change.tables.commerce.benefit_grants,
        change.organization_id,
        [Filter("customer_id", (customer_id,)), Filter("is_granted", (True,))],
    )
    for grant in granted:
        await revoke(change, grant)


async def note_state(change: Change, customer_id: UUID) -> None:
    """Have webhooks tell soon what a customer has now, unless the change is silent."""
    if not change.is_silent:
        await state_changes.note(change.tables, change.organization_id, customer_id, change.now)


async def _grant(
    change: Change, subscription: Document, benefit: Document, present: Document | None
) -> None:
    """Grant a benefit: anew, or one that was revoked."""
    table = change.tables.commerce.benefit_grants
    customer_id = UUID(subscription["customer_id"])
    before = {} if present is None else present["properties"]
    properties = await give(change, customer_id, benefit, before)
    if present is None:
        member = await change.tables.members.find_owner(change.organization_id, customer_id)
        grant = make(change, customer_id, benefit["id"], None if member is None else member.id)
        grant["subscription_id"] = subscription["id"]
        grant["properties"] = properties
        # The reference stores what such a grant consists of a moment after the grant itself.
        grant["modified_at"] = change.moment if properties else None
        await table.add(change.organization_id, grant)
    else:
        grant = {
            **present,
            "modified_at": change.moment,
            "granted_at": change.moment,
            "is_granted": True,
            "revoked_at": None,
            "is_revoked": False,
            "properties": properties,
        }
        await table.replace(change.organization_id, grant)
    await tell(change, "benefit_grant.created", grant, before)


async def revoke(change: Change, grant: Document) -> None:
    """Take a grant back, and tell of it."""
    before = grant["properties"]
    revoked = {
        **grant,
        "modified_at": change.moment,
        "granted_at": None,
        "is_granted": False,
        "revoked_at": change.moment,
        "is_revoked": True,
        "properties": await take_back(change, grant),
    }
    await change.tables.commerce.benefit_grants.replace(change.organization_id, revoked)
    await tell(change, "benefit_grant.revoked", revoked, before)


def make(change: Change, customer_id: UUID, benefit_id: str, member_id: UUID | None) -> Document:
    """A new grant's document, which consists of nothing yet."""
    return {
        "created_at": change.moment,
        "modified_at": None,
        "id": str(change.new_id()),
        "granted_at": change.moment,
        "is_granted": True,
        "revoked_at": None,
        "is_revoked": False,
        "subscription_id": None,
        "order_id": None,
        "customer_id": str(customer_id),
        "member_id": None if member_id is None else str(member_id),
        "benefit_id": benefit_id,
        "error": None,
        "customer": Embedded(joins.CUSTOMERS, customer_id),
        "member": None if member_id is None else Embedded(joins.MEMBERS, member_id),
        "benefit": Embedded("benefits", UUID(benefit_id)),
        "properties": {},
        "user_id": str(customer_id),
    }


async def give(change: Change, customer_id: UUID, benefit: Document, before: Document) -> Document:
    """What a grant of a benefit consists of: given to the customer with it."""
    if benefit["type"] == BenefitType.license_keys:
        # The same key again, where the customer had one.
        return before or {
            "license_key_id": str(change.new_id()),
            "display_key": f"****-{secrets.token_hex(3).upper()}",
        }
    if benefit["type"] == BenefitType.meter_credit:
        properties = benefit["properties"]
        return await _credit(change, customer_id, properties["meter_id"], properties["units"])
    return {}


async def take_back(change: Change, grant: Document) -> Document:
    """What a grant consists of once it is revoked: what the customer was credited is taken back."""
    properties: Document = grant["properties"]
    if "last_credited_units" not in properties:
        return properties
    customer_id, units = UUID(grant["customer_id"]), properties["last_credited_units"]
    return await _credit(change, customer_id, properties["last_credited_meter_id"], -units)


async def _credit(change: Change, customer_id: UUID, meter_id: str, units: int) -> Document:
    await usage.credit(
        change.tables, change.clock, change.organization_id, customer_id, UUID(meter_id), units
    )
    return {
        "last_credited_meter_id": meter_id,
        "last_credited_units": units,
        "last_credited_at": change.now.isoformat(),
    }


async def tell(change: Change, kind: CommerceEventType, grant: Document, before: Document) -> None:
    """Note an event, which shows besides what the grant consisted of before."""
    if change.leaves_no_events:
        return
    *first, last = grant.items()
    shown = {**dict(first), "previous_properties": before, last[0]: last[1]}
    await change.tell(kind, shown, UUID(grant["customer_id"]))


async def _find_of(change: Change, subscription: Document) -> list[Document]:
    """A subscription's grants, granted or revoked, the oldest first."""
    return await matching.find_all(
        change.tables.commerce.benefit_grants,
        change.organization_id,
        [
            Filter("customer_id", (UUID(subscription["customer_id"]),)),
            Filter("subscription_id", (UUID(subscription["id"]),)),
        ],
    )


async def get_product(change: Change, product_id: UUID) -> Document:
    """The product of a subscription, which is there, as it is stored."""
    texts = await change.tables.commerce.products.find_texts(change.organization_id, [product_id])
    return documents.read(texts[product_id])


async def _read_benefits(change: Change, ids: Iterable[UUID]) -> dict[UUID, Document]:
    texts = await change.tables.commerce.benefits.find_texts(change.organization_id, ids)
    return {benefit_id: documents.read(text) for benefit_id, text in texts.items()}
