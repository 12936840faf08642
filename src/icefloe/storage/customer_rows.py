"""A customer as the rows that hold it: its own columns, what is derived from them, and back again."""

import dataclasses
import json
from typing import Any

from icefloe.domain.values import collation, metadata
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.customers import Customer
from icefloe.domain.values.tax_ids import TaxID
from icefloe.storage import documents, index_texts
from icefloe.storage.columns import Column, Columns, Kind, moment_column


def _write_tax_id(tax_id: TaxID) -> str:
    return f"{tax_id.format}:{tax_id.value}"


def _read_tax_id(text: str) -> TaxID:
    form, _, value = text.partition(":")
    return TaxID(value, form)


def _read_address(text: str) -> Address:
    return Address(**json.loads(text))


_CUSTOMER = Columns(
    Customer,
    [
        Column("organization_id", Kind.UUID),
        Column("id", Kind.UUID),
        moment_column("created_at"),
        moment_column("modified_at"),
        moment_column("deleted_at"),
        Column("type", Kind.TEXT),
        Column("email", Kind.TEXT),
        Column("email_verified", Kind.FLAG, read=bool),
        Column("external_id", Kind.TEXT),
        Column("name", Kind.TEXT),
        Column("billing_name", Kind.TEXT),
        Column("billing_address", Kind.TEXT, documents.render_address, _read_address),
        Column("tax_id", Kind.TEXT, _write_tax_id, _read_tax_id),
        Column("locale", Kind.TEXT),
        Column("metadata", Kind.TEXT, documents.render_metadata, json.loads),
        Column("default_payment_method_id", Kind.UUID),
        moment_column("first_user_event_at"),
        Column("is_active", Kind.FLAG, read=bool),
        Column("has_commerce", Kind.FLAG, read=bool),
    ],
)
# What is derived from them, in the order of `derived_from`.
_DERIVED = {
    "email_lower": Kind.TEXT,
    "email_key": Kind.BYTES,
    "name_key": Kind.BYTES,
    "document": Kind.BYTES,
}
KINDS = {**_CUSTOMER.kinds, **_DERIVED}
# For statements: the columns that hold a customer, in the order of `values_of`; and the derived ones.
COLUMNS = _CUSTOMER.text
DERIVED_COLUMNS = ", ".join(_DERIVED)

values_of = _CUSTOMER.values_of
read_customer = _CUSTOMER.read


def canonical(customer: Customer) -> Customer:
    """The customer as it is stored, with canonical metadata: itself, if it has that already."""
    kept = metadata.canonical(customer.metadata)
    return customer if kept is customer.metadata else dataclasses.replace(customer, metadata=kept)


def derived_from(
    customer: Customer, owner_email: str | None, notes: str | None = None
) -> tuple[Any, ...]:
    """What a customer's derived columns hold, in the order of `DERIVED_COLUMNS`.

    Args:
        customer: whose they are.
        owner_email: the address of the member who owns the customer.
        notes: the column `metadata`, where it has been rendered before.
    """
    return (
        None if customer.email is None else collation.lower(customer.email),
        sort_key_of(customer.email),
        sort_key_of(customer.name),
        documents.render_customer(customer, owner_email, notes),
    )


def sort_key_of(text: str | None) -> bytes:
    """What a text is sorted by, in the order that the reference has; None is behind all others."""
    return collation.NO_TEXT if text is None else index_texts.of_sort_key(collation.sort_key(text))


def search_texts_of(customer: Customer) -> tuple[str | None, ...]:
    """What `customer_search` holds: e-mail, name, billing name, external id; all lower-cased."""
    texts = (customer.email, customer.name, customer.billing_name, customer.external_id)
    return tuple(None if text is None else collation.lower(text) for text in texts)


def metadata_texts_of(customer: Customer) -> list[tuple[str, str]]:
    """What `customer_metadata` holds: each key, and its value as the text filters compare."""
    return [
        (index_texts.of_metadata_key(key), index_texts.of_metadata_value(metadata.text_of(value)))
        for key, value in customer.metadata.items()
    ]
