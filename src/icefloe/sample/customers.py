"""One sample organization and its customers, the same on every machine.

Nearly everything is computed from a customer's number alone. The times also need the count, because
they spread over two years for any count; an e-mail address avoids those of earlier customers.
"""

import datetime as dt
import math
import uuid
from collections.abc import Iterator

from icefloe.sample import draws, people, places, tax_ids

ORGANIZATION_ID = uuid.UUID("1dbfc517-0bbf-4301-9ba8-555ca42b9737")
ORGANIZATION_NAME = "Lantern & Tide"
ORGANIZATION_SLUG = "lantern-and-tide"

_OPENED = dt.datetime(2024, 11, 15, tzinfo=dt.UTC)
_CLOSED = dt.datetime(2026, 11, 15, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

# Out of 20 customers on each plan; teams pay more often than persons.
_PLANS = ("free",) * 13 + ("pro",) * 6 + ("enterprise",)
_TEAM_PLANS = ("free",) * 4 + ("pro",) * 10 + ("enterprise",) * 6
_MOST_SEATS = {"free": 2, "pro": 20, "enterprise": 500}


def customers(count: int = 1000) -> Iterator[dict[str, object]]:
    """`count` customers in their wire form, without `avatar_url`, oldest first (to the second).

    The first is John Doe, of Polar's own documentation. E-mail addresses are unique in any letter
    case; ids, external ids and `metadata.user_id` are unique too.
    """
    taken: set[str] = set()
    for number in range(count):
        customer = _customer(number, count, taken) if number else _john_doe()
        taken.add(str(customer["email"]).lower())
        yield customer


def _john_doe() -> dict[str, object]:
    """The customer of the reference's documentation, but not deleted, so that lists show him."""
    return {
        "id": "992fae2a-2a17-4b7a-8d9e-e287cf90131b",
        "created_at": "2023-11-07T05:31:56Z",
        "modified_at": "2023-11-07T05:31:56Z",
        "metadata": {},
        "external_id": "usr_1337",
        "email": "customer@example.com",
        "email_verified": True,
        "type": "individual",
        "name": "John Doe",
        "billing_name": None,
        "billing_address": {
            "line1": "<string>",
            "line2": "<string>",
            "postal_code": "<string>",
            "city": "<string>",
            "state": "<string>",
            "country": "US",
        },
        "tax_id": ["911144442", "us_ein"],
        "locale": None,
        "organization_id": str(ORGANIZATION_ID),
        "default_payment_method_id": None,
        "deleted_at": None,
        "first_user_event_at": None,
    }


def _customer(number: int, count: int, taken: set[str]) -> dict[str, object]:
    """Customer `number` of `count`, with an e-mail address that is not in `taken`."""
    is_team = draws.Draws(number, "type").chance(9)
    who = draws.Draws(number, "name")
    party = people.company(who) if is_team else people.person(who)
    created_at, modified_at = _times(number, count)
    billing_address = _billing_address(party, draws.Draws(number, "billing_address"))
    tax_id = _tax_id(billing_address, draws.Draws(number, "tax_id"), is_team=is_team)
    payer = draws.Draws(number, "billing_name")
    billing_name = _billing_name(party, payer) if tax_id else None
    return {
        "id": str(uuid.UUID(bytes=draws.Draws(number, "id").octets(16), version=4)),
        "created_at": _timestamp(created_at),
        "modified_at": _timestamp(modified_at) if modified_at else None,
        "metadata": _metadata(draws.Draws(number, "metadata"), is_team=is_team),
        "external_id": _external_id(number, is_team=is_team),
        "email": people.email(party, draws.Draws(number, "email"), taken),
        "email_verified": draws.Draws(number, "email_verified").chance(72),
        "type": "team" if is_team else "individual",
        "name": party.name if is_team or draws.Draws(number, "named").chance(96) else None,
        "billing_name": billing_name,
        "billing_address": billing_address,
        "tax_id": tax_id,
        "locale": party.locale if draws.Draws(number, "locale").chance(45) else None,
        "organization_id": str(ORGANIZATION_ID),
        "default_payment_method_id": None,
        "deleted_at": None,
        "first_user_event_at": None,
    }


def _times(number: int, count: int) -> tuple[dt.datetime, dt.datetime | None]:
    """When customer `number` of `count` was created, and last modified if ever."""
    draw = draws.Draws(number, "times")
    span = (_CLOSED - _OPENED) // _MICROSECOND
    slot = 1_000_000
    position = (number - 1) * slot + draw.below(slot)
    # Three times as many customers come on the last day as on the first: if (t + t²) / 2 = n of
    # them come in the first t of the time, t = (√(1 + 8n) - 1) / 2. Integers, since floats may
    # differ between platforms.
    elapsed = (
        math.isqrt(span * span + 8 * span * span * position // (slot * (count - 1))) - span
    ) // 2
    # Some systems know whole seconds only, and so some customers imported from them.
    if draw.chance(6):
        elapsed -= elapsed % 1_000_000
    modified = draw.between(elapsed + 1, span) if draw.chance(35) else None
    return (
        _OPENED + elapsed * _MICROSECOND,
        None if modified is None else _OPENED + modified * _MICROSECOND,
    )


def _timestamp(moment: dt.datetime) -> str:
    """The wire form: UTC as Z, and six decimals or none."""
    return moment.isoformat().replace("+00:00", "Z")


def _metadata(draw: draws.Draws, *, is_team: bool) -> dict[str, object]:
    """What an application would store with its user; for some customers nothing."""
    if draw.chance(9):
        return {}
    plan = draw.pick(_TEAM_PLANS if is_team else _PLANS)
    user_id = draw.octets(8).hex()
    most_seats = _MOST_SEATS[plan] if is_team or plan == "enterprise" else _MOST_SEATS[plan] // 2
    metadata = {
        "beta": draw.chance(15),
        "plan": plan,
        "seats": draw.between(1, most_seats),
        "user_id": f"user_{user_id}",
    }
    # Some signed up before the application noted seats.
    if draw.chance(6):
        del metadata["seats"]
    return metadata


def _external_id(number: int, *, is_team: bool) -> str | None:
    """The application's own id of four in five customers, counted from John Doe's."""
    if not draws.Draws(number, "external_id").chance(80):
        return None
    return f"{'org' if is_team else 'usr'}_{1337 + number}"


def _billing_address(party: people.Party, draw: draws.Draws) -> dict[str, object] | None:
    """An address of the party's locale, for three in ten."""
    return places.address(party.locale, draw) if draw.chance(31) else None


def _tax_id(
    billing_address: dict[str, object] | None, draw: draws.Draws, *, is_team: bool
) -> list[str] | None:
    """A number of the address's country, for most teams and some persons with an address."""
    if billing_address is None or not draw.chance(90 if is_team else 48):
        return None
    return tax_ids.tax_id(str(billing_address["country"]), draw)


def _billing_name(party: people.Party, draw: draws.Draws) -> str | None:
    """Another company that receives the invoices, for some parties with a tax id."""
    payer = people.company(draw, party.language).name
    return payer if draw.chance(50) and payer != party.name else None
