"""What a live account has → a seed that makes the same."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from icefloe.exchange import records
from icefloe.exchange.commerce.recordings import (
    OF_CUSTOMERS,
    Objects,
    find_held,
    make_objects,
)

_NAME = "Recorded"
_TOKEN = "recorded"  # noqa: S105 - its name, not the token
_SEED = 1
_MEMBER_FIELDS = ("id", "created_at", "email", "name", "external_id", "role")
# The usual values, which a seed leaves out.
_USUAL: Mapping[str, Any] = {"type": "individual", "email_verified": False, "metadata": {}}


def make_seed(
    customers: Sequence[Mapping[str, Any]],
    members: Mapping[str, Iterable[Mapping[str, Any]]],
    objects: Objects,
) -> dict[str, Any]:
    """A seed, as JSON has values, of what an account has, in the wire's form.

    Args:
        customers: in the order in which they are stored.
        members: those of some customers, the owner among them, by the customer's id.
        objects: those of each noun of commerce, by the noun; `commerce.recordings.choose` has chosen
            them.
    """
    organization: dict[str, Any] = {"name": _NAME, "seed": _SEED, "tokens": [{"name": _TOKEN}]}
    for one in (*customers[:1], *objects.get("products", [])[:1]):
        if one.get("organization_id"):
            organization = {"id": one["organization_id"], **organization}
    for noun, those in objects.items():
        if those and noun not in OF_CUSTOMERS:
            organization[noun] = make_objects(noun, those)
    held = find_held(objects)
    organization["customers"] = [
        {
            **_customer(customer, members.get(customer["id"], ())),
            **held.get(customer["id"], {}),
        }
        for customer in customers
    ]
    return {"organizations": [organization]}


def _customer(customer: Mapping[str, Any], members: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    made = {
        name: customer[name]
        for name in records.FIELDS
        if customer.get(name) is not None and customer[name] != _USUAL.get(name)
    }
    if made.get("billing_name") == made.get("name"):
        made.pop("billing_name", None)  # the wire shows the name where there is no other
    if "email" not in made:
        made["type"] = "team"  # only a team may be without an address
    # An owner without an address of its own is simply the customer.
    found = [_member(member) for member in members if member.get("email")]
    return {**made, "members": found} if found else made


def _member(member: Mapping[str, Any]) -> dict[str, Any]:
    return {name: member[name] for name in _MEMBER_FIELDS if name in member}
