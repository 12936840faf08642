"""Exports: the customers that a view of the list finds, as a file, in the list's order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC

from starlette.responses import Response, StreamingResponse

from icefloe.dashboard.customers.queries import read_view
from icefloe.dashboard.visits import Visit
from icefloe.domain.values import errors
from icefloe.domain.values.listing import CustomerQuery
from icefloe.exchange import exports


async def download_csv(visit: Visit) -> Response:
    """As CSV, with the columns of the API's export."""
    rows = exports.render_found_csv(visit.services.customers, visit.subject, _query(visit))
    return await _download(visit, rows, "text/csv; charset=utf-8", "csv")


async def download_spreadsheet(visit: Visit) -> Response:
    """The same for spreadsheets: they know that it is UTF-8, and compute none of its cells."""
    rows = exports.render_found_csv(
        visit.services.customers, visit.subject, _query(visit), for_spreadsheet=True
    )
    return await _download(visit, rows, "text/csv; charset=utf-8", "excel.csv")


async def download_ndjson(visit: Visit) -> Response:
    """As NDJSON, which can be imported again."""
    lines = exports.render_found_ndjson(visit.services.customers, visit.subject, _query(visit))
    return await _download(visit, lines, "application/x-ndjson", "ndjson")


def _query(visit: Visit) -> CustomerQuery:
    return read_view(visit.request.query_params.multi_items()).query


async def _download(
    visit: Visit, parts: AsyncIterator[bytes], content_type: str, ending: str
) -> Response:
    """A file as it is made; what fails before its first part is still a page."""
    today = visit.services.clock.of(visit.organization.id).now().astimezone(UTC)
    name = f"{visit.organization.slug}-customers-{today:%Y-%m-%d}.{ending}"
    permitted = _while_member(visit, parts)
    first = await anext(permitted, b"")
    return StreamingResponse(
        _all(first, permitted),
        media_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _while_member(visit: Visit, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Parts of a file while the person is signed in and a member. Raises NotPermitted.

    Rights are judged after each batch is read: customers stored after the rights ended are not sent.
    """
    organization_id = str(visit.organization.id)
    async for part in parts:
        await visit.recognise()
        if not visit.enter(organization_id):
            raise errors.NotPermitted
        yield part


async def _all(first: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in parts:
        yield part
