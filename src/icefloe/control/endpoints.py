"""The endpoints of the control API, by which tests make organizations and treat them as they need."""

import asyncio
from uuid import UUID

from pydantic import ValidationError

from icefloe.api.errors import RequestInvalid
from icefloe.api.messages import Request, Response
from icefloe.api.rates import Rates
from icefloe.api.schemas.problems import problems
from icefloe.control import arguments, exact_json, passing_time, paths, schemas
from icefloe.control.faults import counting, faults, kinds
from icefloe.control.faults.pasts import Pasts
from icefloe.control.worlds import NamedSnapshot, World, Worlds
from icefloe.domain.values import errors
from icefloe.domain.values.organizations import Organization
from icefloe.exchange import json_records
from icefloe.exchange.records import read_entry

# To get an empty database ready for more of them pays.
_FEW = 1_000


class Endpoints:
    """The control API's endpoints: they act on an organization's world and on its data."""

    def __init__(self, worlds: Worlds, pasts: Pasts, rates: Rates | None) -> None:
        self._worlds = worlds
        self._pasts = pasts
        self._rates = rates
        # Who makes or removes an organization, or a past, which is one, does so alone.
        self._turns = asyncio.Lock()

    # --- organizations ----------------------------------------------------------------------------

    async def list_organizations(self, request: Request) -> Response:
        """List organizations, oldest first."""
        asked = arguments.read_parameters(request, schemas.ListParameters)
        hidden = self._pasts.organizations
        found = await request.services.organizations.find_all(limit=asked.limit + len(hidden))
        shown = [each for each in found if each.id not in hidden][: asked.limit]
        return schemas.answer(schemas.Organizations(items=[self._describe(each) for each in shown]))

    async def create_organization(self, request: Request) -> Response:
        """Make an organization with a token: a world of its own."""
        asked = arguments.read_body(request, schemas.NewOrganization)
        world = World(is_strict=asked.strict)
        world.choose(asked.contract)
        if asked.seed is not None:
            world.clock.plant(asked.seed)
        if asked.now is not None:
            world.clock.change(now=asked.now)
        organization_id = asked.id or world.clock.new_id()
        services = request.services
        async with self._turns:
            await _check_is_free(request, organization_id)
            with self._worlds.beginning(organization_id, world):
                made = await services.organizations.create(
                    asked.name, organization_id=organization_id, slug=asked.slug
                )
                try:
                    token, shown = await services.tokens.create(
                        made.id, "control", asked.scopes, value=asked.token
                    )
                except errors.IcefloeError:
                    await services.organizations.remove(made.id)
                    raise
        described = self._describe(made).model_dump()
        answer = schemas.MadeOrganization(**described, token=shown, token_id=token.id)
        return schemas.answer(answer, 201)

    async def get_organization(self, request: Request) -> Response:
        """Get an organization."""
        return schemas.answer(self._describe(await paths.find_organization(request)))

    async def update_organization(self, request: Request) -> Response:
        """Change how an organization is treated; what is left out stays."""
        asked = arguments.read_body(request, schemas.OrganizationChange)
        organization = await paths.find_organization(request)
        world = self._worlds.of(organization.id)
        if "strict" in asked.model_fields_set:
            world.is_strict = asked.strict
        if "contract" in asked.model_fields_set:
            world.choose(asked.contract)
        return schemas.answer(self._describe(organization))

    async def delete_organization(self, request: Request) -> Response:
        """Remove an organization and everything in it."""
        async with self._turns:
            organization = await paths.find_organization(request)
            await self._pasts.remove_all_but(request.services, organization.id, ())
            await request.services.organizations.remove(organization.id)
            self._worlds.remove(organization.id)
        if self._rates is not None:
            self._rates.forget(organization.id)
        return schemas.nothing()

    # --- what is in them --------------------------------------------------------------------------

    async def create_token(self, request: Request) -> Response:
        """Make another token."""
        asked = arguments.read_body(request, schemas.NewToken)
        token, shown = await request.services.tokens.create(
            (await paths.find_organization(request)).id,
            asked.name,
            asked.scopes,
            expires_at=asked.expires_at,
            value=asked.token,
        )
        answer = schemas.MadeToken(
            id=token.id,
            name=token.name,
            scopes=token.scopes,
            created_at=token.created_at,
            expires_at=token.expires_at,
            token=shown,
        )
        return schemas.answer(answer, 201)

    async def revoke_token(self, request: Request) -> Response:
        """Revoke a token."""
        organization = await paths.find_organization(request)
        token_id = paths.read_id(request, "token_id")
        tokens = await request.services.tokens.find_all(organization.id)
        if all(token.id != token_id for token in tokens):
            raise errors.TokenNotFound(f"the organization has no token {token_id}")
        await request.services.tokens.revoke(token_id)
        return schemas.nothing()

    async def create_customers(self, request: Request) -> Response:
        """Import customers: all of them, or none."""
        asked = arguments.read_body(request, schemas.NewCustomers)
        _refuse_doubled_keys(request)
        entries = [read_entry(str(at), customer) for at, customer in enumerate(asked.customers)]
        report = await request.services.imports.run(
            (await paths.find_organization(request)).id,
            lambda: entries,
            on_conflict=asked.on_conflict,
            are_few=len(entries) <= _FEW,
        )
        if report.failed:
            raise RequestInvalid(
                [paths.problem(("body", "customers", int(at)), why) for at, why in report.failures]
            )
        return schemas.answer(
            schemas.Taken(added=report.added, updated=report.updated, skipped=report.skipped)
        )

    # --- time -------------------------------------------------------------------------------------

    async def get_clock(self, request: Request) -> Response:
        """Get where the organization's clock stands."""
        return schemas.answer(_show_clock(await self._world(request)))

    async def update_clock(self, request: Request) -> Response:
        """Set the organization's clock.

        What is due until the moment that it is set to happens on the way there.
        """
        asked = arguments.read_body(request, schemas.ClockChange)
        organization = await paths.find_organization(request)
        world = self._worlds.of(organization.id)
        target = world.clock.find_target(asked.now, asked.advance)
        await passing_time.pass_until(target, request.services, organization.id, world)
        world.clock.change(
            now=target if asked.now or asked.advance else None,
            is_frozen=asked.is_frozen,
            speed=asked.speed,
            tick=asked.tick,
        )
        return schemas.answer(_show_clock(world))

    async def reset_clock(self, request: Request) -> Response:
        """Let the organization go by the real time again."""
        (await self._world(request)).clock.reset()
        return schemas.nothing()

    # --- faults -----------------------------------------------------------------------------------

    async def list_faults(self, request: Request) -> Response:
        """List the faults, in the order in which they were added."""
        found = (await self._world(request)).faults.all()
        return Response(200, exact_json.write({"items": [counting.render(each) for each in found]}))

    async def create_fault(self, request: Request) -> Response:
        """Let something go wrong."""
        asked = _read_fault(request)
        async with self._turns:
            organization = await paths.find_organization(request)
            try:
                if asked.kind == "stale":
                    await self._pasts.copy(request.services, organization.id, asked.id)
                added = self._worlds.of(organization.id).faults.add(asked)
            finally:
                await self._remove_unused_pasts(request, organization.id)
        return Response(201, exact_json.write(counting.render(added)))

    async def delete_faults(self, request: Request) -> Response:
        """Let nothing go wrong any more."""
        async with self._turns:
            organization = await paths.find_organization(request)
            self._worlds.of(organization.id).faults.clear()
            await self._remove_unused_pasts(request, organization.id)
        return schemas.nothing()

    async def delete_fault(self, request: Request) -> Response:
        """Remove a fault."""
        async with self._turns:
            organization = await paths.find_organization(request)
            fault_id = paths.read_id(request, "fault_id")
            if not self._worlds.of(organization.id).faults.remove(fault_id):
                raise errors.NotFound(f"there is no fault {fault_id}")
            await self._remove_unused_pasts(request, organization.id)
        return schemas.nothing()

    # --- requests ---------------------------------------------------------------------------------

    async def list_requests(self, request: Request) -> Response:
        """List the organization's requests, oldest first; the last 1,000 are kept."""
        asked = arguments.read_parameters(request, schemas.LogParameters)
        log = (await self._world(request)).requests
        found = [
            schemas.Exchange.model_validate(each.render())
            for each in log.find(asked.after, asked.limit)
        ]
        return schemas.answer(schemas.Exchanges(items=found, last=log.last))

    async def delete_requests(self, request: Request) -> Response:
        """Forget what was asked."""
        (await self._world(request)).requests.clear()
        return schemas.nothing()

    # --- snapshots --------------------------------------------------------------------------------

    async def list_snapshots(self, request: Request) -> Response:
        """List the snapshots, oldest first."""
        snapshots = (await self._world(request)).snapshots.values()
        return schemas.answer(schemas.Snapshots(items=[_show_snapshot(each) for each in snapshots]))

    async def create_snapshot(self, request: Request) -> Response:
        """Remember everything that the organization holds."""
        organization = await paths.find_organization(request)
        world = self._worlds.of(organization.id)
        taken = await request.services.snapshots.take(organization.id)
        return schemas.answer(_show_snapshot(world.add_snapshot(taken)), 201)

    async def restore_snapshot(self, request: Request) -> Response:
        """Let the organization hold what it held then, and nothing else.

        Its clock, its faults and what was asked stay as they are.
        """
        organization = await paths.find_organization(request)
        taken = self._snapshot(request, organization.id)
        await request.services.snapshots.restore(organization.id, taken.snapshot)
        return schemas.answer(_show_snapshot(taken))

    async def delete_snapshot(self, request: Request) -> Response:
        """Forget a snapshot."""
        organization = await paths.find_organization(request)
        taken = self._snapshot(request, organization.id)
        del self._worlds.of(organization.id).snapshots[taken.id]
        return schemas.nothing()

    # ----------------------------------------------------------------------------------------------

    async def _world(self, request: Request) -> World:
        """The world of the organization that the path names. Raises OrganizationNotFound."""
        return self._worlds.of((await paths.find_organization(request)).id)

    async def _remove_unused_pasts(self, request: Request, organization_id: UUID) -> None:
        """Remove the copies that no stale fault needs any more."""
        left = {fault.id for fault in self._worlds.of(organization_id).faults.all()}
        await self._pasts.remove_all_but(request.services, organization_id, left)

    def _snapshot(self, request: Request, organization_id: UUID) -> NamedSnapshot:
        """The snapshot that the path names. Raises NotFound."""
        snapshot_id = paths.read_id(request, "snapshot_id")
        found = self._worlds.of(organization_id).snapshots.get(snapshot_id)
        if found is None:
            raise errors.NotFound(f"there is no snapshot {snapshot_id}")
        return found

    def _describe(self, organization: Organization) -> schemas.Organization:
        world = self._worlds.of(organization.id)
        return schemas.Organization(
            id=organization.id,
            name=organization.name,
            slug=organization.slug,
            created_at=organization.created_at,
            strict=world.is_strict,
            contract=world.contract_name,
        )


async def _check_is_free(request: Request, organization_id: UUID) -> None:
    """Raises Duplicate if there is an organization with that id."""
    try:
        await request.services.organizations.get(organization_id)
    except errors.OrganizationNotFound:
        return
    raise errors.Duplicate("id")


def _refuse_doubled_keys(request: Request) -> None:
    """See that no object in the body has a key twice, for the parser took the last value of it.

    Raises:
        RequestInvalid: one has.
    """
    try:
        json_records.parse(request.body)
    except ValueError as error:
        raise RequestInvalid([paths.problem(("body",), str(error))]) from error


def _read_fault(request: Request) -> faults.Fault:
    """The fault that the body describes. Raises RequestInvalid."""
    try:
        return faults.Fault(kinds.read(request.value))
    except ValidationError as error:
        raise RequestInvalid(problems(error)) from error


def _show_clock(world: World) -> schemas.Clock:
    hands = world.clock.hands
    return schemas.Clock(
        now=world.clock.now(), is_frozen=hands.is_frozen, speed=hands.speed, tick=hands.tick
    )


def _show_snapshot(taken: NamedSnapshot) -> schemas.Snapshot:
    return schemas.Snapshot(
        id=taken.id, created_at=taken.created_at, customers=taken.count_customers()
    )
