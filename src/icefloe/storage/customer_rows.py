"""A customer as the rows that hold it: its own columns, what is derived from them, and back again."""

import dataclasses
import json
from typing import Any

from icefloe.domain.values import collation, metadata
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.customers import Customer
from icefloe.domain.values.tax_ids import TaxID
from icefloe.storage import documents, index_texts
from icefloe.storage.transaction import Row, Transaction, moment, read_moment, read_required_moment

# The columns that hold a customer, in the order of `values_of`.
COLUMNS = (
    "organization_id, id, created_at, modified_at, deleted_at, type, email, email_verified,"
    " external_id, name, billing_name, billing_address, tax_id, locale, metadata,"
    " default_payment_method_id, first_user_event_at"
)
# What is derived from them, in the order of `derived_from`.
DERIVED_COLUMNS = "email_lower, email_key, name_key, document"


def canonical(customer: Customer) -> Customer:
    """The customer as it is kept, with canonical metadata: itself, where it has that already."""
    kept = metadata.canonical(customer.metadata)
    return customer if kept is customer.metadata else dataclasses.replace(customer, metadata=kept)


def values_of(customer: Customer) -> tuple[Any, ...]:
    """What a customer's own columns hold, in the order of `COLUMNS`."""
    address = customer.billing_address
    return (
        customer.organization_id,
        customer.id,
        moment(customer.created_at),
        moment(customer.modified_at),
        moment(customer.deleted_at),
        customer.type,
        customer.email,
        customer.email_verified,
        customer.external_id,
        customer.name,
        customer.billing_name,
        None if address is None else documents.render_address(address),
        None if customer.tax_id is None else f"{customer.tax_id.format}:{customer.tax_id.value}",
        customer.locale,
        documents.render_metadata(customer.metadata),
        customer.default_payment_method_id,
        moment(customer.first_user_event_at),
    )


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


def read_customer(row: Row, transaction: Transaction) -> Customer:
    """The customer that a row of `COLUMNS` holds."""
    (
        organization_id, customer_id, created_at, modified_at, deleted_at, kind, email,
        email_verified, external_id, name, billing_name, billing_address, tax_id, locale, notes,
        default_payment_method_id, first_user_event_at,
    ) = row  # fmt: skip
    return Customer(
        id=transaction.read_uuid(customer_id),
        organization_id=transaction.read_uuid(organization_id),
        created_at=read_required_moment(created_at),
        modified_at=read_moment(modified_at),
        deleted_at=read_moment(deleted_at),
        type=kind,
        email=email,
        email_verified=bool(email_verified),
        external_id=external_id,
        name=name,
        billing_name=billing_name,
        billing_address=None if billing_address is None else Address(**json.loads(billing_address)),
        tax_id=None if tax_id is None else _read_tax_id(tax_id),
        locale=locale,
        metadata=json.loads(notes),
        default_payment_method_id=(
            None
            if default_payment_method_id is None
            else transaction.read_uuid(default_payment_method_id)
        ),
        first_user_event_at=read_moment(first_user_event_at),
    )


def _read_tax_id(kept: str) -> TaxID:
    form, _, value = kept.partition(":")
    return TaxID(value, form)
