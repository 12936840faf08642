"""The rules of a new customer and of a change to one, in the contract's order and words.

Schemas have validated each value by itself; these rules need the stored customer, or several values
at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from icefloe.domain import organization_rules
from icefloe.domain.values import collation, tax_ids
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.customers import Customer, CustomerChange, NewCustomer
from icefloe.domain.values.errors import RulesBroken, Violation
from icefloe.domain.values.unset import UNSET

_TAKEN = {
    "email": "A customer with this email address already exists.",
    "external_id": "A customer with this external ID already exists.",
}
_EXTERNAL_ID_KEPT = "Customer external ID cannot be updated."
_ANONYMOUS_DOMAIN = "anonymized.polar.sh"  # the contract's


def check_new(new: NewCustomer) -> None:
    """Check that a new customer does not name an organization. Raises RulesBroken."""
    organization_rules.refuse_named(new.organization_id)


def check_same_external_id(new: NewCustomer, external_id: str) -> None:
    """Check that a customer addressed by an external id is given no other one. Raises RulesBroken."""
    if new.external_id not in {None, external_id}:
        raise RulesBroken(_value_error("external_id", _EXTERNAL_ID_KEPT, new.external_id))


def without_repetition(change: CustomerChange, customer: Customer) -> CustomerChange:
    """Drops from a PUT's change whatever merely repeats the present value, which a PATCH would refuse.

    That is the external id that addressed the customer, and a null for an address it does not have.
    """
    if change.billing_address is None and customer.billing_address is None:
        change = replace(change, billing_address=UNSET)
    return replace(change, external_id=UNSET)


def check_taken(customer: Customer, taken: frozenset[str]) -> None:
    """Check that none of a new customer's unique values is `taken`. Raises RulesBroken."""
    broken = [_taken(name, customer) for name in _TAKEN if name in taken]
    if broken:
        raise RulesBroken(*broken)


def read_tax_id(number: str, address: Address | None, *, shown: str | None = None) -> tax_ids.TaxID:
    """The tax number in the form of its country.

    Args:
        number: as typed, or in its compact form.
        address: the customer's; its country says which formats there are.
        shown: the value that the error shows where the number is wrong.

    Raises:
        RulesBroken: there is no address, or the number is not one of its country.
    """
    if address is None:
        raise RulesBroken(
            Violation(
                "missing",
                ("body", "billing_address"),
                "Country is required to validate tax ID.",
            )
        )
    try:
        return tax_ids.validate(number, address.country)
    except tax_ids.InvalidTaxID:
        broken = Violation("invalid", ("body", "tax_id"), "Invalid tax ID.", shown)
        raise RulesBroken(broken) from None


def changes_email(customer: Customer, change: CustomerChange) -> bool:
    """Whether the change sets another e-mail address; null, or another letter case, is no change."""
    if change.email is UNSET or change.email is None:
        return False
    stored = customer.email
    return stored is None or collation.lower(change.email) != collation.lower(stored)


def apply_change(
    customer: Customer, change: CustomerChange, taken: frozenset[str], now: datetime
) -> Customer:
    """The customer as the change leaves it.

    Args:
        customer: as it is stored.
        change: what to change.
        taken: which of the change's unique values another customer has.
        now: the present moment; becomes `modified_at` where anything is written.

    Raises:
        RulesBroken: with every broken rule; those of the tax number come alone, after the others hold.
    """
    broken = find_broken(customer, change, taken)
    if broken:
        raise RulesBroken(*broken)
    values = _plain_values(change)
    if changes_email(customer, change):
        values |= {"email": change.email, "email_verified": False}
    tax_id = _changed_tax_id(customer, change)
    if tax_id != customer.tax_id:
        values["tax_id"] = tax_id
    return replace(customer, **values, modified_at=now) if values else customer


def _plain_values(change: CustomerChange) -> dict[str, Any]:
    """The fields that are stored as given; an equal value counts as written too."""
    values: dict[str, Any] = {
        name: getattr(change, name)
        for name in ("metadata", "name", "billing_address", "locale", "external_id", "type")
        if getattr(change, name) is not UNSET
    }
    if "type" in values and values["type"] is None:
        values["type"] = "individual"  # only an individual gets here: a null changes nothing
    return values


def find_broken(
    customer: Customer, change: CustomerChange, taken: frozenset[str] = frozenset()
) -> list[Violation]:
    """Every rule that a change breaks, except the tax number's. Arguments as `apply_change`."""
    broken = []
    if changes_email(customer, change) and "email" in taken:
        broken.append(_value_error("email", _TAKEN["email"], change.email))
    if change.billing_address is None:
        broken.append(
            _value_error(
                "billing_address",
                "Customer billing address cannot be reset to null once set.",
                None,
            )
        )
    if change.external_id is not UNSET and change.external_id != customer.external_id:
        if customer.external_id is not None:
            broken.append(_value_error("external_id", _EXTERNAL_ID_KEPT, change.external_id))
        elif "external_id" in taken:
            broken.append(_value_error("external_id", _TAKEN["external_id"], change.external_id))
    if change.type not in {UNSET, "team"} and customer.type == "team":
        message = "Customer type cannot be downgraded from 'team' to 'individual'."
        broken.append(_value_error("type", message, change.type))
    return broken


def _changed_tax_id(customer: Customer, change: CustomerChange) -> tax_ids.TaxID | None:
    """The tax number after the change; it is validated if it or the country is new."""
    has_new_address = change.billing_address is not UNSET and change.billing_address is not None
    address = change.billing_address if has_new_address else customer.billing_address
    assert address is not UNSET  # noqa: S101 - for the type checker: ruled out just above
    if change.tax_id is not UNSET:
        if change.tax_id is None:
            return None
        return read_tax_id(change.tax_id, address, shown=change.tax_id)
    if customer.tax_id is not None and has_new_address:
        return read_tax_id(customer.tax_id.value, address)
    return customer.tax_id


def _taken(name: str, customer: Customer) -> Violation:
    return _value_error(name, _TAKEN[name], getattr(customer, name))


def _value_error(name: str, message: str, value: object) -> Violation:
    return Violation("value_error", ("body", name), message, value)


def anonymise(customer: Customer, now: datetime) -> Customer:
    """The customer without personal data.

    The name stays if there is a tax number, because invoices need it. The tax number, the external
    id and the metadata stay too; the metadata says when this was done.
    """
    metadata = {**customer.metadata, "__anonymized_at": _iso(now)}
    if customer.external_id is not None:
        metadata["__external_id"] = customer.external_id
    return replace(
        customer,
        email=None if customer.email is None else anonymous_email(customer.email, customer),
        email_verified=False,
        name=customer.name if customer.tax_id else anonymous_text(customer.name, customer),
        billing_name=anonymous_text(customer.billing_name, customer),
        billing_address=None,
        metadata=metadata,
    )


def anonymous_email(email: str, customer: Customer) -> str:
    """A pseudonym for an address: the same each time, and not reversible without guessing it."""
    return f"{_digest(email, customer)}@{_ANONYMOUS_DOMAIN}"


def anonymous_text(text: str | None, customer: Customer) -> str | None:
    """A pseudonym for a text, as of an address."""
    return None if text is None else _digest(text, customer)


def _digest(text: str, customer: Customer) -> str:
    return hashlib.sha256((_iso(customer.created_at) + text).encode()).hexdigest()


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
