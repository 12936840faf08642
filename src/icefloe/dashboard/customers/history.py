"""The history of a customer: its events, and the fields that each changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.events import Events
    from icefloe.domain.values.events import StoredEvent

SIZE = 20
# Events that are searched for the state before a page's last one.
_MAX_LOOKED_AT = 400
# What follows from other fields, or changes with every event; and what belongs to other objects.
_LEFT_OUT = frozenset(
    {
        "id", "organization_id", "customer_id", "modified_at", "avatar_url",
        "benefit", "customer", "discount", "member", "price", "prices", "product", "subscription",
        "user", "user_id", "previous_properties",
    }
)  # fmt: skip
_NOTHING = "—"
_WITH_PAGES = frozenset({"subscription", "order"})
_DEEP = ("billing_address", "metadata")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that was different before; `before` or `after` is a dash where there was nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as the page shows it.

    Attributes:
        sequence: its place among all events.
        type: what happened.
        created_at: when.
        name: what people call the member, subscription, benefit or order that it happened to; None
            for the customer itself.
        path: where that has a page of its own, within the organization's; None where it has none.
        changes: what became different; None where what was before is not known.
        json: what it happened to, as the API returned it then, for people.
    """

    sequence: int
    type: str
    created_at: datetime
    name: str | None
    path: str | None
    changes: tuple[FieldChange, ...] | None
    json: str


@dataclass(frozen=True, slots=True)
class History:
    """A page of what happened, newest first.

    Attributes:
        happenings: the events on it.
        older: from where the next page goes on; None where this is the last.
    """

    happenings: tuple[Happening, ...]
    older: int | None


async def read_history(
    events: Events, organization_id: UUID, customer_id: UUID, before: int | None
) -> History:
    """The page of a customer's history that ends before a place; the latest where that is None."""
    stored = await events.find_of_customer(
        organization_id, customer_id, limit=SIZE + 1, before=before
    )
    shown = stored[:SIZE]
    looked_at = [(one, json.loads(one.event.document)) for one in stored]
    missing = _without_predecessor(looked_at, len(shown))
    if missing and len(stored) > SIZE:
        further = await events.find_of_customer(
            organization_id, customer_id, limit=_MAX_LOOKED_AT, before=stored[-1].sequence
        )
        looked_at += [(one, json.loads(one.event.document)) for one in further]
    happenings = [
        _happening(one, document, _predecessor(looked_at, at, document))
        for at, (one, document) in enumerate(looked_at[: len(shown)])
    ]
    older = shown[-1].sequence if len(stored) > SIZE else None
    return History(tuple(happenings), older)


def _without_predecessor(looked_at: list[tuple[StoredEvent, Any]], count: int) -> bool:
    return any(
        _predecessor(looked_at, at, document) is None and not one.event.type.endswith(".created")
        for at, (one, document) in enumerate(looked_at[:count])
    )


def _predecessor(
    looked_at: list[tuple[StoredEvent, Any]], at: int, document: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """How the same object was at the event before."""
    return next((older for _, older in looked_at[at + 1 :] if older["id"] == document["id"]), None)


def _happening(
    stored: StoredEvent, document: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Happening:
    event = stored.event
    is_first = event.type.endswith(".created")
    changes = None if before is None or is_first else tuple(find_changes(before, document))
    noun = event.type.partition(".")[0]
    return Happening(
        sequence=stored.sequence,
        type=event.type,
        created_at=event.created_at,
        name=None if noun == "customer" else find_name(document),
        path=f"{noun}s/{document['id']}" if noun in _WITH_PAGES else None,
        changes=() if is_first else changes,
        json=pretty(document),
    )


def find_name(document: Mapping[str, Any], otherwise: str = _NOTHING) -> str:
    """What people call an object that an event shows; `otherwise` if it has no name."""
    for one in (document.get("benefit"), document, document.get("product")):
        for key in ("name", "description", "email"):
            if one and one.get(key):
                return str(one[key])
    return otherwise


def find_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    """The fields that are different, in the order in which the API names them."""
    was, became = dict(_flat(before)), dict(_flat(after))
    if all(one.get("billing_name") == one.get("name") for one in (was, became)):
        was.pop("billing_name", None)  # it only follows the name
        became.pop("billing_name", None)
    for name in [*became, *(name for name in was if name not in became)]:
        if was.get(name) != became.get(name):
            yield FieldChange(name, _shown(was.get(name)), _shown(became.get(name)))


def pretty(document: object) -> str:
    """A document of the wire, for people to read."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def _flat(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields and their values as text; those of address and metadata one by one."""
    for name, value in document.items():
        if name in _LEFT_OUT or value is None:
            continue
        if name in _DEEP:
            for inner, one in value.items():
                if one is not None:
                    yield f"{name}.{inner}", json.dumps(one, ensure_ascii=False)
        else:
            yield name, json.dumps(value, ensure_ascii=False)


def _shown(value: str | None) -> str:
    """A value's JSON as people read it: text without its quotes."""
    if value is None:
        return _NOTHING
    read = json.loads(value)
    return read if isinstance(read, str) else value
