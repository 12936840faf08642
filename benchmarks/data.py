"""Made-up customers, the same each time."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

ORGANIZATION_ID = UUID("5a1e0f2c-6d37-4c8e-9b0a-2f4d8c6e1b35")
# The customers of these numbers are called so: a word that one in 20,000 has.
RARE_WORD = "quillon"
_RARE_EVERY = 20_000
_RARE_NUMBER = 7
# The customers of these numbers have a subscription.
_SUBSCRIBED_EVERY = 10
_SUBSCRIBED_NUMBER = 3
# A part of every e-mail address.
COMMON_WORD = "com"

_GIVEN = (
    "Ada", "Björn", "Chloé", "Dmitri", "Elena", "Farid", "Grace", "Hiro", "Ines", "Jonas", "Kateřina",
    "Lucía", "Mehmet", "Nadia", "Olga", "Pedro", "Quentin", "Rosa", "Søren", "Tomás", "Uma", "Vera",
    "Wei", "Ximena", "Yusuf", "Zoë", "Amir", "Beatriz", "Carlos", "Diana", "Emil", "Fatima",
)  # fmt: skip
_FAMILY = (
    "Almeida", "Becker", "Castillo", "Dubois", "Eriksen", "Fischer", "García", "Hansen", "Ivanova",
    "Jansen", "Kowalski", "Lindqvist", "Moreau", "Novák", "O'Brien", "Petrov", "Quiroga", "Rossi",
    "Schäfer", "Tanaka", "Ueda", "Vasquez", "Weber", "Xu", "Yildiz", "Zhang", "Andersson", "Bianchi",
    "Cohen", "Demir", "Evans", "Ferrari",
)  # fmt: skip
_CITIES = (
    ("DE", "Hamburg"), ("FR", "Lyon"), ("US", "Portland"), ("BR", "Recife"), ("JP", "Sapporo"),
    ("PL", "Gdańsk"), ("ES", "Sevilla"), ("GB", "Leeds"),
)  # fmt: skip
_PLANS = ("free",) * 13 + ("pro",) * 6 + ("enterprise",)

_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_YEARS = timedelta(days=2 * 365)
# The last fifth came within one minute, as after an import.
_BURST_SHARE = 5
_BURST = timedelta(minutes=1)


def customer(number: int, size: int) -> dict[str, Any]:
    """Customer `number` of `size`, counted from 0, in the wire's form.

    Two thirds are on the free plan, a third has a billing address, and one in ten has no name.
    """
    octets = hashlib.blake2b(str(number).encode(), digest_size=32).digest()
    given = _GIVEN[octets[16] % len(_GIVEN)]
    family = _FAMILY[octets[17] % len(_FAMILY)]
    name: str | None = f"{given} {family}"
    if number % _RARE_EVERY == _RARE_NUMBER:
        name = f"{given} {RARE_WORD.capitalize()} {family}"
    elif octets[18] % 10 == 0:
        name = None
    return {
        "id": customer_id(number),
        "created_at": _created_at(number, size).isoformat(),
        "email": email(number),
        "email_verified": octets[19] % 2 == 0,
        "name": name,
        "external_id": external_id(number),
        "billing_address": _address(octets) if octets[20] % 3 == 0 else None,
        "metadata": {
            "plan": _PLANS[octets[21] % len(_PLANS)],
            "seats": 1 + octets[22] % 50,
            "user_id": user_id(number),
        },
    }


def is_active(number: int) -> bool:
    """Whether a customer has a subscription: one in ten has."""
    return number % _SUBSCRIBED_EVERY == _SUBSCRIBED_NUMBER


def customer_id(number: int) -> str:
    """The id of a customer."""
    digest = hashlib.blake2b(str(number).encode(), digest_size=32).digest()
    return str(UUID(bytes=digest[:16], version=4))


def email(number: int) -> str:
    """The e-mail address of a customer, which no other has."""
    digest = hashlib.blake2b(str(number).encode(), digest_size=32).digest()
    return f"customer.{digest[:3].hex()}.{number}@example.com"


def external_id(number: int) -> str:
    """The external id of a customer, which no other has."""
    return f"usr_{number:07}"


def user_id(number: int) -> str:
    """A customer's `metadata.user_id`, which no other has."""
    return f"user_{number:07}"


def _created_at(number: int, size: int) -> datetime:
    """Evenly over two years, but for the last fifth, which is evenly over one minute."""
    spread = size - size // _BURST_SHARE
    if number < spread:
        return _BEGIN + _YEARS * (number / spread)
    return _BEGIN + _YEARS + _BURST * (number - spread) / (size - spread)


def _address(octets: bytes) -> dict[str, str | None]:
    country, city = _CITIES[octets[23] % len(_CITIES)]
    return {
        "line1": f"{city} Street {octets[24]}",
        "line2": None,
        "postal_code": f"{octets[25]:03}{octets[26]:03}"[:5],
        "city": city,
        "state": None,
        "country": country,
    }


def new_customer(number: int) -> dict[str, Any]:
    """The body of a request that creates customer `number`: `customer` without what the server assigns.

    Of every three one is on the professional plan and one on the enterprise plan, with seven seats and
    the rare word in their names: so filters find some of the new customers.
    """
    made = customer(number, number + 1)
    del made["id"], made["created_at"], made["email_verified"]
    if plan := ("", "pro", "enterprise")[number % 3]:
        made["name"] = f"Ada {RARE_WORD.capitalize()} {number}"
        made["metadata"] |= {"plan": plan, "seats": 7}
    return made


def write_lines(file: Path, size: int, *, first: int = 0) -> None:
    """Write `size` customers as NDJSON, oldest first, from customer `first` on."""
    with file.open("w", encoding="utf-8") as opened:
        for number in range(first, first + size):
            line = json.dumps(customer(number, first + size), ensure_ascii=False)
            opened.write(line + "\n")
