"""The endpoints that make, change and delete customers."""

from dataclasses import fields
from uuid import UUID

from icefloe.api import bodies
from icefloe.api.messages import Request, Response
from icefloe.api.schemas import customers as schemas
from icefloe.api.schemas.fields import AddressBody
from icefloe.api.schemas.lists import read_deletion
from icefloe.api.schemas.paths import read_external_id, read_uuid4, read_uuid4_and_query
from icefloe.domain.addresses import Address
from icefloe.domain.customer_rules import CustomerChange, NewCustomer
from icefloe.domain.members import OwnerDetails


async def create_customer(request: Request) -> Response:
    """Create a customer."""
    body = await bodies.read_body(request, schemas.validate_new_customer)
    document = await request.services.customer_writes.create(
        request.caller, _new_customer(body), once=bodies.read_once(request)
    )
    return Response(201, document)


async def update_customer(request: Request) -> Response:
    """Update a customer by ID."""
    customer_id, body = await bodies.read_name_and_body(
        request, _read_id, schemas.validate_customer_change
    )
    document = await request.services.customer_writes.update(
        request.caller, customer_id, _change(body)
    )
    return Response(200, document)


async def update_external_customer(request: Request) -> Response:
    """Update a customer by external ID."""
    body = await bodies.read_body(request, schemas.validate_external_customer_change)
    document = await request.services.customer_writes.update_external(
        request.caller, request.path_parameters["external_id"], _change(body)
    )
    return Response(200, document)


async def put_external_customer(request: Request) -> Response:
    """Create a customer with an external ID, or update the one that has it.

    The body is that of a new customer. What it leaves out is left as it is in a customer who is there
    already. The answer is 201 for a new customer and 200 for one that was there.
    """
    external_id, body = await bodies.read_name_and_body(
        request, _read_new_external_id, schemas.validate_new_customer
    )
    put = await request.services.customer_writes.put_external(
        request.caller, external_id, _new_customer(body), _change(body)
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


def _new_customer(body: schemas.NewCustomerBody) -> NewCustomer:
    owner = body.owner
    return NewCustomer(
        type=body.type,
        email=body.email,
        external_id=body.external_id,
        name=body.name,
        billing_address=_address(body.billing_address),
        tax_id=body.tax_id,
        locale=body.locale,
        metadata=body.metadata,
        organization_id=body.organization_id,
        owner=None if owner is None else OwnerDetails(owner.email, owner.name, owner.external_id),
    )


_CHANGEABLE = frozenset(field.name for field in fields(CustomerChange))


def _change(
    body: schemas.ExternalCustomerChangeBody | schemas.NewCustomerBody,
) -> CustomerChange:
    """The change that a body asks for: of the fields that were in it."""
    values = {name: getattr(body, name) for name in body.model_fields_set & _CHANGEABLE}
    if "billing_address" in values:
        values["billing_address"] = _address(body.billing_address)
    return CustomerChange(**values)


def _address(body: AddressBody | None) -> Address | None:
    return None if body is None else Address(**body.model_dump())
