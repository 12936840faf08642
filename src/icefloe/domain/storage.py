"""The port: what the domain asks of whatever keeps its data.

`Storage.read` and `Storage.write` run a piece of work against `Tables`, a consistent view. Work is a
coroutine function that awaits nothing but the tables' own methods, so that an embedded engine can
run it to its end on a thread without an event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.access import Subject
    from icefloe.domain.customers import Customer, UniqueValue
    from icefloe.domain.events import Event, KeptEvent
    from icefloe.domain.idempotency import KeptAnswer
    from icefloe.domain.listing import CustomerQuery, Page
    from icefloe.domain.members import Member, MemberQuery
    from icefloe.domain.organizations import Organization
    from icefloe.domain.people_storage import (
        InvitationTable,
        MembershipTable,
        PersonTable,
        SessionTable,
    )
    from icefloe.domain.tokens import Token

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


class CustomerTable(Protocol):
    """Where customers are kept, with everything that is derived from them."""

    async def add(self, customer: Customer, owner_email: str | None) -> bytes:
        """Keep a new customer; returns its wire document, with the metadata just as given.

        `owner_email` is the address of the member who owns it, which is kept by itself. Raises
        Duplicate (field `id`, `email` or `external_id`).
        """

    async def add_all(self, customers: Sequence[tuple[Customer, str | None]]) -> None:
        """Keep new customers of one organization, in their order; each is given as for `add`.

        `note_many` has to follow.
        """

    async def add_derived(self, organization_id: UUID, rows: Sequence[Any]) -> None:
        """Keep new customers as `add_all` does, of whom `Storage.derive` made the rows."""

    async def replace(
        self, customer: Customer, owner_email: str | None, *, is_one_of_many: bool = False
    ) -> bytes:
        """Keep a customer's new values in place of those it had; returns its wire document.

        Where `is_one_of_many`, `note_many` has to follow. Raises Duplicate (field `email` or
        `external_id`), or CustomerNotFound.
        """

    async def note_many(self, organization_id: UUID, count: int) -> None:
        """Say that so many customers have been added or replaced as some of many.

        At the end of their transaction, that what lists remember of the organization is found anew.
        """

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Remove what was kept of a customer's values of before."""

    async def find_taken(self, customer: Customer) -> frozenset[str]:
        """Which of a customer's unique values another one has who is not deleted.

        Names of fields: `email`, letter case aside, and `external_id`.
        """

    async def find_taken_values(
        self, organization_id: UUID, values: Iterable[UniqueValue]
    ) -> set[UniqueValue]:
        """Which of the values a kept customer has; they are as of `unique_values_of`."""

    async def catch_up(self) -> None:
        """Bring up to date what lists remember, so that nobody has to wait for it later."""

    async def count_by_time(self, organization_id: UUID, moments: Sequence[datetime]) -> list[int]:
        """How many customers who are not deleted were made before each moment, in order."""

    async def find(self, organization_id: UUID, customer_id: UUID) -> Customer | None:
        """The customer with that id, deleted or not.

        Within `Storage.write`, this and the two finds below hold what they find: until the
        transaction ends, nobody else changes the customer, or its members who are always changed by
        somebody who holds their customer.
        """

    async def find_all(self, organization_id: UUID) -> list[Customer]:
        """Every customer of an organization, deleted or not, in the order they were kept; not held."""

    async def find_external(self, organization_id: UUID, external_id: str) -> Customer | None:
        """The customer with that external id, unless deleted."""

    async def find_same(self, customer: Customer) -> list[Customer]:
        """The kept customers that `customer` would collide with.

        The one with its id, deleted or not; and, unless `customer` is deleted, those who are not
        deleted and have its external id or its e-mail address. In that order, each once.
        """

    async def find_document(self, organization_id: UUID, customer_id: UUID) -> bytes | None:
        """The wire document of the customer with that id, unless deleted."""

    async def find_external_document(self, organization_id: UUID, external_id: str) -> bytes | None:
        """The wire document of the customer with that external id, unless deleted."""

    async def find_page(self, organization_id: UUID, query: CustomerQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total."""

    async def find_batch(
        self, organization_id: UUID, after: int, limit: int, *, with_deleted: bool
    ) -> list[CustomerRecord]:
        """The next `limit` customers in the order they were kept, behind position `after`."""

    async def find_batch_by_time(
        self, organization_id: UUID, after: tuple[int, int] | None, limit: int
    ) -> list[tuple[tuple[int, int], bytes]]:
        """The next `limit` customers who are not deleted, by time: place and wire document.

        A place is opaque; `after` is that of the last one before, or None to begin.
        """

    async def find_following(
        self, organization_id: UUID, query: CustomerQuery, after: Any, limit: int
    ) -> list[tuple[Any, bytes, Member]]:
        """The next `limit` customers whom `query` finds, in its order, whatever page it names.

        Each is given as place, wire document, and the member who owns it. A place is opaque, as
        above.
        """


class MetadataTable(Protocol):
    """What customers' metadata holds, of those who are not deleted."""

    async def find_keys(self, organization_id: UUID, prefix: str, limit: int) -> list[str]:
        """The first `limit` keys that begin with `prefix`, in the order of their characters.

        As quick for many customers as for few: from each key straight to the next.
        """

    async def count_values(
        self, organization_id: UUID, key: str, most: int
    ) -> list[tuple[str, int]] | None:
        """Each value that customers have under a key, and how many; the most frequent first.

        None where there are more than `most` different ones, which is found without counting.
        """


class MemberTable(Protocol):
    """Where members are kept."""

    async def add(self, member: Member) -> bytes:
        """Keep a new member; returns its wire document.

        Raises Duplicate (field `member.email` or `member.external_id`).
        """

    async def add_all(self, members: Sequence[Member]) -> None:
        """Keep new members; each as `add` does."""

    async def add_derived(self, rows: Sequence[Any]) -> None:
        """Keep new members of whom `Storage.derive` made the rows."""

    async def replace(self, member: Member) -> bytes:
        """Keep a member's new values in place of those it had; returns its wire document.

        Raises Duplicate (field `member.email` or `member.external_id`).
        """

    def render(self, member: Member) -> bytes:
        """A member's wire document."""

    async def find(self, organization_id: UUID, member_id: UUID) -> Member | None:
        """The member with that id, unless deleted."""

    async def find_external(
        self, organization_id: UUID, customer_id: UUID, external_id: str
    ) -> Member | None:
        """The member of a customer with that external id, unless deleted."""

    async def find_by_email(
        self, organization_id: UUID, customer_id: UUID, email: str
    ) -> Member | None:
        """The member of a customer with that address, letter case aside, unless deleted."""

    async def find_page(self, organization_id: UUID, query: MemberQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total."""

    async def find_all_of(self, organization_id: UUID, customer_id: UUID) -> list[Member]:
        """Every member a customer has had, deleted or not, oldest first."""

    async def find_owner(self, organization_id: UUID, customer_id: UUID) -> Member | None:
        """The member who owns the customer, deleted or not."""

    async def find_all(self, organization_id: UUID) -> list[Member]:
        """Every member of an organization's customers, deleted or not, in the order of their ids."""


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


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """A kept answer, and what it is found by.

    Attributes:
        key: under which it is kept.
        created_at: when it was; from then on it is kept for `idempotency.KEPT_FOR`.
        answer: the answer.
    """

    key: str
    created_at: datetime
    answer: KeptAnswer


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A kept customer as an export needs it.

    Attributes:
        position: where it stands in the order customers were kept; to go on from.
        document: its wire document.
        owner: the member who owns it.
    """

    position: int
    document: bytes
    owner: Member


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
