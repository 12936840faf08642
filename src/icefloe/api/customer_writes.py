"""The endpoints that make, change and delete customers."""

from uuid import UUID

from icefloe.api import bodies
from icefloe.api.messages import Request, Response
from icefloe.api.schemas import customers as schemas
from icefloe.api.schemas.lists import read_deletion
from icefloe.api.schemas.paths import read_external_id, read_uuid4, read_uuid4_and_query


async def create_customer(request: Request) -> Response:
    """Create a customer."""
    body = await bodies.read_body(request, schemas.NEW_CUSTOMER)
    document = await request.services.customer_writes.create(
        request.caller, schemas.new_customer_of(body), once=bodies.read_once(request)
    )
    return Response(201, document)


async def update_customer(request: Request) -> Response:
    """Update a customer by ID."""
    customer_id, body = await bodies.read_name_and_body(request, _read_id, schemas.CUSTOMER_CHANGE)
    document = await request.services.customer_writes.update(
        request.caller, customer_id, schemas.change_of(body)
    )
    return Response(200, document)


async def update_external_customer(request: Request) -> Response:
    """Update a customer by external ID."""
    body = await bodies.read_body(request, schemas.EXTERNAL_CUSTOMER_CHANGE)
    document = await request.services.customer_writes.update_external(
        request.caller, request.path_parameters["external_id"], schemas.change_of(body)
    )
    return Response(200, document)


async def put_external_customer(request: Request) -> Response:
    """Create a customer with an external ID, or update the one that has it.

    The body is that of a new customer. What it leaves out is left as it is in a customer who is there
    already. The answer is 201 for a new customer and 200 for one that was there.
    """
    external_id, body = await bodies.read_name_and_body(
        request, _read_new_external_id, schemas.NEW_CUSTOMER
    )
    put = await request.services.customer_writes.put_external(
        request.caller, external_id, schemas.new_customer_of(body), schemas.change_of(body)
    )
    return Response(201 if put.is_new else 200, put.document)


async def delete_customer(request: Request) -> Response:
    """Delete a customer by ID."""
    customer_id, parameters = read_uuid4_and_query(
        request.path_parameters["id"], "id", read_deletion, request.query_string
    )
    await request.services.customer_writes.delete(
        request.caller, customer_id, anonymise=parameters.anonymize
    )
    return Response(204)


async def delete_external_customer(request: Request) -> Response:
    """Delete a customer by external ID."""
    parameters = read_deletion(request.query_string)
    await request.services.customer_writes.delete_external(
        request.caller, request.path_parameters["external_id"], anonymise=parameters.anonymize
    )
    return Response(204)


def _read_id(request: Request) -> UUID:
    return read_uuid4(request.path_parameters["id"], "id")


def _read_new_external_id(request: Request) -> str:
    return read_external_id(request.path_parameters["external_id"], "external_id")
