"""Writes that only owners may do: the role is read in the write's own transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from icefloe.domain.customer_writes import CustomerWrites
from icefloe.domain.organizations import Organizations
from icefloe.domain.people.invitations import Invitations
from icefloe.domain.people.memberships import Memberships
from icefloe.domain.people.people import People
from icefloe.domain.ports.storage import Storage
from icefloe.domain.tokens import Tokens
from icefloe.domain.values import errors, listing
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.organizations import Organization
from icefloe.domain.values.people import Person
from icefloe.domain.values.tokens import Token
from icefloe.domain.values.webhooks import (
    NewWebhookEndpoint,
    WebhookEndpoint,
    WebhookEndpointChange,
    WebhookEvent,
)
from icefloe.domain.webhooks.deliveries import WebhookDeliveries
from icefloe.domain.webhooks.endpoints import WebhookEndpoints
from support import HeldTime, add_person, run

SECRET = b"a secret of the tests"


@dataclass
class House:
    """The rules, an organization that Ada owns, and its objects."""

    organizations: Organizations
    memberships: Memberships
    invitations: Invitations
    tokens: Tokens
    webhook_endpoints: WebhookEndpoints
    webhook_deliveries: WebhookDeliveries
    organization: Organization
    ada: Person
    bob: Person
    token: Token
    invitation_id: UUID
    webhook_endpoint: WebhookEndpoint
    webhook_event: WebhookEvent


_NEW_ENDPOINT = NewWebhookEndpoint(
    url="https://example.com/", format="raw", events=("customer.created",)
)


@pytest.fixture
def house(store: Storage, time: HeldTime) -> House:
    """An organization that Ada and Bob own."""
    organizations = Organizations(store, time.clock)
    memberships = Memberships(store, time.clock)
    people = People(store, time.clock, SECRET)
    invitations = Invitations(store, time.clock, SECRET, people)
    tokens = Tokens(store, time.clock, SECRET)
    organization = run(organizations.create("Tests", slug="tests"))
    ada, bob = add_person(store, "ada"), add_person(store, "bob")
    for person in (ada, bob):
        run(memberships.add(organization.id, person.id, "owner"))
    token, _ = run(tokens.create(organization.id, "first", ["customers:read"]))
    invitation, _ = run(invitations.create(organization.id, "member", by=None))
    endpoints, deliveries = (
        WebhookEndpoints(store, time.clock),
        WebhookDeliveries(store, time.clock),
    )
    endpoint = run(endpoints.create(organization.id, _NEW_ENDPOINT))
    subject = Subject(organization.id, uuid4(), frozenset(), None)
    run(CustomerWrites(store, time.clock).create(subject, NewCustomer(email="c@example.com")))
    run(deliveries.queue())
    queued = run(deliveries.find_queued(organization.id, endpoint.id, first=1, retries=0))
    assert queued is not None
    return House(
        organizations,
        memberships,
        invitations,
        tokens,
        endpoints,
        deliveries,
        organization,
        ada,
        bob,
        token,
        invitation.id,
        endpoint,
        queued.first[0],
    )


Write = Callable[[House, UUID], Awaitable[object]]

WRITES: dict[str, Write] = {
    "create a token": lambda house, by: house.tokens.create(
        house.organization.id, "more", ["customers:read"], by=by
    ),
    "change a token": lambda house, by: house.tokens.update(
        house.organization.id, house.token.id, name="other", by=by
    ),
    "revoke a token": lambda house, by: house.tokens.revoke(
        house.token.id, organization_id=house.organization.id, by=by
    ),
    "create a webhook endpoint": lambda house, by: house.webhook_endpoints.create(
        house.organization.id, _NEW_ENDPOINT, by=by
    ),
    "change a webhook endpoint": lambda house, by: house.webhook_endpoints.update(
        house.organization.id,
        house.webhook_endpoint.id,
        WebhookEndpointChange(enabled=False),
        by=by,
    ),
    "reset a webhook endpoint's secret": lambda house, by: house.webhook_endpoints.reset_secret(
        house.organization.id, house.webhook_endpoint.id, by=by
    ),
    "delete a webhook endpoint": lambda house, by: house.webhook_endpoints.delete(
        house.organization.id, house.webhook_endpoint.id, by=by
    ),
    "redeliver an event": lambda house, by: house.webhook_deliveries.redeliver(
        house.organization.id, house.webhook_event.id, by=by
    ),
    "rename the organization": lambda house, by: house.organizations.update(
        house.organization.id, name="Other", by=by
    ),
    "change a role": lambda house, by: house.memberships.change_role(
        house.organization.id, house.bob.id, "member", by=by
    ),
    "make oneself an owner": lambda house, by: house.memberships.change_role(
        house.organization.id, by, "owner", by=by
    ),
    "remove a person": lambda house, by: house.memberships.remove(
        house.organization.id, house.bob.id, by=by
    ),
    "invite": lambda house, by: house.invitations.create(house.organization.id, "owner", by=by),
    "revoke an invitation": lambda house, by: house.invitations.revoke(
        house.invitation_id, organization_id=house.organization.id, by=by
    ),
}


@pytest.mark.parametrize("name", WRITES)
class TestWrites:
    """Each write, by a person who was an owner when its page was opened."""

    def test_owner(self, house: House, name: str) -> None:
        """An owner may do it."""
        run(_as_coroutine(WRITES[name](house, house.ada.id)))

    def test_demoted(self, house: House, name: str) -> None:
        """A person who is a member by now may not, and nothing changes."""
        run(house.memberships.change_role(house.organization.id, house.ada.id, "member"))

        _check_refused(house, name)

    def test_removed(self, house: House, name: str) -> None:
        """A person who was removed may not, and nothing changes."""
        run(house.memberships.remove(house.organization.id, house.ada.id))

        _check_refused(house, name)


def test_leave(house: House) -> None:
    """A member may remove itself, and no one else."""
    run(house.memberships.change_role(house.organization.id, house.ada.id, "member"))

    run(house.memberships.remove(house.organization.id, house.ada.id, by=house.ada.id))

    assert run(house.memberships.find_role(house.organization.id, house.ada.id)) is None


REVOKE: dict[str, Write] = {
    "a token": lambda house, by: house.tokens.revoke(house.token.id, by=by),
    "an invitation": lambda house, by: house.invitations.revoke(house.invitation_id, by=by),
}


@pytest.mark.parametrize("name", REVOKE)
def test_no_organization(house: House, name: str) -> None:
    """A person revokes nothing without naming the organization, an owner neither."""
    before = _state(house)

    for person_id in (house.ada.id, uuid4()):
        with pytest.raises(errors.NotPermitted):
            run(_as_coroutine(REVOKE[name](house, person_id)))

    assert _state(house) == before


def test_unknown_organization(house: House) -> None:
    """An organization that was removed has no owners."""
    with pytest.raises(errors.OrganizationNotFound):
        run(house.tokens.create(uuid4(), "x", ["customers:read"], by=house.ada.id))


def _check_refused(house: House, name: str) -> None:
    before = _state(house)

    with pytest.raises(errors.NotPermitted):
        run(_as_coroutine(WRITES[name](house, house.ada.id)))

    assert _state(house) == before


def _state(house: House) -> object:
    return (
        run(house.organizations.get(house.organization.id)),
        run(house.memberships.find_of_organization(house.organization.id)),
        run(house.tokens.find_all(house.organization.id)),
        run(house.invitations.find_open(house.organization.id)),
        run(house.webhook_endpoints.find_page(house.organization.id, listing.PageRequest())),
        run(house.webhook_deliveries.get_event(house.organization.id, house.webhook_event.id)),
    )


async def _as_coroutine(work: Awaitable[object]) -> object:
    return await work
