"""A customer as the JSON bytes the wire sends, rendered once per write.

Key order, and which keys are there, are the contract's. A document holds no space between its tokens
and no escape that JSON does not require, so that a page is its documents joined by commas.
"""

import hashlib
import json
from datetime import UTC, datetime

from icefloe.domain.addresses import Address
from icefloe.domain.customers import Customer
from icefloe.domain.members import Member
from icefloe.domain.tax_ids import TaxID

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def render_customer(customer: Customer, owner_email: str | None) -> bytes:
    """The wire document of a customer.

    Args:
        customer: whom to render.
        owner_email: the address of the member who owns the customer; a team without an address of
            its own shows its owner's picture.
    """
    document = {
        "id": str(customer.id),
        "created_at": render_moment(customer.created_at),
        "modified_at": render_moment(customer.modified_at),
        "metadata": customer.metadata,
        "external_id": customer.external_id,
        "email": customer.email,
        "email_verified": customer.email_verified,
        "type": customer.type,
        "name": customer.name,
        "billing_name": customer.billing_name or customer.name,
        "billing_address": render_address(customer.billing_address),
        "tax_id": render_tax_id(customer.tax_id),
        "locale": customer.locale,
        "organization_id": str(customer.organization_id),
        "default_payment_method_id": (
            None
            if customer.default_payment_method_id is None
            else str(customer.default_payment_method_id)
        ),
        "deleted_at": render_moment(customer.deleted_at),
        "first_user_event_at": render_moment(customer.first_user_event_at),
        "avatar_url": render_avatar_url(customer.email or owner_email),
    }
    return render_json(document)


def render_member(member: Member) -> bytes:
    """The wire document of a member."""
    return render_json(
        {
            "id": str(member.id),
            "created_at": render_moment(member.created_at),
            "modified_at": render_moment(member.modified_at),
            "customer_id": str(member.customer_id),
            "email": member.email,
            "name": member.name,
            "external_id": member.external_id,
            "role": member.role,
        }
    )


def render_json(value: object) -> bytes:
    """A value as compact JSON in UTF-8."""
    return _ENCODER.encode(value).encode()


def render_moment(value: datetime | None) -> str | None:
    """A moment as the wire writes it: UTC, `Z`, six decimals or none at all."""
    if value is None:
        return None
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def render_address(address: Address | None) -> dict[str, str | None] | None:
    """An address with all six keys, nulls kept."""
    if address is None:
        return None
    return {
        "line1": address.line1,
        "line2": address.line2,
        "postal_code": address.postal_code,
        "city": address.city,
        "state": address.state,
        "country": address.country,
    }


def render_tax_id(tax_id: TaxID | None) -> list[str] | None:
    """A tax number as the wire's pair of value and format."""
    return None if tax_id is None else [tax_id.value, tax_id.format]


def render_avatar_url(email: str | None) -> str | None:
    """Where the picture for an address is; no picture gives a transparent one (`d=blank`)."""
    if email is None:
        return None
    digest = hashlib.sha256(email.lower().encode()).hexdigest()
    return f"https://www.gravatar.com/avatar/{digest}?d=blank"
