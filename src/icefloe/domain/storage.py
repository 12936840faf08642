"""The port: what the domain asks of whatever keeps its data.

`Storage.read` and `Storage.write` run a piece of work against `Tables`, a consistent view. Work is a
coroutine function that awaits nothing but the tables' own methods, so that an embedded engine can
run it to its end on a thread without an event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.access import Subject
    from icefloe.domain.customers import Customer
    from icefloe.domain.listing import CustomerQuery, Page
    from icefloe.domain.members import Member
    from icefloe.domain.organizations import Organization
    from icefloe.domain.tokens import Token

T = TypeVar("T")


class OrganizationTable(Protocol):
    """Where organizations are kept."""

    async def add(self, organization: Organization) -> None:
        """Keep a new organization. Raises Duplicate (field `id` or `slug`)."""

    async def find(self, organization_id: UUID) -> Organization | None:
        """The organization with that id."""

    async def find_all(self, limit: int) -> list[Organization]:
        """The oldest `limit` organizations, oldest first."""


class TokenTable(Protocol):
    """Where tokens are kept."""

    async def add(self, token: Token) -> None:
        """Keep a new token."""

    async def find_all(self, organization_id: UUID | None, limit: int) -> list[Token]:
        """The oldest `limit` tokens of an organization, or of all; oldest first."""

    async def find_subject(self, token_hash: str) -> Subject | None:
        """Whom the token with that hash speaks for; None where it is unknown or revoked."""

    async def revoke(self, token_id: UUID, now: datetime) -> bool:
        """Mark a token revoked; False where there is none that was not revoked before."""

    async def note_use(self, uses: Mapping[UUID, datetime]) -> None:
        """Keep when each token was last used; an earlier moment never replaces a later one."""


class CustomerTable(Protocol):
    """Where customers are kept, with everything that is derived from them."""

    async def add(self, customer: Customer, owner: Member) -> None:
        """Keep a new customer and the member who owns it.

        Raises Duplicate (field `id`, `email` or `external_id`).
        """

    async def replace(self, customer: Customer, owner: Member) -> None:
        """Keep a customer's new values, and its owner's, in place of those it had.

        Raises Duplicate (field `email` or `external_id`), or CustomerNotFound.
        """

    async def find(self, organization_id: UUID, customer_id: UUID) -> Customer | None:
        """The customer with that id, deleted or not."""

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


class MemberTable(Protocol):
    """Where members are kept."""

    async def find_owner(self, organization_id: UUID, customer_id: UUID) -> Member | None:
        """The member who owns the customer, deleted or not."""


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
    def members(self) -> MemberTable:
        """The members."""


class Storage(Protocol):
    """Keeps everything; safe to use from many requests at once."""

    async def read(self, work: Callable[[Tables], Awaitable[T]], *, long: bool = False) -> T:
        """Run `work` on a consistent view.

        Args:
            work: awaits nothing but the tables' methods.
            long: may take more than a millisecond; other requests go on meanwhile.

        Raises StorageUnavailable.
        """

    async def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` as one transaction; when this returns, its changes survive a crash.

        An exception from `work` leaves no trace of it. Raises StorageUnavailable.
        """

    async def ping(self) -> None:
        """Ask the database for a sign of life. Raises StorageUnavailable."""

    async def close(self) -> None:
        """Finish what is under way and let go of the database."""
