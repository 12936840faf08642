"""Customers as values: one as it is stored, a new one, and a change to one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from icefloe.domain.values.addresses import Address
from icefloe.domain.values.collation import lower
from icefloe.domain.values.members import Member, OwnerDetails
from icefloe.domain.values.metadata import Metadata
from icefloe.domain.values.tax_ids import TaxID
from icefloe.domain.values.unset import UNSET, Unset

CustomerType = Literal["individual", "team"]


# A field, and the value that is compared.
UniqueValue = tuple[str, UUID | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer of an organization.

    Attributes:
        id: UUID version 4, unique within the organization.
        organization_id: whose customer it is.
        created_at: when it was made.
        modified_at: when it was last changed, or None.
        deleted_at: when it was deleted, or None; a deleted customer is in no list.
        type: `individual`, or `team`, which may be without an e-mail address of its own.
        email: unique among the organization's customers, letter case aside.
        email_verified: whether the address is known to be the customer's.
        external_id: the organization's own name for the customer; unique, letter case kept.
        name: the customer's name, or None.
        billing_name: the name for invoices where it differs from `name`, else None.
        billing_address: where invoices go, or None.
        tax_id: the customer's tax number, or None.
        locale: BCP 47 language tag, or None.
        metadata: the organization's own notes, in canonical form.
        default_payment_method_id: of an imported customer; nothing here sets it.
        first_user_event_at: when it first used something, as far as events or an import say.
        is_active: whether the customer has a subscription that is active, on trial or past due.
        has_commerce: whether the customer has, or ever had, a subscription or a benefit.
    """

    id: UUID
    organization_id: UUID
    created_at: datetime
    modified_at: datetime | None = None
    deleted_at: datetime | None = None
    type: CustomerType = "individual"
    email: str | None
    email_verified: bool = False
    external_id: str | None = None
    name: str | None = None
    billing_name: str | None = None
    billing_address: Address | None = None
    tax_id: TaxID | None = None
    locale: str | None = None
    metadata: Metadata = field(default_factory=dict)
    default_payment_method_id: UUID | None = None
    first_user_event_at: datetime | None = None
    is_active: bool = False
    has_commerce: bool = False


def unique_values_of(customer: Customer) -> list[UniqueValue]:
    """The values that no two customers of an organization share.

    A deleted customer has its id alone; of an address the letter case does not count.
    """
    values: list[UniqueValue] = [("id", customer.id)]
    if customer.deleted_at is None:
        if customer.external_id is not None:
            values.append(("external_id", customer.external_id))
        if customer.email is not None:
            values.append(("email", lower(customer.email)))
    return values


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """A customer to create. Attributes as those of `Customer`; the tax number is as typed.

    Attributes:
        organization_id: as the caller names it; a caller with an organization's token must not.
        owner: the details of the owning member that differ from the customer's own.
    """

    type: CustomerType = "individual"
    email: str | None
    external_id: str | None = None
    name: str | None = None
    billing_address: Address | None = None
    tax_id: str | None = None
    locale: str | None = None
    metadata: Metadata = field(default_factory=dict)
    organization_id: UUID | None = None
    owner: OwnerDetails | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChange:
    """A change to a customer; UNSET leaves a value as it is, None removes it."""

    metadata: Metadata | Unset = UNSET
    email: str | Unset | None = UNSET
    name: str | Unset | None = UNSET
    billing_address: Address | Unset | None = UNSET
    tax_id: str | Unset | None = UNSET
    locale: str | Unset | None = UNSET
    external_id: str | Unset | None = UNSET
    type: CustomerType | Unset | None = UNSET


class CustomerBatch(NamedTuple):
    """Some entries of a file of new customers.

    Attributes:
        customers: each customer with its owner.
        failures: place and reason of each entry that cannot be read.
    """

    customers: list[tuple[Customer, Member]]
    failures: list[tuple[str, str]]


def owner_of(customer: Customer, details: OwnerDetails | None, member_id: UUID) -> Member:
    """The member who owns a new customer: its values are the customer's, unless `details` differ."""
    given = details or OwnerDetails()
    return Member(
        id=member_id,
        organization_id=customer.organization_id,
        customer_id=customer.id,
        created_at=customer.created_at,
        email=given.email or customer.email,
        name=given.name or customer.name,
        external_id=given.external_id or customer.external_id,
        deleted_at=customer.deleted_at,
    )
