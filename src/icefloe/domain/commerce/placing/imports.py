"""Imports of products, subscriptions and orders, a batch of a file at a time.

Each batch is one transaction. An object that cannot be placed is told of, and the others of its batch
are placed all the same: importing a file again changes nothing about what is there, so a file whose bad
lines were mended is simply imported again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values import errors
from icefloe.domain.values.errors import Duplicate, RulesBroken
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.domain.values.listing import CustomerQuery, PageRequest

if TYPE_CHECKING:
    from icefloe.domain.commerce.placing.placing import Placing
    from icefloe.domain.ports import storage
    from icefloe.domain.values.object_entries import CustomerNames, ObjectEntry
    from icefloe.domain.values.placements import Placed, PlacedResource, Placement

_BATCH = 100
"""Entries of a transaction: a fraction of a second, in which no other writer has its turn."""
_NO_CUSTOMER = "customer: there is none with this id, external_id or email; import customers first"


class ObjectImports:
    """The rules of imports."""

    def __init__(self, store: storage.Storage, placing: Placing) -> None:
        self._store = store
        self._placing = placing

    async def run(self, organization_id: UUID, entries: Iterable[ObjectEntry]) -> Report:
        """Place the objects of all entries, in their order; quietly, without webhooks.

        An object whose id is there already gets the values of its entry.

        Args:
            organization_id: whose they are, whatever the file says.
            entries: read one by one.

        Raises:
            OrganizationNotFound: there is no such organization.
        """
        found = await self._store.read(lambda tables: tables.organizations.find(organization_id))
        if found is None:
            raise errors.OrganizationNotFound(f"there is no organization {organization_id}")
        report = Report()
        for batch in _batches_of(entries):
            problems = await self._take(organization_id, batch, report)
            for at, problem in sorted(problems.items()):
                report.fail(batch[at].place, problem)
            # Requests have their turn, and an interruption ends the import between two batches.
            await asyncio.sleep(0)
        return report

    async def _take(
        self, organization_id: UUID, batch: Sequence[ObjectEntry], report: Report
    ) -> dict[int, str]:
        """Place what can be placed, and count it; what is wrong with the others, by their numbers."""
        problems: dict[int, str] = {}
        placeable: dict[int, ObjectEntry] = {}
        customers = await self._store.read(partial(_find_customers, organization_id, batch))
        for at, entry in enumerate(batch):
            if entry.problem is not None or entry.placement is None:
                problems[at] = entry.problem or ""
            elif entry.customer is None:
                placeable[at] = entry
            elif entry.customer in customers:
                values = {**entry.placement.values, "customer_id": str(customers[entry.customer])}
                placement = replace(entry.placement, values=values)
                placeable[at] = replace(entry, placement=placement)
            else:
                problems[at] = _NO_CUSTOMER
        while placeable:
            refused = await self._place(organization_id, placeable, report)
            if not refused:
                break
            problems |= refused
            placeable = {at: entry for at, entry in placeable.items() if at not in refused}
        return problems

    async def _place(
        self, organization_id: UUID, entries: Mapping[int, ObjectEntry], report: Report
    ) -> dict[int, str]:
        """Place all entries; or none, but say which ones are refused, and why."""
        beneath = await self._store.read(partial(_find_missing, organization_id, entries.items()))
        placements = [
            replace(entry.placement, place=(at, *entry.placement.place))
            for at, entry in entries.items()
            if entry.placement is not None
        ]
        try:
            placed = await self._placing.place(
                organization_id, [*beneath, *placements], on_conflict=OnConflict.UPDATE
            )
        except RulesBroken as broken:
            return _find_reasons(broken)
        except Duplicate as duplicate:
            if len(entries) == 1:
                return dict.fromkeys(entries, f"{duplicate.field}: another has the same already")
            # It does not say which: each by itself.
            refused: dict[int, str] = {}
            for at, entry in entries.items():
                refused |= await self._place(organization_id, {at: entry}, report)
            return refused
        _count(report, placed[len(beneath) :])
        return {}


def _batches_of(entries: Iterable[ObjectEntry]) -> Iterator[list[ObjectEntry]]:
    """The entries in batches, in none of which an object is twice: the last entry of it wins."""
    batch: list[ObjectEntry] = []
    ids: set[str] = set()
    for entry in entries:
        identifier = "" if entry.placement is None else entry.placement.values["id"]
        if len(batch) == _BATCH or identifier in ids:
            yield batch
            batch, ids = [], set()
        batch.append(entry)
        if identifier:
            ids.add(identifier)
    if batch:
        yield batch


async def _find_customers(
    organization_id: UUID, batch: Iterable[ObjectEntry], tables: storage.Tables
) -> dict[CustomerNames, UUID]:
    """The ids of the customers that the entries name; those there are."""
    wanted = {entry.customer for entry in batch if entry.customer is not None}
    ids = [names.id for names in wanted if names.id is not None]
    present = await tables.customers.find_documents(organization_id, ids)
    found: dict[CustomerNames, UUID] = {}
    for names in wanted:
        customer_id = names.id
        if customer_id is None or customer_id not in present:
            customer_id = await _find_by_name(organization_id, names, tables)
        if customer_id is not None:
            found[names] = customer_id
    return found


async def _find_by_name(
    organization_id: UUID, names: CustomerNames, tables: storage.Tables
) -> UUID | None:
    """The customer with an external id, or else with an e-mail address, unless deleted."""
    if names.external_id is not None:
        found = await tables.customers.find_external(organization_id, names.external_id)
        if found is not None:
            return found.id
    if names.email is None:
        return None
    query = CustomerQuery(email=names.email, page=PageRequest(limit=1))
    page = await tables.customers.find_page(organization_id, query)
    return UUID(json.loads(page.items)["id"]) if page.items else None


async def _find_missing(
    organization_id: UUID, entries: Iterable[tuple[int, ObjectEntry]], tables: storage.Tables
) -> list[Placement]:
    """What the entries need and is not there, each once; the places begin with the entry's number."""
    wanted: dict[PlacedResource, dict[UUID, Placement]] = {}
    for at, entry in entries:
        for one in entry.beneath:
            placement = replace(one, place=(at, *one.place))
            wanted.setdefault(one.resource, {}).setdefault(UUID(one.values["id"]), placement)
    missing = []
    for resource, placements in wanted.items():
        table = tables.commerce.table(resource)
        present = await table.find_texts(organization_id, placements)
        missing += [one for key, one in placements.items() if key not in present]
    return missing


def _find_reasons(broken: RulesBroken) -> dict[int, str]:
    """Why entries are refused, by their numbers."""
    reasons: dict[int, str] = {}
    for violation in broken.violations:
        at, *place = violation.place
        if not isinstance(at, int):  # it would be placed again and again
            raise broken
        where = ".".join(map(str, place))
        reasons.setdefault(at, f"{where}: {violation.message}" if where else violation.message)
    return reasons


def _count(report: Report, placed: Iterable[Placed]) -> None:
    for one in placed:
        if one.outcome == "added":
            report.added += 1
        elif one.outcome == "updated":
            report.updated += 1
        else:
            report.skipped += 1
