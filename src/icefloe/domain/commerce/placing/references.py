"""What placements name of others, and how what they give goes over what would be usual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.values import documents, moments
from icefloe.domain.values.documents import WHOLE, Document, Embedded
from icefloe.domain.values.errors import RulesBroken, Violation

if TYPE_CHECKING:
    from datetime import datetime

    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.customers import Customer


def refuse(key: str | tuple[str | int, ...], message: str, value: object = None) -> RulesBroken:
    """What to raise where the value of a key cannot be."""
    place = (key,) if isinstance(key, str) else key
    return RulesBroken(Violation("value_error", place, message, value))


def overlay(document: Document, values: Document, *, but: Iterable[str] = ()) -> Document:
    """A document with what is given in place of its own values, except for some keys."""
    kept = frozenset(but)
    return {
        key: values[key] if key in values and key not in kept else one
        for key, one in document.items()
    }


def find_id(change: Change, values: Document) -> UUID:
    """The id that a placement gives, or a new one."""
    return UUID(values["id"]) if "id" in values else change.new_id()


def find_moment(values: Document, key: str) -> datetime | None:
    """The moment at a key, if one is given."""
    text = values.get(key)
    return None if text is None else documents.read_moment(text)


def render(moment: datetime | None) -> str | None:
    """A moment as documents write it, if there is one."""
    return None if moment is None else moments.render(moment)


async def find(change: Change, resource: str, values: Document, key: str) -> Document | None:
    """The object that a key names, deleted or not; None where it names none. Raises RulesBroken."""
    wanted = values.get(key)
    if wanted is None:
        return None
    return await read(change, resource, key, wanted)


async def require(change: Change, resource: str, values: Document, key: str) -> Document:
    """The object that a key must name, deleted or not. Raises RulesBroken."""
    found = await find(change, resource, values, key)
    if found is None:
        raise refuse(key, "Field required")
    return found


async def read(
    change: Change, resource: str, key: str | tuple[str | int, ...], wanted: str
) -> Document:
    """The object with an id, deleted or not. Raises RulesBroken, which names the key."""
    texts = await change.tables.commerce.table(resource).find_texts(
        change.organization_id, [UUID(wanted)]
    )
    if not texts:
        noun = resource.removesuffix("s").replace("_", " ").capitalize()
        raise refuse(key, f"{noun} does not exist.", wanted)
    return documents.read(texts[UUID(wanted)])


async def embed_all(
    change: Change, resource: str, values: Document, key: str, form: str = WHOLE
) -> list[Embedded]:
    """The places of the objects that a list of ids names, each once. Raises RulesBroken."""
    wanted: list[str] = list(dict.fromkeys(values.get(key) or ()))
    for at, one in enumerate(wanted):
        await read(change, resource, (key, at), one)
    return [Embedded(resource, UUID(one), form) for one in wanted]


async def lock_customer(change: Change, values: Document) -> Customer:
    """The customer that a placement names, deleted or not, locked. Raises RulesBroken."""
    customers, wanted = change.tables.customers, values.get("customer_id")
    if wanted is not None:
        key, found = "customer_id", await customers.find(change.organization_id, UUID(wanted))
    elif (wanted := values.get("external_customer_id")) is not None:
        key = "external_customer_id"
        found = await customers.find_external(change.organization_id, wanted)
    else:
        raise refuse("customer_id", "Field required")
    if found is None:
        raise refuse(key, "Customer does not exist.", wanted)
    return found
