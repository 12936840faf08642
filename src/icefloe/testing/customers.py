"""Makes the customers that a test begins with."""

import uuid
from collections.abc import Mapping
from typing import Any

from icefloe.sample import draws, people
from icefloe.testing.api import Api
from icefloe.testing.control import Control
from icefloe.testing.errors import Refused
from icefloe.testing.shown import Shown, to_wire

_FIELDS: dict[str, tuple[str, ...]] = {
    "": (
        *("type", "email", "name", "external_id", "metadata", "billing_address", "tax_id"),
        *("locale", "organization_id", "owner"),
    ),
    "billing_address": ("line1", "line2", "postal_code", "city", "state", "country"),
    "owner": ("email", "name", "external_id"),
}
"""What `POST /v1/customers/` takes, and what the objects in it have."""
_PAGE = 100
_AT_ONCE = 1000


class Customer(Shown):
    """A customer as the wire has it, who can be given what customers have.

    `customer["email"]` and `customer.email` are the same; a field that the contract does not have is
    missing from both. The methods raise Refused for a value that cannot be; with `loud=True` webhooks
    tell of what they do.
    """

    __slots__ = ("_control",)

    def __init__(self, values: Mapping[str, Any], control: Control) -> None:
        """From what the server answered."""
        super().__init__(values, "customer")
        self._control = control

    def subscribe(self, product: Shown | str, **values: Any) -> Shown:
        """Give it a subscription, with the benefits that the product brings; gives the subscription.

        Args:
            product: what is subscribed to, or its id or name.
            values: fields of the subscription, such as `status`, `cancel_at_period_end`, `started_at`,
                `discount`; `ends_in`, a span until its period ends; and `loud`. It is active since
                now unless they say more.
        """
        return self._make("subscriptions", "subscription", {"product": product, **values})

    def order(self, product: Shown | str | None = None, **values: Any) -> Shown:
        """Give it an order; gives the order.

        Args:
            product: what was bought, or its id or name; None for something that is no product.
            values: fields of the order, such as `status`, `created_at`, `subscription`; `amount`, in
                cents, before discount and tax; and `loud`. It is paid now, at the product's price,
                unless they say more.
        """
        return self._make("orders", "order", {"product": product, **values})

    def grant(self, benefit: Shown | str, **values: Any) -> Shown:
        """Grant it a benefit on its own, without a subscription; gives the grant.

        Args:
            benefit: what is granted, or its id or description.
            values: fields of the grant, such as `granted_at`, `order`, `properties`; and `loud`.
        """
        return self._make("benefit_grants", "grant", {"benefit": benefit, **values})

    def meter(self, meter: Shown | str, **values: Any) -> Shown:
        """Set what it has used of a meter, and was credited; gives the customer meter.

        Args:
            meter: the meter, or its id or name; where no meter has the name, one is made.
            values: `credited` and `consumed`, in units, and `loud`. What is left out stays; events
                consume what is missing.
        """
        return self._make("customer_meters", "customer meter", {"meter": meter, **values})

    def _make(self, path: str, noun: str, values: dict[str, Any]) -> Shown:
        given = {key: value for key, value in values.items() if value is not None}
        asked = to_wire({"customer_id": self["id"], **given})
        return Shown(self._control.post(path, asked), noun)


class Customers:
    """Makes an organization's customers, with made-up values where a test names none.

    The first customer of every test has the same made-up values, and so have the second and all
    others; within a test no two share an e-mail address or an external id. The application's log of
    requests does not show how they were made.
    """

    def __init__(self, api: Api, control: Control, organization_id: str) -> None:
        self._api = api
        self._control = control
        self._organization_id = organization_id
        self._count = 0
        self._taken: set[str] = set()

    def create(self, **values: Any) -> Customer:
        """Make a customer as `POST /v1/customers/` does, and give what that answers.

        Args:
            values: the fields of the request's body that the test cares for; `email`, `name` and
                `external_id` are made up unless named. A field that is None is sent as null.

        Raises:
            Refused: the contract does not allow a value, or knows no such field; says which.
        """
        _refuse_unknown(values)
        made = self._api.post("/v1/customers/", self._fill(values))
        return Customer(made, self._control)

    def create_many(self, count: int, **values: Any) -> list[Customer]:
        """Make so many customers at once, faster than one by one; in the order they were made.

        They are imported, not posted, so that the clock does not tick between them.

        Args:
            count: how many.
            values: what all of them have; neither an e-mail address nor an external id.

        Raises:
            Refused: a value is not one that a customer can have.
        """
        made = [self._fill(values) | {"id": self._next_id()} for _ in range(count)]
        for start in range(0, count, _AT_ONCE):
            self.load(made[start : start + _AT_ONCE])
        wanted = {customer["id"] for customer in made}
        found: dict[str, Customer] = {}
        page = 1
        while wanted - found.keys():
            path = f"/v1/customers/?limit={_PAGE}&page={page}&sorting=-created_at"
            items = self._api.get(path)["items"]
            if not items:
                break
            found |= {
                item["id"]: Customer(item, self._control) for item in items if item["id"] in wanted
            }
            page += 1
        return [found[customer["id"]] for customer in made]

    def load(self, customers: list[dict[str, Any]], *, on_conflict: str = "fail") -> None:
        """Import customers with all they have, such as ids and times.

        Args:
            customers: in the wire's form; only `email` is needed.
            on_conflict: what to do with a customer that exists already: `fail`, `skip` or `update`.

        Raises:
            Refused: one of them cannot be stored; says which and why.
        """
        self._control.post("customers", {"customers": customers, "on_conflict": on_conflict})

    def _fill(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values, with made-up ones for what every customer should have."""
        self._count += 1
        draw = draws.Draws(self._count, "test")
        is_team = values.get("type") == "team"
        party = people.company(draw) if is_team else people.person(draw)
        if isinstance(values.get("email"), str):
            self._taken.add(values["email"].lower())
        made_up: dict[str, Any] = {
            "email": people.email(party, draw, self._taken),
            "name": party.name,
            "external_id": f"{'org' if is_team else 'usr'}_{self._count}",
        }
        return made_up | values

    def _next_id(self) -> str:
        draw = draws.Draws(self._organization_id, self._count, "id")
        return str(uuid.UUID(bytes=draw.octets(16), version=4))


def _refuse_unknown(values: dict[str, Any]) -> None:
    """See that a new customer can have such fields: the contract passes over others. Raises Refused."""
    unknown = []
    for outer, known in _FIELDS.items():
        given = values.get(outer) if outer else values
        if isinstance(given, dict):
            unknown += [(outer, name, known) for name in given if name not in known]
    if not unknown:
        return
    from icefloe.domain.values import spelling  # noqa: PLC0415 - a test's process needs it only here

    problems = [
        {
            "loc": ["body", *([outer] if outer else []), name],
            "msg": f"a new customer has no such field{spelling.hint(name, known)}",
            "type": "extra_forbidden",
        }
        for outer, name, known in unknown
    ]
    raise Refused("POST", "/v1/customers/", 422, {"detail": problems})
