"""Seeds: organizations with all they have that a server begins with, the same each time."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from icefloe.domain import tokens
from icefloe.domain.commerce.placing.placing import Placing
from icefloe.domain.entries import Entry
from icefloe.domain.imports import Imports
from icefloe.domain.organizations import Organizations
from icefloe.domain.values import access, errors, numbers
from icefloe.domain.values.clock import SEEDED_BEGINNING, Clock
from icefloe.domain.values.collation import lower
from icefloe.domain.values.customers import Customer
from icefloe.domain.values.imports import OnConflict
from icefloe.domain.values.members import Member
from icefloe.domain.values.organizations import Organization
from icefloe.domain.values.webhooks import (
    EVENT_TYPES,
    NewWebhookEndpoint,
    Signing,
    WebhookEventType,
    WebhookFormat,
)
from icefloe.domain.webhooks import signing
from icefloe.domain.webhooks.endpoints import WebhookEndpoints

if TYPE_CHECKING:
    from icefloe.domain.ports import storage
    from icefloe.domain.values.placements import Placement


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedToken:
    """A token of a seed.

    Attributes:
        name: for people.
        value: the token itself.
        scopes: what it allows.
        expires_at: when it stops being valid, or None.
    """

    name: str
    value: str
    scopes: tuple[str, ...] = access.USUAL_SCOPES
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedCustomer:
    """A customer of a seed.

    Attributes:
        place: where it stands, such as `seed.yaml, line 12`.
        values: the fields of `Customer` that the seed gives, by name.
        owner: the fields of `Member` that it gives of the owner.
        members: of each member besides, the fields of `Member` that it gives; `email` always.
        objects: what the customer has; the placements do not name the customer.
    """

    place: str
    values: Mapping[str, Any]
    owner: Mapping[str, Any]
    members: tuple[Mapping[str, Any], ...] = ()
    objects: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedWebhook:
    """A webhook endpoint of a seed: the fields of `WebhookEndpoint` that it gives."""

    id: UUID
    url: str
    secret: str
    name: str | None = None
    events: tuple[WebhookEventType, ...] = EVENT_TYPES
    format: WebhookFormat = "raw"
    signing: Signing = "both"
    api_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedOrganization:
    """An organization of a seed.

    Attributes:
        id: given, or made from the seed and the slug or name.
        name: for people.
        slug: unique, or None for one made from the name.
        seed: the number from which ids, times and tokens are derived; None where each server makes
            its own, except for those that the seed gives.
        tokens: its tokens.
        customers: its customers, in their order.
        webhooks: its webhook endpoints.
        objects: its meters, benefits, products and discounts.
    """

    id: UUID
    name: str
    slug: str | None = None
    seed: int | None = None
    tokens: tuple[SeedToken, ...] = ()
    customers: tuple[SeedCustomer, ...] = ()
    webhooks: tuple[SeedWebhook, ...] = ()
    objects: tuple[Placement, ...] = ()


@dataclass(frozen=True, slots=True)
class Seed:
    """The organizations that a server must begin with."""

    organizations: tuple[SeedOrganization, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedOrganization:
    """The result of planting one organization of a seed.

    Attributes:
        organization: as it is stored.
        tokens: those of the seed.
        customers: how many the seed has.
        added: how many of these did not exist before.
        webhooks: those of the seed.
    """

    organization: Organization
    tokens: tuple[SeedToken, ...]
    customers: int
    added: int
    webhooks: tuple[SeedWebhook, ...]


# --- what follows from a seed ---------------------------------------------------------------------


def make_organization_id(seed: int | None, name: str) -> UUID:
    """The id of an organization whose seed gives none; `name` is its slug, if it has one."""
    return numbers.make_id(numbers.drawn_from(b"organization", f"{_shown(seed)} {name}"))


def make_token(organization_id: UUID, seed: int | None, name: str) -> str:
    """The value of a token whose seed gives none. For tests: it can be derived from the seed."""
    return tokens.generate(numbers.drawn_from(_key(organization_id, seed), f"token {name}"))


def make_webhook_secret(organization_id: UUID, seed: int | None, name: str) -> str:
    """The secret of a webhook endpoint whose seed gives none; `name` is its name, or else its URL."""
    key = _key(organization_id, seed)
    return signing.make_secret(numbers.drawn_from(key, f"secret of webhook {name}"))


def make_id(organization_id: UUID, seed: int | None, what: str) -> UUID:
    """The id of an object in an organization with a seed, derived from what the object is."""
    return numbers.make_id(numbers.drawn_from(_key(organization_id, seed), f"id of {what}"))


def _key(organization_id: UUID, seed: int | None) -> bytes:
    return f"{organization_id} {_shown(seed)}".encode()


def _shown(seed: int | None) -> str:
    return "" if seed is None else hex(seed)  # a number of any length


# --- planting -------------------------------------------------------------------------------------


class Seeds:
    """The rules of planting: what is missing is created, what exists stays as it is."""

    def __init__(
        self,
        store: storage.Storage,
        clock: Clock,
        secret: bytes,
        *,
        public_webhooks_only: bool = False,
    ) -> None:
        """Make the rules.

        Args:
            store: where everything is.
            clock: the time, and ids.
            secret: the key under which tokens are hashed.
            public_webhooks_only: whether webhook endpoints must be public.
        """
        self._store = store
        self._clock = clock
        self._secret = secret
        self._public_webhooks_only = public_webhooks_only

    async def plant(self, seed: Seed) -> list[PlantedOrganization]:
        """Create whatever of a seed does not exist.

        An organization is recognised by its id, a token by its value, a customer as in an import that
        skips existing ones, a webhook endpoint by its id. If this is interrupted, planting again
        completes it.

        Raises:
            ConfigurationError: another organization has the slug or the token of one of the seed; or
                webhooks may not be sent to a URL.
        """
        return [await self._plant(organization) for organization in seed.organizations]

    async def _plant(self, wanted: SeedOrganization) -> PlantedOrganization:
        organization = await self._plant_organization(wanted)
        for token in wanted.tokens:
            await self._plant_token(wanted, token)
        entries = [Entry(one.place, one.values, one.owner) for one in wanted.customers]
        report = await Imports(self._store, self._clock).run(
            wanted.id, lambda: entries, on_conflict=OnConflict.SKIP
        )
        if report.failures:
            raise errors.ConfigurationError(": ".join(report.failures[0]))
        await self._plant_members(wanted)
        await self._plant_objects(wanted)
        await self._plant_webhooks(wanted)
        return PlantedOrganization(
            organization=organization,
            tokens=wanted.tokens,
            customers=len(wanted.customers),
            added=report.added,
            webhooks=wanted.webhooks,
        )

    async def _plant_organization(self, wanted: SeedOrganization) -> Organization:
        organizations = Organizations(self._store, self._clock_of(wanted, "organization"))
        try:
            return await organizations.get(wanted.id)
        except errors.OrganizationNotFound:
            pass
        try:
            return await organizations.create(
                wanted.name, organization_id=wanted.id, slug=wanted.slug
            )
        except errors.Duplicate as error:
            if error.field == "id":  # another process has just created it
                return await organizations.get(wanted.id)
            raise errors.ConfigurationError(
                f"organization {wanted.name!r} of the seed: another one has the slug"
                f" {wanted.slug!r}"
            ) from error

    async def _plant_token(self, wanted: SeedOrganization, token: SeedToken) -> None:
        clock = self._clock_of(wanted, f"token {token.name} {token.value}")
        rules = tokens.Tokens(self._store, clock, self._secret)
        speaks_for = await rules.find_organization(token.value)
        if speaks_for is None:
            try:
                await rules.create(
                    wanted.id,
                    token.name,
                    token.scopes,
                    expires_at=token.expires_at,
                    value=token.value,
                )
            except errors.Duplicate:  # another process has just created it
                speaks_for = await rules.find_organization(token.value)
        if speaks_for not in {None, wanted.id}:
            raise errors.ConfigurationError(
                f"token {token.name!r} of the seed's organization {wanted.name!r}:"
                " another organization has it already"
            )

    async def _plant_members(self, wanted: SeedOrganization) -> None:
        teams = [customer for customer in wanted.customers if customer.members]
        if not teams:
            return
        clock = self._clock.of(wanted.id)

        async def work(tables: storage.Tables) -> None:
            for team in teams:
                given = {"id": clock.new_id(), "created_at": clock.now(), "email": None}
                likeness = Customer(organization_id=wanted.id, **{**given, **team.values})
                same = await tables.customers.find_same(likeness)
                if same and same[0].type == "team" and same[0].deleted_at is None:
                    await _add_members(tables, same[0], team, clock)

        await self._store.write(work)

    async def _plant_objects(self, wanted: SeedOrganization) -> None:
        """Place what the organization sells, and then what each customer has."""
        if wanted.objects:
            await self._place(wanted, wanted.objects, SEEDED_BEGINNING)
        for customer in wanted.customers:
            if not customer.objects:
                continue
            found = await self._store.read(partial(_find_customer, wanted.id, customer))
            if found is not None:
                named = {"customer_id": str(found.id)}
                whose = [replace(one, values={**one.values, **named}) for one in customer.objects]
                await self._place(wanted, whose, found.created_at)

    async def _place(
        self, wanted: SeedOrganization, objects: Sequence[Placement], begin: datetime
    ) -> None:
        """Place the objects that are not there yet; with a seed, as of the moment `begin`."""
        clock = self._clock
        if wanted.seed is not None:
            # Parts without ids get those that follow from the objects; other objects have others.
            what = " ".join(one.values["id"] for one in objects)
            parts = itertools.count()
            clock = Clock(
                now=lambda: begin,
                new_id=lambda: make_id(wanted.id, wanted.seed, f"part {next(parts)} of {what}"),
            )
        try:
            await Placing(self._store, clock).place(wanted.id, objects, on_conflict=OnConflict.SKIP)
        except errors.RulesBroken as error:
            first = error.violations[0]
            place = ".".join(str(step) for step in first.place)
            raise errors.ConfigurationError(f"{place}: {first.message}") from error

    async def _plant_webhooks(self, wanted: SeedOrganization) -> None:
        """Create the endpoints that never existed; one that was deleted stays so."""
        if not wanted.webhooks:
            return
        found = await self._store.read(lambda tables: tables.webhook_endpoints.find_all(wanted.id))
        there = {endpoint.id for endpoint in found}
        for webhook in wanted.webhooks:
            if webhook.id not in there:
                await self._plant_webhook(wanted, webhook)

    async def _plant_webhook(self, wanted: SeedOrganization, webhook: SeedWebhook) -> None:
        now = (
            (lambda: SEEDED_BEGINNING) if wanted.seed is not None else self._clock.of(wanted.id).now
        )
        rules = WebhookEndpoints(
            self._store,
            Clock(now=now, new_id=lambda: webhook.id),
            public_only=self._public_webhooks_only,
        )
        new = NewWebhookEndpoint(
            url=webhook.url,
            format=webhook.format,
            events=webhook.events,
            name=webhook.name,
            secret=webhook.secret,
            signing=webhook.signing,
            api_version=webhook.api_version,
        )
        try:
            await rules.create(wanted.id, new)
        except errors.Duplicate:  # another process has just created it
            return
        except errors.RulesBroken as error:
            raise errors.ConfigurationError(
                f"webhook {webhook.url} of the seed's organization {wanted.name!r}: {error}"
            ) from error

    def _clock_of(self, wanted: SeedOrganization, what: str) -> Clock:
        """The clock for new objects: the organization's own, unless it has a seed."""
        if wanted.seed is None:
            return self._clock
        new_id = make_id(wanted.id, wanted.seed, what)
        return Clock(now=lambda: SEEDED_BEGINNING, new_id=lambda: new_id)


async def _find_customer(
    organization_id: UUID, wanted: SeedCustomer, tables: storage.Tables
) -> Customer | None:
    """The customer that a seed describes, unless it is deleted."""
    given = {"id": UUID(int=0), "created_at": SEEDED_BEGINNING, "email": None}
    likeness = Customer(organization_id=organization_id, **{**given, **wanted.values})
    same = await tables.customers.find_same(likeness)
    return same[0] if same and same[0].deleted_at is None else None


async def _add_members(
    tables: storage.Tables, team: Customer, wanted: SeedCustomer, clock: Clock
) -> None:
    """Add the members that a team does not have, and never had."""
    there = await tables.members.find_all_of(team.organization_id, team.id)
    for one in wanted.members:
        values = {"id": clock.new_id(), "created_at": team.created_at, "role": "member"}
        member = Member(
            organization_id=team.organization_id,
            customer_id=team.id,
            **{**values, **one},
        )
        if not any(_are_same(member, other) for other in there):
            await tables.members.add(member)
            there.append(member)


def _are_same(member: Member, other: Member) -> bool:
    """Whether both cannot be members of one team: they share an address or an external id."""
    if member.id == other.id:
        return True
    if other.deleted_at is not None:
        return False
    return lower(member.email or "") == lower(other.email or "") or (
        member.external_id is not None and member.external_id == other.external_id
    )
