"""The endpoints of customers."""

import functools
from dataclasses import dataclass
from uuid import UUID

from icefloe.api import deep_object, pagination, sorting
from icefloe.api.messages import Request, Response
from icefloe.api.schemas.lists import read_customer_list
from icefloe.api.schemas.paths import read_uuid4
from icefloe.domain.values.listing import CustomerQuery

# Bytes of a query string; longer ones are not remembered, so that memory stays bounded.
_SHORT = 256


@dataclass(frozen=True, slots=True)
class _ListRequest:
    """What a query string asks for.

    Attributes:
        query: which customers.
        organization_ids: of which organizations, or None for any.
        notices: what to tell the caller beside the answer.
    """

    query: CustomerQuery
    organization_ids: frozenset[UUID] | None
    notices: tuple[str, ...]


async def list_customers(request: Request) -> Response:
    """List customers."""
    short = len(request.query_string) <= _SHORT
    asked = (_remembered if short else _read_list_request)(request.query_string)
    page = await request.services.customers.find_page(
        request.caller, asked.query, organization_ids=asked.organization_ids
    )
    request.notices += asked.notices
    return Response(200, pagination.render_list(page, asked.query.page))


async def get_customer(request: Request) -> Response:
    """Get a customer by ID."""
    customer_id = read_uuid4(request.path_parameters["id"], "id")
    return Response(200, await request.services.customers.get_document(request.caller, customer_id))


async def get_external_customer(request: Request) -> Response:
    """Get a customer by external ID."""
    external_id = request.path_parameters["external_id"]
    return Response(
        200, await request.services.customers.get_external_document(request.caller, external_id)
    )


def _read_list_request(query_string: bytes) -> _ListRequest:
    parameters = read_customer_list(query_string)
    ids = parameters.organization_id
    return _ListRequest(
        query=CustomerQuery(
            email=parameters.email,
            query=parameters.query,
            metadata=deep_object.metadata_filters(parameters.metadata),
            active=parameters.active,
            sorting=sorting.read_sorting(parameters.sorting),
            page=pagination.read_page_request(parameters.page, parameters.limit),
        ),
        organization_ids=None if ids is None else frozenset(ids),
        notices=tuple(
            pagination.find_notices(parameters.limit, parameters.unknown, deep_object.find_hint)
        ),
    )


# The same few lists are asked for again and again: what a query string means never changes.
_remembered = functools.lru_cache(maxsize=1024)(_read_list_request)
