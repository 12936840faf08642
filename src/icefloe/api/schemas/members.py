"""The bodies that make and change members of a customer."""

from typing import Annotated, Literal

from icefloe.api.schemas.fields import (
    Body,
    Email,
    ExternalId,
    Name,
    Schema,
    choice,
    validate_body,
)
from icefloe.api.schemas.identifiers import Uuid4
from icefloe.domain.values import members
from icefloe.domain.values.emails import EmailCheck

InvitedRole = Literal["member", "billing_manager"]
"""What a new member can be: ownership comes with a new customer, or is handed over by a change."""


class OwnerBody(Body):
    """The owner of a new customer; what is absent or null falls back to the customer's own."""

    email: Email
    name: Name = None
    external_id: ExternalId = None


class NewMemberBody(Body):
    """A new member of the customer that the path names."""

    email: Email
    name: Name = None
    external_id: ExternalId = None
    role: InvitedRole = "member"


class NewMemberOfCustomerBody(Body):
    """A new member, and the customer it belongs to: the body of the deprecated `/v1/members/`."""

    customer_id: Uuid4
    email: Email
    name: Name = None
    external_id: ExternalId = None
    role: InvitedRole = "member"


class MemberChangeBody(Body):
    """What to change about a member; what is absent or null stays as it is."""

    name: Name = None
    email: Email | None = None
    role: Annotated[members.MemberRole, choice("owner", "billing_manager", "member")] | None = None


def validate_new_member(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewMemberBody:
    """The body that adds a member to a customer.

    Args:
        value: the parsed JSON, or None where no body came.
        email_check: how much of the address is checked; `DNS` waits for the network.

    Raises:
        ValidationError: the value does not fit; `problems` renders the reasons.
    """
    return validate_body(NewMemberBody, value, email_check)


def validate_new_member_of_customer(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> NewMemberOfCustomerBody:
    """The body that adds a member and names the customer. Arguments and errors as its sibling."""
    return validate_body(NewMemberOfCustomerBody, value, email_check)


def validate_member_change(
    value: object, *, email_check: EmailCheck = EmailCheck.SYNTAX
) -> MemberChangeBody:
    """The body that changes a member. Arguments and errors as `validate_new_member`."""
    return validate_body(MemberChangeBody, value, email_check)


NEW_MEMBER = Schema(validate_new_member, NewMemberBody)
NEW_MEMBER_OF_CUSTOMER = Schema(validate_new_member_of_customer, NewMemberOfCustomerBody)
MEMBER_CHANGE = Schema(validate_member_change, MemberChangeBody)
