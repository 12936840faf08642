"""A customer as the JSON bytes the wire sends, rendered once per write.

Key order, and which keys are there, are the contract's. A document holds no space between its tokens
and no escape that JSON does not require, so that a page is its documents joined by commas.
"""

import hashlib
import json
from datetime import datetime
from json.encoder import encode_basestring as _quoted
from uuid import UUID

from icefloe.domain.values import moments
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.customers import Customer
from icefloe.domain.values.members import Member
from icefloe.domain.values.metadata import Metadata, MetadataValue
from icefloe.domain.values.tax_ids import TaxID

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def render_customer(customer: Customer, owner_email: str | None, notes: str | None = None) -> bytes:
    """The wire document of a customer.

    Args:
        customer: the customer to render.
        owner_email: the address of the member who owns the customer; a team without an address of
            its own shows its owner's picture.
        notes: the metadata as `render_metadata` gives it, if the caller has it already.
    """
    if notes is None:
        notes = render_metadata(customer.metadata)
    address, tax_id = customer.billing_address, customer.tax_id
    # Put together by hand: a third of the time that an encoder takes for a dictionary of all this.
    return (
        f'{{"id":"{customer.id}"'
        f',"created_at":{_moment(customer.created_at)}'
        f',"modified_at":{_moment(customer.modified_at)}'
        f',"metadata":{notes}'
        f',"external_id":{_text(customer.external_id)}'
        f',"email":{_text(customer.email)}'
        f',"email_verified":{"true" if customer.email_verified else "false"}'
        f',"type":"{customer.type}"'
        f',"name":{_text(customer.name)}'
        f',"billing_name":{_text(customer.billing_name or customer.name)}'
        f',"billing_address":{"null" if address is None else render_address(address)}'
        f',"tax_id":{"null" if tax_id is None else _render_tax_id(tax_id)}'
        f',"locale":{_text(customer.locale)}'
        f',"organization_id":"{customer.organization_id}"'
        f',"default_payment_method_id":{_identifier(customer.default_payment_method_id)}'
        f',"deleted_at":{_moment(customer.deleted_at)}'
        f',"first_user_event_at":{_moment(customer.first_user_event_at)}'
        f',"avatar_url":{_text(_avatar_url(customer.email or owner_email))}}}'
    ).encode()


def render_member(member: Member) -> bytes:
    """The wire document of a member."""
    modified_at = member.modified_at
    return _ENCODER.encode(
        {
            "id": str(member.id),
            "created_at": moments.render(member.created_at),
            "modified_at": modified_at and moments.render(modified_at),
            "customer_id": str(member.customer_id),
            "email": member.email,
            "name": member.name,
            "external_id": member.external_id,
            "role": member.role,
        }
    ).encode()


def render_address(address: Address) -> str:
    """An address with all six keys, nulls kept, as JSON."""
    return (
        f'{{"line1":{_text(address.line1)}'
        f',"line2":{_text(address.line2)}'
        f',"postal_code":{_text(address.postal_code)}'
        f',"city":{_text(address.city)}'
        f',"state":{_text(address.state)}'
        f',"country":{_text(address.country)}}}'
    )


def render_metadata(metadata: Metadata) -> str:
    """Metadata as JSON, in its own order and with its numbers just as they are."""
    pairs = [f"{_quoted(key)}:{_value(value)}" for key, value in metadata.items()]
    return f"{{{','.join(pairs)}}}"


def _value(value: MetadataValue) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return repr(value) if type(value) is int else _ENCODER.encode(value)


def _text(value: str | None) -> str:
    return "null" if value is None else _quoted(value)


def _moment(value: datetime | None) -> str:
    return "null" if value is None else f'"{moments.render(value)}"'


def _identifier(value: UUID | None) -> str:
    return "null" if value is None else f'"{value}"'


def _render_tax_id(tax_id: TaxID) -> str:
    """A tax number as the wire's pair of value and format."""
    return f"[{_quoted(tax_id.value)},{_quoted(tax_id.format)}]"


def _avatar_url(email: str | None) -> str | None:
    """Where the picture for an address is; no picture gives a transparent one (`d=blank`)."""
    if email is None:
        return None
    digest = hashlib.sha256(email.lower().encode()).hexdigest()
    return f"https://www.gravatar.com/avatar/{digest}?d=blank"
