"""The port: what the domain asks of whatever keeps its data.

`Storage.read` and `Storage.write` run a piece of work against `Tables`, a consistent view. Work is a
coroutine function that awaits nothing but the tables' own methods, so that an embedded engine can
run it to its end on a thread without an event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.ports.customers import CustomerTable, MemberTable, MetadataTable
    from icefloe.domain.ports.people import (
        InvitationTable,
        MembershipTable,
        PersonTable,
        SessionTable,
    )
    from icefloe.domain.values.access import Subject
    from icefloe.domain.values.answers import AnswerRecord, KeptAnswer
    from icefloe.domain.values.customers import Customer
    from icefloe.domain.values.events import Event, KeptEvent
    from icefloe.domain.values.members import Member
    from icefloe.domain.values.organizations import Organization
    from icefloe.domain.values.tokens import Token

T = TypeVar("T")


class OrganizationTable(Protocol):
    """Where organizations are kept."""

    async def add(self, organization: Organization) -> None:
        """Keep a new organization. Raises Duplicate (field `id` or `slug`)."""

    async def find(self, organization_id: UUID) -> Organization | None:
        """The organization with that id."""

    async def find_by_slug(self, slug: str) -> Organization | None:
        """The organization with that slug."""

    async def replace(self, organization: Organization) -> None:
        """Keep an organization's name and slug in place of those it had. Raises Duplicate (`slug`)."""

    async def find_all(self, limit: int) -> list[Organization]:
        """The oldest `limit` organizations, oldest first."""

    async def hold(self, organization_id: UUID) -> bool:
        """Whether there is such an organization; nobody else removes or clears it meanwhile.

        Until the transaction ends; within `Storage.write` only.
        """

    async def remove(self, organization_id: UUID) -> None:
        """Remove an organization without tokens and people that holds nothing (`Tables.clear`)."""


class TokenTable(Protocol):
    """Where tokens are kept."""

    async def add(self, token: Token) -> None:
        """Keep a new token."""

    async def find_all(self, organization_id: UUID | None, limit: int) -> list[Token]:
        """The oldest `limit` tokens of an organization, or of all; oldest first."""

    async def find_subject(self, token_hash: str) -> Subject | None:
        """Whom the token with that hash speaks for; None where it is unknown or revoked."""

    async def find_organization(self, token_hash: str) -> UUID | None:
        """In whose name the token with that hash was made to speak, revoked or not."""

    async def find(self, organization_id: UUID, token_id: UUID) -> Token | None:
        """The token with that id, revoked or not."""

    async def replace(self, token: Token) -> bool:
        """Keep a token's name and scopes in place of those it had; False where it was revoked."""

    async def revoke(
        self, token_id: UUID, now: datetime, organization_id: UUID | None = None
    ) -> bool:
        """Mark a token revoked; False where there is none that was not revoked before.

        Args:
            token_id: which one.
            now: the present moment.
            organization_id: where given, only one of this organization.
        """

    async def note_use(self, uses: Mapping[UUID, datetime]) -> None:
        """Keep when each token was last used; an earlier moment never replaces a later one."""

    async def remove_all(self, organization_id: UUID) -> None:
        """Remove every token of an organization, as if there had never been one."""


class Derive(Protocol):
    """Makes the rows of new customers and of their owners, of plain values as `Ready` says."""

    def __call__(self, new: Sequence[tuple[Customer, Member]]) -> tuple[list[Any], list[Any]]:
        """The customers' rows, and the owners'."""


class EventTable(Protocol):
    """Where events are kept, in the order they happened."""

    async def add(self, event: Event) -> None:
        """Keep an event, behind all that were kept before."""

    async def add_all(self, events: Sequence[Event]) -> None:
        """Keep events in their order, behind all that were kept before."""

    async def find_all(self, organization_id: UUID) -> list[Event]:
        """Every event of an organization, in the order they were kept."""

    async def find_latest(self, organization_id: UUID, limit: int) -> list[KeptEvent]:
        """The last `limit` events of an organization, latest first."""

    async def find_latest_of(
        self, organization_id: UUID, customer_id: UUID, limit: int, before: int | None
    ) -> list[KeptEvent]:
        """The last `limit` events about a customer and its members, latest first.

        Args:
            organization_id: whose customer it is.
            customer_id: which customer.
            limit: how many at most.
            before: where given, only those kept before the one of this sequence.
        """

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Remove every event about a customer and its members."""


class AnswerTable(Protocol):
    """Where answers are kept for requests that are sent again."""

    async def find(self, organization_id: UUID, key: str, since: datetime) -> KeptAnswer | None:
        """The answer kept under a key since a moment."""

    async def add(self, organization_id: UUID, key: str, answer: KeptAnswer, now: datetime) -> None:
        """Keep an answer under a key, in place of one that is kept no longer."""

    async def add_all(self, organization_id: UUID, records: Sequence[AnswerRecord]) -> None:
        """Keep answers just as they were found, under keys that have none."""

    async def find_all(self, organization_id: UUID) -> list[AnswerRecord]:
        """Every answer of an organization, in the order of their keys."""

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Remove every answer about a customer."""


class Indexes(Protocol):
    """What makes finding quick and adding slow."""

    async def set_aside(self, *, unique: bool = False) -> bool:
        """Get ready for many new customers, if that is worth it here.

        Until `restore`, customers are quickly found by their unique values alone, and members not at
        all. A transaction that does not end well leaves everything as it was.

        Args:
            unique: customers need not be found at all, and until `restore_unique` nothing keeps
                those apart who have the same unique values.

        Returns:
            Whether `unique` was granted: there are no customers, and only this transaction writes.
        """

    def give_up(self) -> None:
        """Forget what was set aside: the transaction will not end well, and all is as it was."""

    async def restore_unique(self) -> None:
        """Make customers quick to find by their unique values. Raises Duplicate (as `add` does)."""

    async def restore(self) -> None:
        """Make everything quick to find again; raises as `restore_unique` does."""


class Tables(Protocol):
    """A consistent view of everything kept; within `Storage.write` it can be changed."""

    @property
    def organizations(self) -> OrganizationTable:
        """The organizations."""

    @property
    def tokens(self) -> TokenTable:
        """The tokens."""

    @property
    def customers(self) -> CustomerTable:
        """The customers."""

    @property
    def metadata(self) -> MetadataTable:
        """What the customers' metadata holds."""

    @property
    def members(self) -> MemberTable:
        """The members."""

    @property
    def events(self) -> EventTable:
        """What happened."""

    @property
    def answers(self) -> AnswerTable:
        """The answers kept for requests that are sent again."""

    @property
    def people(self) -> PersonTable:
        """Who may sign in."""

    @property
    def memberships(self) -> MembershipTable:
        """Who belongs to which organization."""

    @property
    def sessions(self) -> SessionTable:
        """Who is signed in."""

    @property
    def invitations(self) -> InvitationTable:
        """The invitations to organizations."""

    async def clear(self, organization_id: UUID) -> None:
        """Remove all customers of an organization and whatever is kept of them.

        That is members, events and answers too, and what lists remember: nothing is left but the
        organization, its tokens and its people. It must be held (`OrganizationTable.hold`). What
        others were writing when this began is waited for and goes too.
        """

    async def note_forgotten(self) -> None:
        """Note that what this transaction removes is to be overwritten on disk too.

        With the transaction's other changes, so that no crash comes between them. `Storage.scrub`
        then does it; a storage that finds the note when it is opened does it by itself.
        """

    @property
    def indexes(self) -> Indexes:
        """What the others are found by."""


class Storage(Protocol):
    """Keeps everything; safe to use from many requests at once."""

    async def read(self, work: Callable[[Tables], Awaitable[T]], *, long: bool = False) -> T:
        """Run `work` on a consistent view.

        Args:
            work: awaits nothing but the tables' methods.
            long: may take more than a millisecond; other requests go on meanwhile.

        Raises StorageUnavailable.
        """

    async def catch_up(self) -> None:
        """Bring up to date what lists remember, so that nobody has to wait for it later.

        Raises StorageUnavailable.
        """

    async def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` as one transaction; when this returns, its changes survive a crash.

        An exception from `work` leaves no trace of it. Raises StorageUnavailable.
        """

    @property
    def derive(self) -> Derive | None:
        """Makes the rows that `add_derived` takes, by itself, in whatever process it is called.

        None where there is nothing to gain by it.
        """

    async def scrub(self) -> None:
        """Begin to overwrite what has been forgotten, wherever the engine still has it on disk.

        Goes on after this returns, and is done when the storage is closed at the latest: unless
        another process is in the way, and then it is done when a storage is opened next.
        """

    def find_version(self) -> int | None:
        """A number that is another one after anything kept has changed, by whatever process.

        What was read under one number may be used again while the number stays. None where the
        engine has no such number at hand.
        """

    async def ping(self) -> None:
        """Ask the database for a sign of life. Raises StorageUnavailable."""

    async def close(self) -> None:
        """Finish what is under way and let go of the database."""
