"""The port's part for customers: what is kept of them, of their metadata and of their members."""

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
    """A kept customer as an export needs it.

    Attributes:
        position: where it stands in the order customers were kept; to go on from.
        document: its wire document.
        owner: the member who owns it.
    """

    position: int
    document: bytes
    owner: Member


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
