"""`icefloe trigger`: a webhook about what exists, for whoever listens."""

import json
import os
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from icefloe.assembly import open_services
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.webhooks import EVENT_TYPES
from icefloe.services import Services
from icefloe.settings import Settings
from receiving import receiving
from support import Command, Server, make_organization_of, run, run_here

CREATED = ["member.created", "customer.created", "customer.state_changed"]


class World:
    """An organization, whose events go to an endpoint that gets all of them."""

    def __init__(self, icefloe: Command, organization: str) -> None:
        self.icefloe = icefloe
        self.organization = organization
        url = "http://localhost:3000/hook"
        made = icefloe("webhooks", "create", url, "--organization", organization, "--json").json
        self.endpoint_id = UUID(made["id"])

    def trigger(self, *words: str) -> Any:
        """What a trigger does, as JSON."""
        return self.icefloe("trigger", *words, "--organization", self.organization, "--json").json

    def mistake(self, *words: str) -> str:
        """The line by which a trigger is refused."""
        return self.icefloe("trigger", *words, "--organization", self.organization).mistake

    def create(self, email: str = "ada@example.com", **values: Any) -> Any:
        """A new customer, as its document has it."""

        async def work(services: Services) -> bytes:
            subject = Subject(UUID(self.organization), uuid4(), frozenset())
            return await services.customer_writes.create(
                subject, NewCustomer(email=email, **values)
            )

        return json.loads(self.run(work))

    def run(self, work: Callable[[Services], Any]) -> Any:
        """The result of work on the database."""

        async def main() -> Any:
            services = await open_services(Settings(database=os.environ["ICEFLOE_DATABASE"]))
            try:
                return await work(services)
            finally:
                await services.stop()

        return run(main())

    def queued(self) -> list[Any]:
        """The bodies of all that waits for the endpoint."""

        async def work(services: Services) -> list[Any]:
            await services.webhook_deliveries.queue()
            found = await services.webhook_deliveries.find_queued(
                UUID(self.organization), self.endpoint_id, first=100, retries=0
            )
            assert found is not None
            return [json.loads(event.payload or b"") for event in found.first]

        found: list[Any] = self.run(work)
        return found

    def get(self, path: str) -> bytes | None:
        """The document of a customer; None where there is none."""

        async def work(services: Services) -> bytes | None:
            return await services.storage.read(
                lambda tables: tables.customers.find_document(UUID(self.organization), UUID(path))
            )

        found: bytes | None = self.run(work)
        return found


@pytest.fixture
def world(icefloe: Command, organization: str) -> World:
    """An organization with an endpoint and without customers."""
    return World(icefloe, organization)


def types(bodies: list[Any]) -> list[str]:
    """The types of webhooks."""
    return [body["type"] for body in bodies]


class TestCustomer:
    """Webhooks about a customer."""

    @pytest.mark.parametrize("kind", ["customer.created", "customer.updated"])
    def test_as_it_is(self, world: World, kind: str) -> None:
        """A customer that is named is told of as it is, and then its state; it is not changed."""
        made = world.create(name="Ada", external_id="usr_1")
        before = len(world.queued())

        done = world.trigger(kind, "--customer", made["id"])

        assert done == {
            "type": kind,
            "customer_id": made["id"],
            "member_id": None,
            "is_sample": False,
            "endpoints": 1,
        }
        event, state = world.queued()[before:]
        assert (event["type"], event["data"]) == (kind, made)
        assert (state["type"], state["data"]["id"]) == ("customer.state_changed", made["id"])
        assert json.loads(world.get(made["id"]) or b"") == made

    def test_state(self, world: World) -> None:
        """A state is told of alone."""
        made = world.create()
        before = len(world.queued())
        world.trigger("customer.state_changed", "--customer", made["id"])

        (state,) = world.queued()[before:]
        assert state["type"] == "customer.state_changed"
        assert state["data"] == {
            **made,
            "active_subscriptions": [],
            "granted_benefits": [],
            "active_meters": [],
        }

    def test_external_id(self, world: World) -> None:
        """A customer may be named by its external id."""
        made = world.create(external_id="usr_1")
        assert world.trigger("customer.updated", "--customer", "usr_1")["customer_id"] == made["id"]

    def test_sample(self, world: World) -> None:
        """Where none is named a sample is created, with all the webhooks of that."""
        done = world.trigger("customer.created")

        assert done["is_sample"]
        assert types(world.queued()) == CREATED
        stored = json.loads(world.get(done["customer_id"]) or b"")
        assert world.queued()[1]["data"] == stored
        assert stored["metadata"] == {"sample": True}
        assert world.trigger("customer.created")["customer_id"] != done["customer_id"]

    def test_sample_that_is_updated(self, world: World) -> None:
        """A sample is created first, and then told of."""
        world.trigger("customer.updated")
        assert types(world.queued()) == [*CREATED, "customer.updated", "customer.state_changed"]

    @pytest.mark.parametrize("is_named", [True, False], ids=["named", "sample"])
    def test_deleted(self, world: World, *, is_named: bool) -> None:
        """A customer that is told to be deleted is deleted: a webhook tells what is so."""
        words = ["--customer", world.create()["id"]] if is_named else []
        done = world.trigger("customer.deleted", *words)

        assert types(world.queued())[len(CREATED) :] == [
            "member.deleted",
            "customer.deleted",
            "customer.state_changed",
        ]
        assert world.get(done["customer_id"]) is None


class TestMember:
    """Webhooks about a member."""

    def test_created(self, world: World) -> None:
        """A team that is named gets a sample member."""
        team = world.create(type="team")
        before = len(world.queued())
        done = world.trigger("member.created", "--customer", team["id"])

        (event,) = world.queued()[before:]
        assert (event["type"], event["data"]["id"]) == ("member.created", done["member_id"])
        assert event["data"]["customer_id"] == team["id"]

    def test_updated(self, world: World) -> None:
        """Unless a member is named, it is the customer's owner."""
        made = world.create()
        owner = world.queued()[0]["data"]
        done = world.trigger("member.updated", "--customer", made["id"])

        assert world.queued()[-1] == {**world.queued()[-1], "type": "member.updated", "data": owner}
        assert done["member_id"] == owner["id"]

    def test_named(self, world: World) -> None:
        """A member that is named is told of as it is, whatever the customer."""
        world.create(type="team")
        owner = world.queued()[0]["data"]
        done = world.trigger("member.created", "--member", owner["id"])

        assert done["customer_id"] is None
        assert world.queued()[-1]["data"] == owner

    def test_deleted(self, world: World) -> None:
        """A member that is told to be deleted is deleted."""
        team = world.create(type="team")
        member = world.trigger("member.created", "--customer", team["id"])["member_id"]
        world.trigger("member.deleted", "--member", member)

        assert types(world.queued())[-1] == "member.deleted"
        assert world.mistake("member.updated", "--member", member) == f"there is no member {member}"

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("member.created", ["member.created"]),
            ("member.updated", ["member.updated"]),
            ("member.deleted", ["member.created", "member.deleted"]),
        ],
    )
    def test_sample(self, world: World, kind: str, expected: list[str]) -> None:
        """Where neither is named, a sample customer is created first."""
        assert world.trigger(kind)["is_sample"]
        assert types(world.queued()) == CREATED + expected

    def test_of_an_individual(self, world: World) -> None:
        """An individual gets no other member, and that is one line."""
        made = world.create()
        said = world.mistake("member.created", "--customer", made["id"])
        assert said.startswith("Individual customers can only have one member")

    def test_owner(self, world: World) -> None:
        """An owner is not deleted, and that is one line."""
        world.create()
        owner = world.queued()[0]["data"]
        said = world.mistake("member.deleted", "--member", owner["id"])
        assert said.startswith("Cannot delete the only owner")


class TestTrigger:
    """What all have in common."""

    def test_organization(self, world: World) -> None:
        """The organization is told of as it is."""
        world.trigger("organization.updated")
        (event,) = world.queued()
        assert (event["type"], event["data"]["id"]) == ("organization.updated", world.organization)

    def test_for_people(self, world: World) -> None:
        """What is told of is named, so that it can be looked up."""
        made = world.create()
        told = world.icefloe(
            "trigger", "customer.updated", "--customer", made["id"],
            "--organization", world.organization,
        )  # fmt: skip
        assert (told.out, told.err) == (f"customer.updated: customer {made['id']}\n", "")

    def test_without_endpoint(self, icefloe: Command, organization: str) -> None:
        """Where no endpoint is sent it, that is told: else one waits for what does not come."""
        told = icefloe("trigger", "customer.created", "--organization", organization)
        assert told.status == 0
        assert "No endpoint of the organization gets customer.created" in told.err

    @pytest.mark.parametrize("kind", EVENT_TYPES)
    def test_every_type(self, world: World, kind: str) -> None:
        """Every type is either caused, or said to be none that anything here causes."""
        told = world.icefloe("trigger", kind, "--organization", world.organization)
        if told.status:
            assert f"nothing here causes {kind} yet" in told.mistake
        else:
            assert kind in types(world.queued())
        is_here = kind.partition(".")[0] in {"customer", "member", "organization"}
        assert (told.status == 0) == is_here

    @pytest.mark.parametrize(
        ("words", "mistake"),
        [
            (["custmer.updated"], "no webhook 'custmer.updated'; did you mean 'customer.updated'?"),
            (["customer.updated", "--customer", "nobody"], "there is no customer nobody"),
            (["customer.updated", "--member", "nobody"], "tells of no member"),
            (["organization.updated", "--customer", "nobody"], "tells of no customer"),
            (["member.updated", "--member", "nobody"], "there is no member nobody"),
        ],
    )
    def test_mistakes(self, world: World, words: list[str], mistake: str) -> None:
        """A user's mistake is one line, and nothing is told."""
        assert mistake in world.mistake(*words)
        assert world.queued() == []

    def test_no_organization(self, icefloe: Command) -> None:
        """An organization that is not there is one line."""
        told = icefloe("trigger", "customer.created", "--organization", str(uuid4()))
        assert told.mistake.startswith("there is no organization")


@pytest.mark.processes
def test_delivered(server: Server, services: Services) -> None:
    """A server that runs on the database delivers it."""
    organization = make_organization_of(server, services)
    words = ["--organization", str(organization.id), "--database", server.database]
    with receiving() as receiver:
        run_here("webhooks", "create", receiver.url(), "--event", "customer.updated", *words)
        done = run_here("trigger", "customer.updated", "--json", *words).json
        receiver.wait_for(1)

        (request,) = receiver.requests
        body = json.loads(request.body)
        assert (body["type"], body["data"]["id"]) == ("customer.updated", done["customer_id"])
