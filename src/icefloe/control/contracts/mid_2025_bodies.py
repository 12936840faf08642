"""What a client of mid-2025 sends to make or change a customer, and what the API of today takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from icefloe.api.schemas.problems import problems
from icefloe.control import exact_json
from icefloe.domain.values import addresses, tax_ids
from icefloe.domain.values.tax_id_formats import STDNUM_MODULES

_LATER_FIELDS = frozenset({"type", "owner", "locale", "billing_name"})
_MAX_NAME = 256  # characters
_MAX_LOCAL_PART = 64  # characters before the @-sign
_UNSTORABLE = frozenset({"\0", *map(chr, range(0xD800, 0xE000))})
_STAND_IN_COUNTRY = "AQ"  # Antarctica has no tax numbers
# No text and no address: what the API complains of in the place, and in no other.
_REFUSED: list[Any] = []


def rewrite(sent: dict[str, Any], *, is_new: bool) -> dict[str, Any]:
    """The body that the API takes for one that was sent; what was wrong then is wrong in it too."""
    body = {name: value for name, value in sent.items() if name not in _LATER_FIELDS}
    if "name" in body:
        body["name"] = _shortened(body["name"])
    if "email" in body and email_problem(body["email"]):
        body["email"] = _REFUSED
    _rewrite_address(body)
    takes_away = not is_new and body.get("billing_address", body) is None
    if takes_away:
        del body["billing_address"]
    if body.get("tax_id") is not None:
        _rewrite_tax_id(body, is_new=is_new)
        takes_away = takes_away or (not is_new and body["tax_id"] is None)
    # What is only remembered here must count as a change, and that contract shows no locale.
    return body | {"locale": None} if takes_away else body


def _rewrite_address(body: dict[str, Any]) -> None:
    address = body.get("billing_address")
    if isinstance(address, dict) and _embargoed(address) is not None:
        body["billing_address"] = {**address, "country": _STAND_IN_COUNTRY}


def _rewrite_tax_id(body: dict[str, Any], *, is_new: bool) -> None:
    """Put the number alone in the pair's place, or nothing where the API does not take it."""
    pair = body["tax_id"]
    if tax_id_problems(pair):
        body["tax_id"] = _REFUSED
    elif not _UNSTORABLE.isdisjoint(pair[0]) or _is_kept(pair, body.get("billing_address")):
        body["tax_id"] = pair[0]
    elif is_new:
        del body["tax_id"]
    else:
        body["tax_id"] = None


def _is_kept(pair: list[str], address: object) -> bool:
    """Whether the API keeps a tax number just as it was sent; it must be sent with its country."""
    country = address.get("country") if isinstance(address, dict) else None
    if not isinstance(country, str):
        return False
    try:
        return tax_ids.validate(pair[0], country.upper()) == tax_ids.TaxID(*pair)
    except tax_ids.InvalidTaxID:
        return False


def _shortened(name: object) -> object:
    """A name that is no longer than the API takes."""
    if not isinstance(name, str) or not _UNSTORABLE.isdisjoint(name):
        return name
    return name[:_MAX_NAME]


def _embargoed(address: dict[str, Any]) -> str | None:
    """The country of an address where it was taken then and is not now."""
    country = address.get("country")
    if not isinstance(country, str):
        return None
    code = country.upper()
    is_gone = code in addresses.COUNTRIES and code not in addresses.ACCEPTED_COUNTRIES
    return code if is_gone else None


def shown_for(sent: dict[str, Any], customer: dict[str, Any]) -> Iterator[tuple[str, object]]:
    """The fields that were sent, and what was shown for each then.

    Args:
        sent: the body, which was right.
        customer: what the API has made of it.
    """
    for name in ("name", "tax_id"):
        if name in sent:
            yield name, sent[name]
    if "billing_address" in sent:
        yield "billing_address", _shown_address(sent["billing_address"], customer)
    if isinstance(sent.get("email"), str):
        yield "email", _shown_email(sent["email"], customer["email"])


def _shown_address(sent: Any, customer: dict[str, Any]) -> object:
    stored = customer["billing_address"]
    if sent is None or stored is None:
        return sent
    country = _embargoed(sent)
    return stored if country is None else {**stored, "country": country}


def _shown_email(sent: str, stored: str) -> str:
    """The address as it was sent, where only its letter case differs; that was a change then."""
    local, _, _ = sent.strip().rpartition("@")
    stored_local, _, domain = stored.rpartition("@")
    return f"{local}@{domain}" if local.lower() == stored_local.lower() else stored


def email_problem(email: object) -> dict[str, Any] | None:
    """What was wrong with an address then that is not now: too much before the @-sign."""
    if not isinstance(email, str) or email.count("@") != 1 or "<" in email:
        return None
    excess = len(email.strip().partition("@")[0]) - _MAX_LOCAL_PART
    if excess <= 0:
        return None
    many = f"{excess} character{'s' if excess > 1 else ''} too many"
    reason = f"The email address is too long before the @-sign ({many})."
    return {
        "type": "value_error",
        "loc": ["body", "email"],
        "msg": f"value is not a valid email address: {reason}",
        "input": email,
        "ctx": {"reason": reason},
    }


def tax_id_problems(value: object) -> list[dict[str, Any]]:
    """What was wrong with a tax number then: it was a pair of texts, the second a known format."""
    try:
        _pair().validate_python(exact_json.with_python_numbers(value))
    except ValidationError as error:
        return problems(error, prefix=("body", "tax_id"))
    except ValueError:  # a number that is too long for Python
        return tax_id_problems(None)
    return []


@cache
def _pair() -> TypeAdapter[Any]:
    formats = tuple(sorted(STDNUM_MODULES))
    return TypeAdapter(tuple[str, Literal[formats]])  # type: ignore[valid-type]  # known when it runs
