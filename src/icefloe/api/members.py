"""The endpoints of members: those of one customer, of all customers, and the older names of both."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from icefloe.api import bodies, pagination
from icefloe.api.messages import Request, Response
from icefloe.api.schemas import members as schemas
from icefloe.api.schemas.member_lists import (
    CustomerMemberListParameters,
    MemberListParameters,
    read_customer_member_list,
    read_customer_of_member,
    read_member_list,
)
from icefloe.api.schemas.paths import (
    read_any_uuid,
    read_member_places,
    read_uuid4,
    read_uuid4_and_query,
)
from icefloe.api.sorting import MemberSortProperty
from icefloe.domain.values import errors
from icefloe.domain.values.members import MemberChange, MemberName, MemberQuery, Name, NewMember

# --- members of all customers -------------------------------------------------------------------


async def list_members(request: Request) -> Response:
    """List members."""
    parameters = read_member_list(request.query_string)
    query = _query(parameters)
    page = await request.services.members.find_page(request.caller, query)
    request.notices += pagination.find_notices(parameters.limit, parameters.unknown)
    return Response(200, pagination.render_list(page, query.page))


# --- members of one customer --------------------------------------------------------------------


async def list_customer_members(request: Request) -> Response:
    """List a customer's members."""
    customer_id, parameters = read_uuid4_and_query(
        request.path_parameters["id"], "id", read_customer_member_list, request.query_string
    )
    return await _list_of(request, customer_id, parameters)


async def list_external_customer_members(request: Request) -> Response:
    """List the members of a customer found by external ID."""
    parameters = read_customer_member_list(request.query_string)
    return await _list_of(request, _external_customer(request), parameters)


async def create_member(request: Request) -> Response:
    """Create a member of a customer.

    Only a team has members beside its owner. Where it has a member with the same e-mail address
    already, that one is the answer, unchanged.
    """
    return await _create(request, _customer)


async def create_external_member(request: Request) -> Response:
    """Create a member of a customer found by external ID.

    Only a team has members beside its owner. Where it has a member with the same e-mail address
    already, that one is the answer, unchanged.
    """
    return await _create(request, _external_customer)


async def get_member(request: Request) -> Response:
    """Get a customer's member."""
    return await _get(request, _member)


async def get_external_member(request: Request) -> Response:
    """Get a customer's member, both found by external ID."""
    return await _get(request, _external_member)


async def update_member(request: Request) -> Response:
    """Update a customer's member.

    To make a member the owner makes the present owner a billing manager.
    """
    return await _update(request, _member)


async def update_external_member(request: Request) -> Response:
    """Update a customer's member, both found by external ID.

    To make a member the owner makes the present owner a billing manager.
    """
    return await _update(request, _external_member)


async def delete_member(request: Request) -> Response:
    """Delete a customer's member, who may not be the owner."""
    return await _delete(request, _member)


async def delete_external_member(request: Request) -> Response:
    """Delete a customer's member, both found by external ID; it may not be the owner."""
    return await _delete(request, _external_member)


# --- the same by their older names --------------------------------------------------------------


async def create_member_of_customer(request: Request) -> Response:
    """Create a member of the customer that the body names."""
    body = await bodies.read_body(request, schemas.NEW_MEMBER_OF_CUSTOMER)
    return await _create_from(request, body.customer_id, body)


async def get_member_alone(request: Request) -> Response:
    """Get a member, whichever customer's."""
    return await _get(request, _member_alone)


async def get_member_by_external_id(request: Request) -> Response:
    """Get a member by external ID, of the customer that the parameters name."""
    return await _get(request, _external_member_of_customer)


async def update_member_alone(request: Request) -> Response:
    """Update a member, whichever customer's."""
    return await _update(request, _member_alone)


async def update_member_by_external_id(request: Request) -> Response:
    """Update a member by external ID, of the customer that the parameters name."""
    return await _update(request, _external_member_of_customer)


async def delete_member_alone(request: Request) -> Response:
    """Delete a member, whichever customer's; it may not be the owner."""
    return await _delete(request, _member_alone)


async def delete_member_by_external_id(request: Request) -> Response:
    """Delete a member by external ID, of the customer that the parameters name, but no owner."""
    return await _delete(request, _external_member_of_customer)


# --- what they do -------------------------------------------------------------------------------


async def _list_of(
    request: Request, customer: Name, parameters: CustomerMemberListParameters
) -> Response:
    query = _query_of(parameters)
    page = await request.services.members.find_page_of(request.caller, customer, query)
    request.notices += pagination.find_notices(parameters.limit, parameters.unknown)
    return Response(200, pagination.render_list(page, query.page))


async def _create(request: Request, read_customer: Callable[[Request], Name]) -> Response:
    customer, body = await bodies.read_name_and_body(request, read_customer, schemas.NEW_MEMBER)
    return await _create_from(request, customer, body)


async def _create_from(
    request: Request,
    customer: Name,
    body: schemas.NewMemberBody | schemas.NewMemberOfCustomerBody,
) -> Response:
    new = NewMember(email=body.email, name=body.name, external_id=body.external_id, role=body.role)
    document = await request.services.members.create(
        request.caller, customer, new, once=bodies.read_once(request)
    )
    return Response(201, document)


async def _get(request: Request, read_name: Callable[[Request], MemberName]) -> Response:
    name = read_name(request)
    return Response(200, await request.services.members.get_document(request.caller, name))


async def _update(request: Request, read_name: Callable[[Request], MemberName]) -> Response:
    name, body = await bodies.read_name_and_body(request, read_name, schemas.MEMBER_CHANGE)
    change = MemberChange(name=body.name, email=body.email, role=body.role)
    return Response(200, await request.services.members.update(request.caller, name, change))


async def _delete(request: Request, read_name: Callable[[Request], MemberName]) -> Response:
    await request.services.members.delete(request.caller, read_name(request))
    return Response(204)


# --- customers of members ------------------------------------------------------------------------


def _customer(request: Request) -> Name:
    return read_uuid4(request.path_parameters["id"], "id")


def _external_customer(request: Request) -> Name:
    return request.path_parameters["external_id"]


def _member(request: Request) -> MemberName:
    places = read_member_places(request.path_parameters)
    return MemberName(places.member_id, places.id)


def _external_member(request: Request) -> MemberName:
    places = request.path_parameters
    return MemberName(places["member_external_id"], places["external_id"])


def _member_alone(request: Request) -> MemberName:
    return MemberName(read_any_uuid(request.path_parameters["member_id"], "id"))


def _external_member_of_customer(request: Request) -> MemberName:
    """Raises RulesBroken where the parameters name no customer, or two."""
    parameters = read_customer_of_member(request.query_string)
    named = [
        name
        for name in (parameters.customer_id, parameters.external_customer_id)
        if name is not None
    ]
    if not named:
        raise _misnamed("missing", "One of customer_id or external_customer_id must be provided.")
    if len(named) > 1:
        message = "Only one of customer_id or external_customer_id may be provided."
        raise _misnamed("value_error", message)
    return MemberName(request.path_parameters["member_external_id"], named[0])


def _misnamed(kind: str, message: str) -> errors.RulesBroken:
    return errors.RulesBroken(errors.Violation(kind, ("query",), message))


def _query(parameters: MemberListParameters) -> MemberQuery:
    return replace(
        _query_of(parameters),
        customer_id=_customer_id(parameters.customer_id),
        external_customer_id=parameters.external_customer_id,
    )


def _query_of(parameters: CustomerMemberListParameters) -> MemberQuery:
    return MemberQuery(
        role=parameters.role,
        is_newest_first=parameters.sorting[0] is MemberSortProperty.created_at_descending,
        page=pagination.read_page_request(parameters.page, parameters.limit),
    )


def _customer_id(text: str | None) -> UUID | None:
    """The id to filter by. Whatever Python does not read as a UUID is not found."""
    try:
        return None if text is None else UUID(text)
    except ValueError as error:
        raise errors.CustomerNotFound("Invalid customer ID format") from error
