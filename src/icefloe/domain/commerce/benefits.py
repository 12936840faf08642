"""Benefits: what customers get, by products that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import grants
from icefloe.domain.commerce.objects import Objects
from icefloe.domain.values import errors
from icefloe.domain.values.benefits import BenefitType, Visibility
from icefloe.domain.values.commerce import Filter, ObjectQuery
from icefloe.domain.values.documents import Document, Embedded
from icefloe.domain.values.listing import MAX_LIMIT, PageRequest

if TYPE_CHECKING:
    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.benefits import BenefitChange, NewBenefit

_BATCH = PageRequest(limit=MAX_LIMIT)


class Benefits(Objects):
    """The rules of benefits."""

    resource = "benefits"

    async def create(
        self, organization_id: UUID, new: NewBenefit, *, benefit_id: UUID | None = None
    ) -> bytes:
        """Create a benefit.

        Args:
            organization_id: whose it is.
            new: the benefit.
            benefit_id: its identifier, where the caller may choose it; generated if None.

        Raises:
            BenefitPropertiesInvalid: it consists of something that is not there.
            Duplicate: the organization has a benefit with that id.
        """
        return await self._changes.run(
            organization_id, lambda change: _create(change, new, benefit_id or change.new_id())
        )

    async def update(self, organization_id: UUID, benefit_id: UUID, given: BenefitChange) -> bytes:
        """Change a benefit. What it consists of is replaced as a whole.

        Raises:
            NotFound: there is none with that id.
            RulesBroken: the type would change.
            BenefitPropertiesInvalid: it consists of something that is not there.
        """

        async def work(change: Change) -> bytes:
            found = await self._lock(change, benefit_id)
            _require_type(found, given)
            if "properties" in given:
                await _check_properties(change, found["type"], given["properties"])
            changed = {**found, **given}
            if len(given) > 1:
                changed["modified_at"] = change.moment
                await change.tables.commerce.benefits.replace(organization_id, changed)
            # The reference tells of a change before it dates it.
            await change.tell("benefit.updated", {**changed, "modified_at": found["modified_at"]})
            return await change.render(changed)

        return await self._changes.run(organization_id, work)

    async def delete(self, organization_id: UUID, benefit_id: UUID) -> None:
        """Delete a benefit; it leaves the products that have it. Raises NotFound."""

        async def work(change: Change) -> None:
            await remove(change, await self._lock(change, benefit_id))

        await self._changes.run(organization_id, work)


async def remove(change: Change, benefit: Document) -> None:
    """Delete a benefit, which leaves its products and customers."""
    benefit_id = UUID(benefit["id"])
    deleted = {**benefit, "is_deleted": True, "modified_at": change.moment}
    await change.tables.commerce.benefits.delete(change.organization_id, deleted, change.now)
    await _leave_products(change, benefit_id)
    await change.tell("benefit.updated", deleted)
    await grants.end_benefit(change, benefit_id)


async def _create(change: Change, new: NewBenefit, benefit_id: UUID) -> bytes:
    await _check_properties(change, new["type"], new["properties"])
    benefit = make(change, new, benefit_id)
    await change.tables.commerce.benefits.add(change.organization_id, benefit)
    return await change.tell("benefit.created", benefit)


def make(change: Change, new: NewBenefit, benefit_id: UUID) -> Document:
    """A new benefit's document."""
    benefit: Document = {
        "id": str(benefit_id),
        "created_at": change.moment,
        "modified_at": None,
        "type": new["type"],
        "description": new["description"],
        "selectable": True,
        "deletable": True,
        "is_deleted": False,
        "organization_id": str(change.organization_id),
        "metadata": new["metadata"],
        "visibility": new["visibility"] or _usual_visibility(new["type"]),
        "properties": new["properties"],
    }
    if new["type"] == BenefitType.custom:
        benefit["is_tax_applicable"] = True
    benefit["visibility_configurable"] = True
    return benefit


def _usual_visibility(kind: str) -> str:
    return Visibility.private if kind == BenefitType.feature_flag else Visibility.public


def _require_type(found: Document, given: BenefitChange) -> None:
    if given["type"] != found["type"]:
        message = "Benefit type cannot be changed."
        violation = errors.Violation("value_error", ("body", "type"), message, found["type"])
        raise errors.RulesBroken(violation)


async def _check_properties(change: Change, kind: str, properties: Document) -> None:
    """Check what a benefit consists of. Raises BenefitPropertiesInvalid."""
    if kind == BenefitType.meter_credit:
        meter_id = UUID(properties["meter_id"])
        meters = change.tables.commerce.meters
        if await meters.find_text(change.organization_id, meter_id) is None:
            raise _invalid(("meter_id",), "This meter does not exist.", properties["meter_id"])
    elif kind == BenefitType.downloadables:
        # There are no files here.
        raise _invalid(("files", 0), "File not found.", properties["files"][0])
    elif kind == BenefitType.github_repository:
        message = "We do not yet support creating this benefit with an organization token."
        owner = properties["repository_owner"]
        raise _invalid(("repository_owner",), message, owner, kind="invalid_auth_subject")
    elif kind == BenefitType.slack_shared_channel:
        integration = properties["slack_integration_id"]
        raise _invalid(("slack_integration_id",), "Slack integration not found.", integration)


def _invalid(
    place: tuple[str | int, ...], message: str, value: object, kind: str = "value_error"
) -> errors.BenefitPropertiesInvalid:
    violation = errors.Violation(kind, ("body", "properties", *place), message, value)
    return errors.BenefitPropertiesInvalid(violation)


async def _leave_products(change: Change, benefit_id: UUID) -> None:
    """Take a benefit off all products that have it; no webhook tells of that."""
    products = change.tables.commerce.products
    query = ObjectQuery(page=_BATCH, filters=(Filter("benefit_id", (benefit_id,)),))
    gone = Embedded("benefits", benefit_id)
    while found := await products.find_matching(change.organization_id, query):
        for product in found:
            left = [one for one in product["benefits"] if one != gone]
            await products.replace(change.organization_id, {**product, "benefits": left})
