"""Made-up values that replace what identifies a customer, the same each time for the same customer."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from icefloe.sample import draws, people, places, tax_ids

_EMAIL = r"""[^\s@<>"'`,;:()\[\]{}/?&=|]+(?:@|%40)[^\s@<>"'`,;:()\[\]{}/?&=|]+"""
_DOMAINS = ("example.com", "example.org", "example.net")


class Disguises:
    """The disguises of an account's customers and their members, in the wire's form.

    A disguise follows from the id alone, unless another customer already has it. Customers and
    members that share an e-mail address share its disguise.
    """

    def __init__(self, customers: Iterable[Mapping[str, Any]]) -> None:
        """Make a disguise for each customer's e-mail address, since others' notes may mention it."""
        self._taken: set[str] = set()
        self._of_addresses: dict[str, str] = {}
        self._of_customers: dict[str, str] = {}
        for customer in customers:
            if customer.get("email"):
                made = self._make_email(_party_of(customer), customer["id"])
                self._of_customers[customer["id"]] = made
                self._of_addresses.setdefault(customer["email"].lower(), made)

    def disguise_customer(self, customer: Mapping[str, Any]) -> dict[str, Any]:
        """A customer with made-up values for everything that identifies it.

        Countries, states, times, locales and the organization's own ids and notes stay as they are;
        the names and e-mail addresses within external ids and notes are replaced.
        """
        whose = str(customer["id"])
        name = _party_of(customer).name
        billing_name = _make_billing_name(customer, name)
        made = self._make_texts(customer)
        disguised = {
            **customer,
            "email": self._of_customers.get(whose),
            "billing_address": _make_address(customer),
            "tax_id": _make_tax_id(customer),
            "external_id": self._clean(customer.get("external_id"), {}, (whose, "external_id")),
            "metadata": self._clean_all(customer, "metadata", made),
        }
        if customer.get("name"):
            disguised["name"] = name
        if customer.get("billing_name"):
            disguised["billing_name"] = billing_name
        return disguised

    def disguise_holding(
        self, holding: Mapping[str, Any], customer: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A subscription or an order of a customer's, with made-up values for what identifies it.

        What the customer said when it left is left out, since any words may identify it.
        """
        made = self._make_texts(customer)
        disguised = dict(holding)
        for name in {"metadata", "custom_field_data"} & holding.keys():
            disguised[name] = self._clean_all(holding, name, made)
        if holding.get("customer_cancellation_comment"):
            disguised["customer_cancellation_comment"] = None
        if holding.get("billing_name"):
            draw = draws.Draws(str(holding["id"]), "billing_name")
            known = made.get(holding["billing_name"])
            disguised["billing_name"] = known or people.company(draw).name
        if holding.get("billing_address"):
            whose = {"id": customer["id"], "billing_address": holding["billing_address"]}
            disguised["billing_address"] = _make_address(whose)
        return disguised

    def disguise_member(self, member: Mapping[str, Any]) -> dict[str, Any]:
        """A member with a made-up name and e-mail address."""
        whose = str(member["id"])
        disguised = dict(member)
        if member.get("email"):
            disguised["email"] = self._find_email(member["email"], whose)
        if member.get("name"):
            disguised["name"] = people.person(draws.Draws(whose, "name")).name
        disguised["external_id"] = self._clean(
            member.get("external_id"), {}, (whose, "external_id")
        )
        return disguised

    def _make_texts(self, customer: Mapping[str, Any]) -> dict[str, str]:
        """What stands for a customer's name, billing name and e-mail address, by these."""
        made: dict[str, str] = {}
        name = _party_of(customer).name
        if customer.get("name"):
            made[customer["name"]] = name
        if customer.get("billing_name"):
            made.setdefault(customer["billing_name"], _make_billing_name(customer, name))
        if customer.get("email"):
            made[customer["email"]] = self._of_customers[str(customer["id"])]
        return made

    def _clean_all(
        self, shown: Mapping[str, Any], name: str, made: Mapping[str, str]
    ) -> dict[str, Any]:
        """The notes under a name of an object, each of them cleaned."""
        return {
            key: self._clean(value, made, (str(shown["id"]), name, key))
            for key, value in (shown.get(name) or {}).items()
        }

    def _clean(self, value: object, made: Mapping[str, str], key: tuple[str, ...]) -> Any:
        """A value with its e-mail addresses and the keys of `made` replaced."""
        if not isinstance(value, str):
            return value

        lowered = {text.lower(): other for text, other in made.items()}

        def replace(found: re.Match[str]) -> str:
            text = found[0].lower()
            return lowered.get(text) or self._find_email(text.replace("%40", "@"), *key)

        # Addresses first: a name may be a part of one.
        patterns = [_EMAIL, *(_pattern(text) for text in sorted(made, key=len, reverse=True))]
        return re.sub("|".join(patterns), replace, value, flags=re.IGNORECASE)

    def _find_email(self, address: str, *key: str) -> str:
        """The disguise of an e-mail address; a new one if it has none yet."""
        known = self._of_addresses.get(address.lower())
        if known is None:
            party = people.person(draws.Draws(*key, "name"))
            known = self._of_addresses[address.lower()] = self._make_email(party, *key)
        return known

    def _make_email(self, party: people.Party, *key: str) -> str:
        draw = draws.Draws(*key, "email")
        mailbox = f"{party.given or 'office'}.{party.family}"
        while True:
            # Random octets make a clash unlikely, so the result hardly ever depends on other customers.
            address = f"{mailbox}-{draw.octets(4).hex()}@{draw.pick(_DOMAINS)}"
            if address not in self._taken:
                self._taken.add(address)
                return address


def _pattern(text: str) -> str:
    """Finds a text, but not within a longer word: many names are a part of one."""
    before = r"(?<![^\W\d_])" if text[0].upper() != text[0].lower() else ""
    behind = r"(?![^\W\d_])" if text[-1].upper() != text[-1].lower() else ""
    return before + re.escape(text) + behind


def _party_of(customer: Mapping[str, Any]) -> people.Party:
    draw = draws.Draws(str(customer["id"]), "name")
    return people.company(draw) if customer.get("type") == "team" else people.person(draw)


def _make_billing_name(customer: Mapping[str, Any], name: str) -> str:
    if customer.get("billing_name") == customer.get("name"):
        return name
    return people.company(draws.Draws(str(customer["id"]), "billing_name")).name


def _make_address(customer: Mapping[str, Any]) -> dict[str, Any] | None:
    """Another address in the same country and state, with as many lines."""
    address = customer.get("billing_address")
    if address is None:
        return None
    draw = draws.Draws(str(customer["id"]), "billing_address")
    made = places.address_in(address["country"], address.get("state"), draw)
    usual = {**made, "line2": made["line2"] or "2", "postal_code": made["postal_code"] or "00000"}
    return {field: None if value is None else usual.get(field) for field, value in address.items()}


def _make_tax_id(customer: Mapping[str, Any]) -> list[str] | None:
    """A number of the same country; None where we cannot make a valid one."""
    address = customer.get("billing_address")
    if not customer.get("tax_id") or address is None:
        return None
    return tax_ids.tax_id(address["country"], draws.Draws(str(customer["id"]), "tax_id"))
