"""Any sequence of writes: the server against a plain model of what it should then show."""

import itertools
from collections.abc import Callable
from typing import Any, ClassVar

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from api.writing import CUSTOMERS, EXTERNAL
from depth import AT_EACH_DEPTH, Depth
from icefloe.storage.open import sqlite_path
from icefloe.storage.sqlite import maintenance
from support import Organization, Server

SEQUENCES = 40
STORM = settings(
    stateful_step_count=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

Json = dict[str, Any]

# Few, so that they collide; two differ in letter case alone.
emails = st.sampled_from(["a@sea.is", "A@sea.is", "b@sea.is", "c@sea.is", "d@sea.is"])
external_ids = st.sampled_from(["one", "two", "ONE", "100%"])
names = st.sampled_from([None, "Ada", "Bo Ø", "", " Cyd "])
metadata = st.dictionaries(
    st.sampled_from(["k", "plan", "é"]), st.sampled_from([1, 1.5, "gold", True]), max_size=3
)
countries = st.sampled_from(["NO", "FR"])
new_customers = st.fixed_dictionaries(
    {"type": st.sampled_from(["individual", "team", "team"])},
    optional={
        "external_id": st.none() | external_ids,
        "name": names,
        "metadata": metadata,
        "billing_address": countries.map(lambda country: {"country": country}),
    },
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "email": emails | st.none(),
        "external_id": st.none() | external_ids,
        "name": names,
        "metadata": metadata,
        "billing_address": st.none() | countries.map(lambda country: {"country": country}),
        "type": st.sampled_from(["individual", "team", None]),
    },
)
WAYS_TO_GO = [(True, ""), (True, "?anonymize=true"), (False, ""), (False, "?anonymize=true")]
picks = st.integers(0, 30)


def blank_to_null(text: str | None) -> str | None:
    """Text as it is kept."""
    return ((text or "").strip()) or None


def address(country: str) -> Json:
    """An address of which only the country is known, as it is shown."""
    return {
        **dict.fromkeys(("line1", "line2", "postal_code", "city", "state")),
        "country": country,
    }


class Model:
    """What an organization's customers and members should be: plain dictionaries, by id."""

    def __init__(self) -> None:
        self.customers: dict[str, Json] = {}
        self.members: dict[str, Json] = {}

    def find(self, external_id: str) -> Json | None:
        """The customer with an external id."""
        found = [one for one in self.customers.values() if one["external_id"] == external_id]
        return found[0] if found else None

    def is_taken(self, field: str, value: str | None, *, but_by: str = "") -> bool:
        """Whether another customer has the value; addresses are the same in any letter case."""
        if value is None:
            return False
        same = str.lower if field == "email" else str
        return any(
            same(one[field]) == same(value)
            for one in self.customers.values()
            if one["id"] != but_by and one[field] is not None
        )

    def may_create(self, body: Json) -> bool:
        """Whether a new customer is accepted."""
        return not any(self.is_taken(field, body.get(field)) for field in ("email", "external_id"))

    def create(self, customer_id: str, body: Json) -> None:
        """Take in a new customer and its owner."""
        customer = {
            "id": customer_id,
            "email": body["email"],
            "external_id": body.get("external_id"),
            "name": blank_to_null(body.get("name")),
            "metadata": body.get("metadata", {}),
            "billing_address": None,
            "type": body.get("type", "individual"),
        }
        if body.get("billing_address"):
            customer["billing_address"] = address(body["billing_address"]["country"])
        self.customers[customer_id] = customer

    def may_change(self, customer: Json, body: Json) -> bool:
        """Whether a change is accepted."""
        if self.is_taken("email", body.get("email"), but_by=customer["id"]):
            return False
        if body.get("billing_address", {}) is None:
            return False
        if "external_id" in body and body["external_id"] != customer["external_id"]:
            if customer["external_id"] is not None:
                return False
            if self.is_taken("external_id", body["external_id"], but_by=customer["id"]):
                return False
        return not ("type" in body and body["type"] != "team" and customer["type"] == "team")

    def change(self, customer: Json, body: Json) -> None:
        """Take over a change."""
        email = body.get("email")
        if email is not None and email.lower() != customer["email"].lower():
            customer["email"] = email
            if customer["type"] == "individual":
                self.owner_of(customer["id"])["email"] = email
        for name in ("external_id", "metadata"):
            if name in body:
                customer[name] = body[name]
        if "name" in body:
            customer["name"] = blank_to_null(body["name"])
        if "billing_address" in body:
            customer["billing_address"] = address(body["billing_address"]["country"])
        if body.get("type") is not None:
            customer["type"] = body["type"]

    def delete(self, customer_id: str) -> None:
        """Let a customer and its members go."""
        del self.customers[customer_id]
        for member in self.members_of(customer_id):
            del self.members[member["id"]]

    def members_of(self, customer_id: str) -> list[Json]:
        """The members of a customer."""
        return [one for one in self.members.values() if one["customer_id"] == customer_id]

    def owner_of(self, customer_id: str) -> Json:
        """The one member who owns a customer."""
        (owner,) = (one for one in self.members_of(customer_id) if one["role"] == "owner")
        return owner


class Writes(RuleBasedStateMachine):
    """Writes to an organization of its own, over one connection."""

    make_organization: ClassVar[Callable[[], Organization]]
    server: ClassVar[Server]
    customers: Bundle[str] = Bundle("customers")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.former_members: list[Json] = []
        self.keys = itertools.count()
        self.client = httpx.Client(verify=False, timeout=120)  # noqa: S501 - plain HTTP

    @initialize()
    def begin(self) -> None:
        """Begin with an organization without customers."""
        organization = type(self).make_organization()
        self.client.base_url = httpx.URL(organization.url)
        self.client.headers["Authorization"] = f"Bearer {organization.token()}"

    def teardown(self) -> None:
        """Close the connection."""
        self.client.close()

    @rule(target=customers, email=emails, body=new_customers, repeats=st.integers(0, 1))
    def create(self, email: str, body: Json, repeats: int) -> Any:
        """A new customer, sometimes asked for twice under one key."""
        body = {**body, "email": email}
        headers = {"Idempotency-Key": f"{next(self.keys)}"}
        answer = self.client.post(CUSTOMERS, json=body, headers=headers)
        if not self.model.may_create(body):
            assert answer.status_code == 422
            return multiple()
        assert answer.status_code == 201, answer.text
        for _ in range(repeats):
            again = self.client.post(CUSTOMERS, json=body, headers=headers)
            assert again.content == answer.content
        return self._take_in(answer, body)

    @rule(target=customers, external_id=external_ids, email=emails, body=new_customers)
    def put(self, external_id: str, email: str, body: Json) -> Any:
        """A customer made or changed by its external id."""
        body = {**body, "email": email}
        body.pop("external_id", None)
        kept = self.model.find(external_id)
        answer = self.client.put(f"{EXTERNAL}{_escaped(external_id)}", json=body)
        if kept is not None:
            if self.model.may_change(kept, body):
                assert answer.status_code == 200, answer.text
                self.model.change(kept, body)
            else:
                assert answer.status_code == 422
            return multiple()
        body["external_id"] = external_id
        if not self.model.may_create(body):
            assert answer.status_code == 422
            return multiple()
        assert answer.status_code == 201, answer.text
        return self._take_in(answer, body)

    @rule(customer_id=customers, external_id=external_ids, by_id=st.booleans(), body=changes)
    def update(self, customer_id: str, external_id: str, by_id: bool, body: Json) -> None:  # noqa: FBT001 - drawn
        """A change, also of whoever is gone; by external id its body has neither that nor a type."""
        if by_id:
            answer = self.client.patch(f"{CUSTOMERS}{customer_id}", json=body)
            kept = self.model.customers.get(customer_id)
        else:
            answer = self.client.patch(f"{EXTERNAL}{_escaped(external_id)}", json=body)
            kept = self.model.find(external_id)
            body = {name: body[name] for name in body.keys() - {"external_id", "type"}}
        if kept is None:
            assert answer.status_code == 404
        elif not self.model.may_change(kept, body):
            assert answer.status_code == 422
        else:
            assert answer.status_code == 200, answer.text
            self.model.change(kept, body)
            assert _known(answer.json(), kept) == kept

    @rule(customer_id=customers, external_id=external_ids, way=st.sampled_from(WAYS_TO_GO))
    def delete(self, customer_id: str, external_id: str, way: tuple[bool, str]) -> None:
        """A deletion, also of whoever is gone."""
        by_id, query = way
        if by_id:
            answer = self.client.delete(f"{CUSTOMERS}{customer_id}{query}")
            kept = self.model.customers.get(customer_id)
        else:
            answer = self.client.delete(f"{EXTERNAL}{_escaped(external_id)}{query}")
            kept = self.model.find(external_id)
        assert answer.status_code == (404 if kept is None else 204)
        if kept is not None:
            self.former_members += self.model.members_of(kept["id"])
            self.model.delete(kept["id"])

    @rule(customer_id=customers, email=emails, role=st.sampled_from(["member", "billing_manager"]))
    def add_member(self, customer_id: str, email: str, role: str) -> None:
        """A new member of a team, or the one that has the address already."""
        answer = self.client.post(
            f"{CUSTOMERS}{customer_id}/members", json={"email": email, "role": role}
        )
        customer = self.model.customers.get(customer_id)
        if customer is None:
            assert answer.status_code == 404
            return
        if customer["type"] == "individual":
            assert answer.status_code == 403
            return
        assert answer.status_code == 201, answer.text
        shown = answer.json()
        same = [
            one
            for one in self.model.members_of(customer_id)
            if one["email"].lower() == email.lower()
        ]
        if same:
            assert _known(shown, same[0]) == same[0]
            return
        self.model.members[shown["id"]] = {
            "id": shown["id"],
            "customer_id": customer_id,
            "email": email,
            "name": None,
            "external_id": None,
            "role": role,
        }

    @rule(pick=picks, name=names, role=st.sampled_from(["owner", "member", None]))
    def change_member(self, pick: int, name: str | None, role: str | None) -> None:
        """Another name and role for somebody's member; a new owner takes the place of the old."""
        member = self._pick_member(pick)
        if member is None:
            return
        path = f"{CUSTOMERS}{member['customer_id']}/members/{member['id']}"
        answer = self.client.patch(path, json={"name": name, "role": role})
        if member["id"] not in self.model.members:
            assert answer.status_code == 404
            return
        if member["role"] == "owner" and role == "member":
            assert answer.status_code == 422
            return
        assert answer.status_code == 200, answer.text
        if role == "owner" and member["role"] != "owner":
            self.model.owner_of(member["customer_id"])["role"] = "billing_manager"
        member["role"] = role or member["role"]
        member["name"] = blank_to_null(name) or member["name"]

    @rule(pick=picks)
    def remove_member(self, pick: int) -> None:
        """Somebody's member who goes, unless it is the owner."""
        member = self._pick_member(pick)
        if member is None:
            return
        answer = self.client.delete(f"{CUSTOMERS}{member['customer_id']}/members/{member['id']}")
        if member["id"] not in self.model.members:
            assert answer.status_code == 404
        elif member["role"] == "owner":
            assert answer.status_code == 422
        else:
            assert answer.status_code == 204
            self.former_members.append(self.model.members.pop(member["id"]))

    @invariant()
    def lists_are_the_models(self) -> None:
        """Both lists show what the model has, newest customer first, and count it."""
        for path, kept in (
            (CUSTOMERS, self.model.customers),
            ("/v1/members/", self.model.members),
        ):
            if "Authorization" not in self.client.headers:
                continue
            page = self.client.get(path, params={"limit": 100}).json()
            assert page["pagination"]["total_count"] == len(kept)
            shown = {one["id"]: one for one in page["items"]}
            assert {key: _known(one, kept[key]) for key, one in shown.items()} == kept
        if self.model.customers:
            self._check_one(next(reversed(self.model.customers)))

    def _check_one(self, customer_id: str) -> None:
        """By id, by external id, by address and in search the newest customer is the same."""
        kept = self.model.customers[customer_id]
        content = self.client.get(f"{CUSTOMERS}{customer_id}").content
        if kept["external_id"] is not None:
            path = f"{EXTERNAL}{_escaped(kept['external_id'])}"
            assert self.client.get(path).content == content
        by_email = self.client.get(CUSTOMERS, params={"email": kept["email"].upper()})
        assert content in by_email.content
        found = self.client.get(CUSTOMERS, params={"query": kept["email"]}).content
        assert content in found

    def _take_in(self, answer: httpx.Response, body: Json) -> str:
        customer_id: str = answer.json()["id"]
        self.model.create(customer_id, body)
        (owner,) = self.client.get("/v1/members/", params={"customer_id": customer_id}).json()[
            "items"
        ]
        self.model.members[owner["id"]] = {
            "id": owner["id"],
            "customer_id": customer_id,
            "email": body["email"],
            "name": blank_to_null(body.get("name")),
            "external_id": body.get("external_id"),
            "role": "owner",
        }
        return customer_id

    def _pick_member(self, pick: int) -> Json | None:
        """One of the members there are and, now and then, were."""
        there = [*self.model.members.values(), *self.former_members[-2:]]
        return there[pick % len(there)] if there else None


def _known(shown: Json, kept: Json) -> Json:
    """The fields of an answer that the model knows."""
    return {name: shown[name] for name in kept}


def _escaped(external_id: str) -> str:
    return external_id.replace("%", "%25")


@AT_EACH_DEPTH
@pytest.mark.usefixtures("services")
def test_any_sequence_of_writes(
    server: Server, make_organization: Callable[[], Organization], depth: Depth
) -> None:
    """After any writes every read shows what the model has, and nothing in the database disagrees."""
    machine: Any = type(
        "Bound",
        (Writes,),
        {"make_organization": staticmethod(make_organization), "server": server},
    )
    run_state_machine_as_test(machine, settings=settings(STORM, max_examples=depth.of(SEQUENCES)))

    assert maintenance.find_disagreements(sqlite_path(server.database), lambda _: None) == []
