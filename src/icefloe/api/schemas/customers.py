"""The bodies that make and change customers.

The fields stand in the order in which the reference checks them, since a body with several mistakes
is answered with all of them in that order.
"""

import functools
from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter, model_validator

from icefloe.api.schemas.fields import (
    AddressBody,
    Body,
    Email,
    ExternalId,
    Locale,
    Metadata,
    Name,
    Schema,
    TaxNumber,
    choice,
    context,
    refuse_absence,
    validate_body,
)
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.api.schemas.members import OwnerBody
from icefloe.domain.values import customers
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.customers import CustomerChange, NewCustomer
from icefloe.domain.values.emails import EmailCheck
from icefloe.domain.values.members import OwnerDetails

_MAX_TAG = 1000  # characters of a `type` that is none
_CHANGEABLE = frozenset(field.name for field in fields_of(CustomerChange))


class _NewCustomer(Body):
    """What a new customer of either type may have."""

    metadata: Metadata = Field(default_factory=dict)
    external_id: ExternalId = None
    name: Name = None
    billing_address: AddressBody | None = None
    tax_id: TaxNumber = None
    locale: Locale | None = None
    organization_id: Uuid4 | None = None
    owner: OwnerBody | None = None


class NewIndividualBody(_NewCustomer):
    """A new customer who is one person."""

    type: Literal["individual"] = "individual"
    email: Email


class NewTeamBody(_NewCustomer):
    """A new customer of several people; it has an address of its own, or an owner who has one."""

    type: Literal["team"]
    email: Email | None = None

    @model_validator(mode="after")
    def _require_reachable(self) -> "NewTeamBody":
        if self.email is None and self.owner is None:
            raise ValueError(
                "An owner with an email address is required when creating a team customer"
                " without an email."
            )
        return self


NewCustomerBody = NewIndividualBody | NewTeamBody
"""A new customer: an individual unless `type` says otherwise."""


class ExternalCustomerChangeBody(Body):
    """What to change about a customer found by its external id.

    `model_fields_set` tells an absent key, which changes nothing, from a null one.
    """

    metadata: Metadata = Field(default_factory=dict)
    email: Email | None = None
    name: Name = None
    billing_address: AddressBody | None = None
    tax_id: TaxNumber = None
    locale: Locale | None = None


class CustomerChangeBody(ExternalCustomerChangeBody):
    """What to change about a customer found by its id."""

    external_id: ExternalId = None
    type: Annotated[customers.CustomerType, choice("individual", "team")] | None = None


def _customer_create_type(body: object) -> str:
    """The new customer's type, as text. This function's name is part of a message on the wire."""
    kind = body.get("type", "individual") if isinstance(body, Mapping) else "individual"
    try:
        tag = str(kind)
    except (RecursionError, ValueError):  # nested too deep, or an integer of too many digits
        tag = type(kind).__name__
    # Pydantic reads the tag as UTF-8, which has no unpaired surrogates, and says it in its message.
    return tag[:_MAX_TAG].encode(errors="replace").decode()


@functools.cache
def _new_customer() -> TypeAdapter[NewCustomerBody]:
    """What takes a new customer of either type, made when there is the first, as `Model`s are."""
    return TypeAdapter(
        Annotated[
            Annotated[NewIndividualBody, Tag("individual")] | Annotated[NewTeamBody, Tag("team")],
            Discriminator(_customer_create_type),
        ]
    )


def validate_new_customer(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewCustomerBody:
    """The body that makes a customer.

    Args:
        value: the parsed JSON, or None where no body came.
        email_check: how much of the addresses is checked; `DNS` waits for the network.

    Raises:
        ValidationError: the value does not fit; `problems` renders the reasons.
    """
    refuse_absence("NewCustomerBody", value)
    return _new_customer().validate_python(
        value, from_attributes=True, context=context(email_check)
    )


def validate_customer_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> CustomerChangeBody:
    """The body that changes a customer by id. Arguments and errors as `validate_new_customer`."""
    return validate_body(CustomerChangeBody, value, email_check)


def validate_external_customer_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> ExternalCustomerChangeBody:
    """The body that changes a customer by external id. Arguments and errors as its siblings."""
    return validate_body(ExternalCustomerChangeBody, value, email_check)


# A body of either type has the same fields.
NEW_CUSTOMER = Schema(validate_new_customer, NewIndividualBody)
CUSTOMER_CHANGE = Schema(validate_customer_change, CustomerChangeBody)
EXTERNAL_CUSTOMER_CHANGE = Schema(validate_external_customer_change, ExternalCustomerChangeBody)


def new_customer_of(body: NewCustomerBody) -> NewCustomer:
    """The customer that a body asks to be made."""
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


def change_of(body: ExternalCustomerChangeBody | NewCustomerBody) -> CustomerChange:
    """The change that a body asks for: of the fields that were in it."""
    values = {name: getattr(body, name) for name in body.model_fields_set & _CHANGEABLE}
    if "billing_address" in values:
        values["billing_address"] = _address(body.billing_address)
    return CustomerChange(**values)


def _address(body: AddressBody | None) -> Address | None:
    return None if body is None else Address(**body.model_dump())
