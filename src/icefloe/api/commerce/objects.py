"""What the endpoints of every resource of commerce have in common."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from icefloe.api import deep_object, pagination
from icefloe.api.messages import Request, Response
from icefloe.api.schemas.lists import ObjectListParameters
from icefloe.api.schemas.paths import read_uuid4
from icefloe.domain.commerce.objects import Objects
from icefloe.domain.values.commerce import Filter, ObjectQuery, Order, Value
from icefloe.domain.values.listing import EMPTY_PAGE

Item = TypeVar("Item")


def read_id(request: Request) -> UUID:
    """The identifier in the path. Raises RequestInvalid."""
    return read_uuid4(request.path_parameters["id"], "id")


async def send(request: Request, objects: Objects) -> Response:
    """The answer with the object that the path names."""
    document = await objects.get(request.caller.organization_id, read_id(request))
    return Response(200, document)


def answer(
    request: Request, status: int, text: bytes, add_newer_fields: Callable[[bytes], bytes]
) -> Response:
    """An answer; with the fields that came after the recordings, if the request names a version."""
    names_version = bool(request.headers.get(b"polar-version"))
    return Response(status, add_newer_fields(text) if names_version else text)


def one_of(name: str, given: Value | Sequence[Value]) -> list[Filter]:
    """The filter for a parameter: of objects with the value, or one of them; none for None."""
    if given is None:
        return []
    if isinstance(given, str | int | UUID | datetime):
        return [Filter(name, (given,))]
    # No stored text holds a NUL, and PostgreSQL refuses one as an argument.
    values = [one for one in given if not isinstance(one, str) or "\0" not in one]
    return [Filter(name, tuple(dict.fromkeys(values)))]


def each_once(values: Sequence[Item] | None) -> tuple[Item, ...] | None:
    """The values of a parameter without repetitions; None where it was left out."""
    return None if values is None else tuple(dict.fromkeys(values))


def between(name: str, first: datetime | None, last: datetime | None) -> list[Filter]:
    """The filters for objects from a moment on, until another; none for None."""
    filters: list[Filter] = []
    if first is not None:
        filters.append(Filter(name, (first,), "from"))
    if last is not None:
        filters.append(Filter(name, (last,), "until"))
    return filters


async def send_list(
    request: Request,
    objects: Objects,
    parameters: ObjectListParameters,
    sorting: Iterable[StrEnum],
    filters: Iterable[Filter] = (),
    *,
    text: str | None = None,
    metadata: Iterable[tuple[str, str]] = (),
) -> Response:
    """The answer with a page of a resource's objects.

    Args:
        request: asks for it.
        objects: the resource.
        parameters: of the query string.
        sorting: the words of its order.
        filters: what the parameters of this resource's own ask for.
        text: what must be found in the text that the resource is searched by.
        metadata: keys, and a value that each may have.
    """
    query = ObjectQuery(
        page=pagination.read_page_request(parameters.page, parameters.limit),
        filters=tuple(filters),
        text=text,
        metadata=deep_object.metadata_filters(metadata),
        sorting=tuple(Order(word.removeprefix("-"), word.startswith("-")) for word in sorting),
    )
    organization_id, ids = request.caller.organization_id, parameters.organization_id
    page = EMPTY_PAGE
    if ids is None or organization_id in ids:
        page = await objects.find_page(organization_id, query)
    request.notices += pagination.find_notices(
        parameters.limit, parameters.unknown, deep_object.find_hint
    )
    return Response(200, pagination.render_list(page, query.page))
