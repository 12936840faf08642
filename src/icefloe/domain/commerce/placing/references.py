"""What placements name of others, and how what they give goes over what would be usual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from icefloe.domain.commerce import matching
from icefloe.domain.values import documents, moments
from icefloe.domain.values.commerce import Filter
from icefloe.domain.values.documents import WHOLE, Document, Embedded
from icefloe.domain.values.errors import RulesBroken, Violation

if TYPE_CHECKING:
    from datetime import datetime

    from icefloe.domain.commerce.changes import Change
    from icefloe.domain.values.customers import Customer


Key = str | tuple[str | int, ...]
"""Where a value stands: its key, or the way there from the outermost key on."""

_NAMES = {"benefits": "description"}
"""What objects are named by, where that is not their name."""


def refuse(key: Key, message: str, value: object = None) -> RulesBroken:
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
    """The object that a key names, deleted or not; None where it names none. Raises RulesBroken.

    Without `product_id`, `product` may have the product's name, and so on.
    """
    wanted = values.get(key)
    if wanted is not None:
        return await read(change, resource, key, wanted)
    by_name = key.removesuffix("_id")
    name = values.get(by_name)
    return None if name is None else await find_named(change, resource, by_name, name)


async def require(change: Change, resource: str, values: Document, key: str) -> Document:
    """The object that a key must name, deleted or not. Raises RulesBroken."""
    found = await find(change, resource, values, key)
    if found is None:
        raise refuse(key, "Field required")
    return found


async def read(change: Change, resource: str, key: Key, wanted: str) -> Document:
    """The object with an id, deleted or not. Raises RulesBroken, which names the key."""
    texts = await change.tables.commerce.table(resource).find_texts(
        change.organization_id, [UUID(wanted)]
    )
    if not texts:
        raise _absent(resource, key, wanted)
    return documents.read(texts[UUID(wanted)])


async def find_named(change: Change, resource: str, key: Key, name: str) -> Document:
    """The object with a name, unless deleted. Raises RulesBroken, which names the key."""
    there = await list_named(change, resource, name)
    if not there:
        raise _absent(resource, key, name)
    if len(there) > 1:
        raise refuse(key, f"Several {resource} have this name: give an id.", name)
    return there[0]


async def list_named(change: Change, resource: str, name: str) -> list[Document]:
    """The objects with a name that are not deleted."""
    column = _NAMES.get(resource, "name")
    table = change.tables.commerce.table(resource)
    alike = await matching.find_all(
        table, change.organization_id, [Filter(f"{column}_lower", (name,))]
    )
    return [one for one in alike if one[column] == name]


async def embed_all(
    change: Change, resource: str, values: Document, key: str, form: str = WHOLE
) -> list[Embedded]:
    """The places of the objects that a list of ids and names names. Raises RulesBroken."""
    found: dict[str, None] = {}
    for at, one in enumerate(values.get(key) or ()):
        found[(await _find_listed(change, resource, (key, at), one))["id"]] = None
    return [Embedded(resource, UUID(one), form) for one in found]


async def _find_listed(change: Change, resource: str, key: Key, one: str) -> Document:
    try:
        UUID(one)
    except ValueError:
        return await find_named(change, resource, key, one)
    return await read(change, resource, key, one)


def _absent(resource: str, key: Key, wanted: str) -> RulesBroken:
    noun = resource.removesuffix("s").replace("_", " ").capitalize()
    return refuse(key, f"{noun} does not exist.", wanted)


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
