"""The port: what the domain asks of a storage engine.

`Storage.read` and `Storage.write` run a piece of work against `Tables`, a snapshot. Work is a coroutine
function that awaits only the tables' own methods, so that an embedded engine can run it to its end on
a thread without an event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.ports.commerce import Commerce
    from icefloe.domain.ports.customers import CustomerTable, MemberTable, MetadataTable
    from icefloe.domain.ports.outbox import (
        StateTriggerTable,
        WebhookDeliveryTable,
        WebhookEndpointTable,
        WebhookEventTable,
    )
    from icefloe.domain.ports.people import (
        InvitationTable,
        MembershipTable,
        PersonTable,
        SessionTable,
    )
    from icefloe.domain.ports.usage import Usage
    from icefloe.domain.values.access import Subject
    from icefloe.domain.values.answers import AnswerRecord, StoredAnswer
    from icefloe.domain.values.customers import CustomerBatch
    from icefloe.domain.values.events import Event, StoredEvent
    from icefloe.domain.values.organizations import Organization
    from icefloe.domain.values.tokens import Token

T = TypeVar("T")


class OrganizationTable(Protocol):
    """The organizations."""

    async def add(self, organization: Organization) -> None:
        """Insert an organization. Raises Duplicate (field `id` or `slug`)."""

    async def find(self, organization_id: UUID) -> Organization | None:
        """The organization with that id."""

    async def find_by_slug(self, slug: str) -> Organization | None:
        """The organization with that slug."""

    def render(self, organization: Organization) -> bytes:
        """An organization's wire document."""

    async def replace(self, organization: Organization) -> None:
        """Store everything of an organization but its creation. Raises Duplicate (`slug`)."""

    async def find_all(self, limit: int) -> list[Organization]:
        """The oldest `limit` organizations, oldest first."""

    async def lock(self, organization_id: UUID) -> bool:
        """Lock the organization's row until the transaction ends; False where there is none.

        While it is locked, no other transaction removes or clears it. Within `Storage.write` only.
        """

    async def remove(self, organization_id: UUID) -> None:
        """Remove an organization without tokens and people that holds nothing (`Tables.clear`)."""


class TokenTable(Protocol):
    """The tokens."""

    async def add(self, token: Token) -> None:
        """Insert a token."""

    async def find_all(self, organization_id: UUID | None, limit: int) -> list[Token]:
        """The oldest `limit` tokens of an organization, or of all; oldest first."""

    async def find_subject(self, token_hash: str) -> Subject | None:
        """The subject that the token with that hash authenticates; None if unknown or revoked."""

    async def find_organization(self, token_hash: str) -> UUID | None:
        """The organization of the token with that hash, revoked or not."""

    async def find(self, organization_id: UUID, token_id: UUID) -> Token | None:
        """The token with that id, revoked or not."""

    async def replace(self, token: Token) -> bool:
        """Store a token's new name and scopes; False if it was revoked."""

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
        """Store when each token was last used; an earlier moment never replaces a later one."""

    async def remove_all(self, organization_id: UUID) -> None:
        """Delete every token of an organization."""


class EventTable(Protocol):
    """The events, in the order they happened."""

    async def add(self, event: Event) -> None:
        """Append an event."""

    async def add_all(self, events: Sequence[Event]) -> None:
        """Append events of one organization in their order, at least one.

        Those that are not silent are pending where the organization has webhook endpoints that are
        enabled; `Storage.listen` tells of them after the commit.
        """

    async def has_pending(self, organization_id: UUID | None = None) -> bool:
        """Whether webhooks are still to be queued for an event, of one organization or of any."""

    async def lock_pending(
        self, limit: int, organization_id: UUID | None = None
    ) -> list[StoredEvent]:
        """The first events that are pending, of one organization or of any; no other writer gets them.

        The events of an organization come together, in their order.
        """

    async def note_told(self, events: Sequence[StoredEvent]) -> None:
        """Webhooks are queued for these events: they are no longer pending."""

    async def find_all(self, organization_id: UUID) -> list[Event]:
        """Every event of an organization, in the order they were appended."""

    async def find_latest(self, organization_id: UUID, limit: int) -> list[StoredEvent]:
        """The last `limit` events of an organization, latest first."""

    async def find_latest_of(
        self, organization_id: UUID, customer_id: UUID, limit: int, before: int | None
    ) -> list[StoredEvent]:
        """The last `limit` events about a customer and its members, latest first.

        Args:
            organization_id: whose customer it is.
            customer_id: which customer.
            limit: how many at most.
            before: where given, only events before the one with this sequence.
        """

    async def find_sequences(self, organization_id: UUID, first: int, limit: int) -> list[int]:
        """The sequences from `first` on of an organization's events, in order, `limit` at most.

        Transactions that run at once may commit in another order than that of their sequences.
        """

    async def find_from(self, organization_id: UUID, first: int, limit: int) -> list[StoredEvent]:
        """The events of an organization from a sequence on, in order, `limit` at most."""

    async def forget(self, organization_id: UUID, customer_id: UUID, but_last: int) -> None:
        """Remove every event about a customer and its members but the last few.

        Removing the last event of all would let its sequence be given again, on SQLite: a reader that
        has read that far would miss the event that gets it.

        Args:
            organization_id: whose customer it is.
            customer_id: which customer.
            but_last: how many stay.
        """


class AnswerTable(Protocol):
    """The stored answers, which a request with the same `Idempotency-Key` gets again."""

    async def find(self, organization_id: UUID, key: str, since: datetime) -> StoredAnswer | None:
        """The answer stored under a key at that moment or later."""

    async def add(
        self, organization_id: UUID, key: str, answer: StoredAnswer, now: datetime
    ) -> None:
        """Store an answer under a key; replaces one that has expired."""

    async def add_all(self, organization_id: UUID, records: Sequence[AnswerRecord]) -> None:
        """Store answers as `find_all` gave them, under keys that have none."""

    async def find_all(self, organization_id: UUID) -> list[AnswerRecord]:
        """Every answer of an organization, in the order of their keys."""

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Remove every answer about a customer."""


class LargeFile(Protocol):
    """A file that a second process can read: that process gets a copy of this object by pickle."""

    @property
    def position(self) -> int:
        """How many bytes have been read."""

    def advance(self, position: int) -> None:
        """Note how many bytes the copy has read. May raise, to end the reading."""


class NotLoaded(Exception):
    """The customers of a file cannot be added unseen: each must be looked up in its turn."""


class Indexes(Protocol):
    """The indexes, which make look-ups fast and inserts slow."""

    async def set_aside(self) -> None:
        """Drop indexes before a bulk insert, if that is worth it.

        Until `restore`, only look-ups of customers by unique values are fast, and members cannot be
        looked up. A transaction that is rolled back leaves every index as it was.
        """

    def give_up(self) -> None:
        """Forget the dropped indexes: the transaction will be rolled back, which restores them."""

    async def restore(self) -> None:
        """Build all dropped indexes again."""


class Tables(Protocol):
    """One snapshot of everything stored; within `Storage.write` it can be changed."""

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
        """The keys and values of customers' metadata."""

    @property
    def members(self) -> MemberTable:
        """The members."""

    @property
    def events(self) -> EventTable:
        """The events."""

    @property
    def answers(self) -> AnswerTable:
        """The stored answers."""

    @property
    def people(self) -> PersonTable:
        """The people who may sign in."""

    @property
    def memberships(self) -> MembershipTable:
        """The memberships of people in organizations."""

    @property
    def sessions(self) -> SessionTable:
        """The sessions of people who are signed in."""

    @property
    def invitations(self) -> InvitationTable:
        """The invitations to organizations."""

    @property
    def webhook_endpoints(self) -> WebhookEndpointTable:
        """The webhook endpoints."""

    @property
    def webhook_events(self) -> WebhookEventTable:
        """The events queued for webhook endpoints."""

    @property
    def state_triggers(self) -> StateTriggerTable:
        """The customers whose changed state endpoints are still to be told of."""

    @property
    def webhook_deliveries(self) -> WebhookDeliveryTable:
        """The deliveries to webhook endpoints."""

    @property
    def commerce(self) -> Commerce:
        """What customers have and buy."""

    @property
    def usage(self) -> Usage:
        """What customers use."""

    async def load_new(
        self,
        organization_id: UUID,
        read: Callable[[], Generator[CustomerBatch, None, None]],
        on_failure: Callable[[str, str], None],
        file: LargeFile | None = None,
    ) -> int | None:
        """Add all customers that `read` gives, and look none of them up. Needs an empty database.

        `Indexes.restore` must follow: until then, customers are found by their unique values alone.

        Args:
            organization_id: the customers' organization.
            read: gives the customers; may raise NotLoaded.
            on_failure: called with the place and reason of each entry that cannot be read.
            file: the file that `read` reads, if a second process should read it. The two are
                pickled together.

        Returns:
            How many were added. None, and nothing is changed, if the database has customers or other
            transactions may add some meanwhile.

        Raises:
            NotLoaded: two customers have the same unique value, or the second process failed. The
                transaction must be rolled back.
        """

    async def clear(self, organization_id: UUID) -> None:
        """Delete all customers of an organization, and their members, events, answers and cached lists.

        All commerce and queued webhook events and deliveries go too. The organization, its tokens, its
        webhook endpoints and its people stay. The organization must be locked
        (`OrganizationTable.lock`): writes of other transactions that began before are waited for,
        and what they inserted is deleted too.
        """

    async def note_forgotten(self) -> None:
        """Mark the database: what this transaction deletes must be overwritten on disk too.

        The mark is committed with the deletion, so that no crash comes between the two.
        `Storage.scrub` does the work; a storage that finds the mark when it opens does it as well.
        """

    @property
    def indexes(self) -> Indexes:
        """The indexes of the other tables."""


class Storage(Protocol):
    """A database; safe to use from many requests at once."""

    async def read(self, work: Callable[[Tables], Awaitable[T]], *, long: bool = False) -> T:
        """Run `work` on one snapshot.

        Args:
            work: awaits nothing but the tables' methods.
            long: it may take more than a millisecond, and must not block other requests.

        Raises StorageUnavailable.
        """

    async def catch_up(self) -> None:
        """Bring cached lists up to date, so that no request has to do it.

        Raises StorageUnavailable.
        """

    async def recount(self) -> None:
        """Count one cached list afresh, the next one each time.

        One that is wrong is reported to the operator and dropped; the next request counts afresh.

        Raises StorageUnavailable.
        """

    async def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` as one transaction; when this returns, its changes survive a crash.

        An exception from `work` rolls it back. Raises StorageUnavailable.
        """

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit of this process that queued webhook events.

        It is called on any thread, and must return at once. There is one listener: the last one wins.
        """

    async def scrub(self) -> None:
        """Begin to overwrite deleted personal data, wherever the engine still has it on disk.

        The work goes on after this returns, and ends at the latest when the storage is closed. If
        another process holds a lock until then, the next storage that opens the database does it.
        """

    def find_version(self) -> int | None:
        """The version of the data: another number after any commit, by whatever process.

        A cache filled under one version is valid while the version stays. None if the engine has no
        such number at hand.
        """

    async def ping(self) -> None:
        """Check that the database answers. Raises StorageUnavailable."""

    async def close(self) -> None:
        """Finish running work, and close the database."""
