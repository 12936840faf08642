"""The stand-in's state for each organization: clock, faults, request log, snapshots, contract."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from icefloe.control.clocks import OrganizationClock
from icefloe.control.contracts.present import Contract
from icefloe.control.contracts.registry import open_contract
from icefloe.control.faults.faults import Faults
from icefloe.control.request_log import RequestLog
from icefloe.control.webhooks.state import WebhookState
from icefloe.domain.snapshots import Snapshot
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.errors import InvalidValue

MAX_SNAPSHOTS = 16


@dataclass(frozen=True, slots=True)
class NamedSnapshot:
    """A snapshot of an organization, with an id to restore it by.

    Attributes:
        id: by which it is restored or removed.
        created_at: the moment, by the organization's clock.
        snapshot: what it held.
    """

    id: UUID
    created_at: datetime
    snapshot: Snapshot

    def count_customers(self) -> int:
        """How many customers it has, without deleted ones."""
        return sum(customer.deleted_at is None for customer in self.snapshot.customers)


@dataclass(slots=True)
class World:
    """One organization, as the stand-in treats it.

    Attributes:
        clock: its time.
        faults: its faults.
        requests: the log of its requests.
        webhooks: the faults and the log of its webhooks.
        snapshots: those taken, by their ids, oldest first.
        is_strict: whether unknown parameters and fields, and limits above 100, are errors.
        contract_name: the older contract that answers follow; None for the present one.
        contract: that contract.
    """

    clock: OrganizationClock = field(default_factory=OrganizationClock)
    faults: Faults = field(default_factory=Faults)
    requests: RequestLog = field(default_factory=RequestLog)
    webhooks: WebhookState = field(default_factory=WebhookState)
    snapshots: dict[UUID, NamedSnapshot] = field(default_factory=dict)
    is_strict: bool = False
    contract_name: str | None = None
    contract: Contract = field(default_factory=Contract)

    def choose(self, contract_name: str | None) -> None:
        """Answer by a contract from now on. Raises InvalidValue if there is none of that name."""
        self.contract = open_contract(contract_name)
        self.contract_name = contract_name

    def add_snapshot(self, snapshot: Snapshot) -> NamedSnapshot:
        """Add a snapshot. Raises InvalidValue if there are 16 already."""
        if len(self.snapshots) >= MAX_SNAPSHOTS:
            raise InvalidValue(f"there are {MAX_SNAPSHOTS} snapshots already: remove one")
        named = NamedSnapshot(uuid4(), self.clock.now(), snapshot)
        self.snapshots[named.id] = named
        return named


class Worlds:
    """The worlds of organizations, each made when it is first needed."""

    def __init__(self) -> None:
        self._worlds: dict[UUID, World] = {}

    def of(self, organization_id: UUID) -> World:
        """An organization's world."""
        return self._worlds.setdefault(organization_id, World())

    @contextlib.contextmanager
    def beginning(self, organization_id: UUID, world: World) -> Iterator[None]:
        """Give a world to an organization that the block creates; take it back if the block fails.

        It replaces the world of a removed organization that had the same id.
        """
        self._worlds[organization_id] = world
        try:
            yield
        except BaseException:
            self.remove(organization_id)
            raise

    def remove(self, organization_id: UUID) -> None:
        """Forget an organization's world."""
        self._worlds.pop(organization_id, None)

    def find_clock(self, organization_id: UUID) -> Clock | None:
        """An organization's clock; None if it goes by the real time."""
        world = self._worlds.get(organization_id)
        return None if world is None else world.clock.as_clock


@dataclass(frozen=True, slots=True)
class WorldClock(Clock):
    """The real time, except for organizations that have a clock of their own."""

    worlds: Worlds = field(default_factory=Worlds)

    def of(self, organization_id: UUID) -> Clock:
        """The clock that an organization goes by."""
        return self.worlds.find_clock(organization_id) or self
