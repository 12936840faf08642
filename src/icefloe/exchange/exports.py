"""Writing an organization's customers to a file, a batch at a time."""

import asyncio
import heapq
import json
from collections.abc import AsyncIterator
from uuid import UUID

from icefloe.domain.customers import Customers
from icefloe.domain.values.access import Subject
from icefloe.domain.values.listing import CustomerQuery
from icefloe.domain.values.members import Member
from icefloe.exchange import csv_rows

_PART = 500  # rows sent at once


async def render_ndjson(customers: Customers, organization_id: UUID) -> AsyncIterator[bytes]:
    """All customers, deleted ones too, in the order they were stored: one wire document a line.

    A line has an `owner` as well where the owning member differs from the customer.
    """
    async for batch in customers.walk(organization_id, with_deleted=True):
        yield b"".join(_line(record.document, record.owner) for record in batch)


async def render_csv(
    customers: Customers, organization_id: UUID, *, for_spreadsheet: bool = False
) -> AsyncIterator[bytes]:
    """The customers who are not deleted, by creation time and then by id, as the wire's CSV.

    Args:
        customers: the rules of customers.
        organization_id: whose.
        for_spreadsheet: begin with a byte order mark, and disarm formulas.
    """
    yield _header(for_spreadsheet=for_spreadsheet)
    moment, group = "", list[tuple[str, str]]()
    async for batch in customers.walk_by_time(organization_id):
        for document in batch:
            customer = json.loads(document)
            if customer["created_at"] != moment:
                async for rows in _drain(group):
                    yield rows
                moment = customer["created_at"]
            row = csv_rows.render_row(customer, for_spreadsheet=for_spreadsheet)
            heapq.heappush(group, (customer["id"], row))
    async for rows in _drain(group):
        yield rows


async def render_found_ndjson(
    customers: Customers, subject: Subject, query: CustomerQuery
) -> AsyncIterator[bytes]:
    """The customers that a query finds, in its order; otherwise as `render_ndjson`."""
    async for batch in customers.walk_found(subject, query):
        yield b"".join([_line(document, owner) for document, owner in batch])


async def render_found_csv(
    customers: Customers, subject: Subject, query: CustomerQuery, *, for_spreadsheet: bool = False
) -> AsyncIterator[bytes]:
    """The customers that a query finds, in its order; otherwise as `render_csv`."""
    yield _header(for_spreadsheet=for_spreadsheet)
    async for batch in customers.walk_found(subject, query):
        rows = [
            csv_rows.render_row(json.loads(document), for_spreadsheet=for_spreadsheet)
            for document, _ in batch
        ]
        yield "".join(rows).encode()


def _header(*, for_spreadsheet: bool) -> bytes:
    mark = csv_rows.BYTE_ORDER_MARK if for_spreadsheet else ""
    return (mark + csv_rows.render_header()).encode()


async def _drain(group: list[tuple[str, str]]) -> AsyncIterator[bytes]:
    """The rows of customers made at one moment, in the order of their ids; empties the heap of them.

    A whole import may have been made at one moment: other requests have their turn between parts.
    """
    while group:
        part = [heapq.heappop(group)[1] for _ in range(min(_PART, len(group)))]
        yield "".join(part).encode()
        if group:
            await asyncio.sleep(0)


def _line(document: bytes, member: Member) -> bytes:
    customer = json.loads(document)
    owner = _owner_of(member)
    implied = {name: customer[name] for name in owner}
    if owner == implied:
        return document + b"\n"
    shown = json.dumps(owner, ensure_ascii=False, separators=(",", ":")).encode()
    return document[:-1] + b',"owner":' + shown + b"}\n"


def _owner_of(member: Member) -> dict[str, str | None]:
    return {"email": member.email, "name": member.name, "external_id": member.external_id}
