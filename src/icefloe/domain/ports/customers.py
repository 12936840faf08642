"""The port for customers, their metadata and their members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from icefloe.domain.values.customers import Customer, UniqueValue
    from icefloe.domain.values.listing import CustomerQuery, Page
    from icefloe.domain.values.members import Member, MemberQuery


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A stored customer as an export needs it.

    Attributes:
        position: its place in the order of insertion; an export goes on from it.
        document: its wire document.
        owner: the member who owns it.
    """

    position: int
    document: bytes
    owner: Member


class CustomerTable(Protocol):
    """The customers, with everything that is derived from them."""

    async def add(self, customer: Customer, owner_email: str | None) -> bytes:
        """Insert a customer; returns its wire document, with the metadata just as given.

        `owner_email` is the address of the owning member, which the caller inserts separately.
        Raises Duplicate (field `id`, `email` or `external_id`).
        """

    async def add_all(self, customers: Sequence[tuple[Customer, str | None]]) -> None:
        """Insert customers of one organization, in their order; each is given as for `add`.

        `note_many` must follow.
        """

    async def replace(
        self, customer: Customer, owner_email: str | None, *, is_one_of_many: bool = False
    ) -> bytes:
        """Store a customer's new values; returns its wire document.

        If `is_one_of_many`, `note_many` must follow. Raises Duplicate (field `email` or
        `external_id`), or CustomerNotFound.
        """

    async def note_many(self, organization_id: UUID, count: int) -> None:
        """End a bulk write of so many customers: cached lists of the organization are dropped.

        Called at the end of its transaction.
        """

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Delete the change log's entries of a customer, which hold its earlier values."""

    async def find_taken(self, customer: Customer) -> frozenset[str]:
        """Which of a customer's unique values another customer has that is not deleted.

        Names of fields: `email`, letter case aside, and `external_id`.
        """

    async def find_taken_values(
        self, organization_id: UUID, values: Iterable[UniqueValue]
    ) -> set[UniqueValue]:
        """Which of the values a stored customer has; values as `unique_values_of` gives them."""

    async def catch_up(self) -> None:
        """Bring cached lists up to date, so that no request has to do it."""

    async def recount(self) -> None:
        """Count one cached list afresh, the next one each time; `Storage.recount` says more."""

    async def count_by_time(self, organization_id: UUID, moments: Sequence[datetime]) -> list[int]:
        """How many customers who are not deleted were made before each moment, in order."""

    async def find(self, organization_id: UUID, customer_id: UUID) -> Customer | None:
        """The customer with that id, deleted or not.

        Within `Storage.write`, this and the two finds below lock the row: until the transaction ends,
        no other transaction changes the customer, nor its members, because a writer of a member
        locks its customer first.
        """

    async def find_all(self, organization_id: UUID) -> list[Customer]:
        """Every customer of an organization, deleted or not, in the order of insertion; not locked."""

    async def find_external(self, organization_id: UUID, external_id: str) -> Customer | None:
        """The customer with that external id, unless deleted."""

    async def find_same(self, customer: Customer) -> list[Customer]:
        """The stored customers that `customer` would collide with, each once.

        First the one with its id, deleted or not. Then, unless `customer` is deleted, those that are
        not deleted and have its external id or its e-mail address.
        """

    async def find_document(self, organization_id: UUID, customer_id: UUID) -> bytes | None:
        """The wire document of the customer with that id, unless deleted."""

    async def find_documents(
        self, organization_id: UUID, customer_ids: Iterable[UUID]
    ) -> dict[UUID, bytes]:
        """The wire documents of customers, deleted or not, by their ids; those there are."""

    async def find_external_document(self, organization_id: UUID, external_id: str) -> bytes | None:
        """The wire document of the customer with that external id, unless deleted."""

    async def find_page(self, organization_id: UUID, query: CustomerQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total."""

    async def find_batch(
        self, organization_id: UUID, after: int, limit: int, *, with_deleted: bool
    ) -> list[CustomerRecord]:
        """The next `limit` customers in the order of insertion, after position `after`."""

    async def find_batch_by_time(
        self, organization_id: UUID, after: tuple[int, int] | None, limit: int
    ) -> list[tuple[tuple[int, int], bytes]]:
        """The next `limit` customers who are not deleted, by time: place and wire document.

        A place is opaque; `after` is that of the last one before, or None to begin.
        """

    async def find_following(
        self, organization_id: UUID, query: CustomerQuery, after: Any, limit: int
    ) -> list[tuple[Any, bytes, Member]]:
        """The next `limit` customers that `query` finds, in its order; its page does not matter.

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
    """The members."""

    async def add(self, member: Member) -> bytes:
        """Insert a member; returns its wire document.

        Raises Duplicate (field `member.email` or `member.external_id`).
        """

    async def add_all(self, members: Sequence[Member]) -> None:
        """Insert members; each as `add` does."""

    async def replace(self, member: Member) -> bytes:
        """Store a member's new values; returns its wire document.

        Raises Duplicate (field `member.email` or `member.external_id`).
        """

    def render(self, member: Member) -> bytes:
        """A member's wire document."""

    async def find(self, organization_id: UUID, member_id: UUID) -> Member | None:
        """The member with that id, unless deleted."""

    async def find_documents(
        self, organization_id: UUID, member_ids: Iterable[UUID]
    ) -> dict[UUID, bytes]:
        """The wire documents of members, deleted or not, by their ids; those there are."""

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
