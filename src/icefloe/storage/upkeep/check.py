"""The check of a database: is all derived data still what its customers, commerce and people imply?"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from icefloe.domain.values.collation import lower
from icefloe.domain.values.customers import Customer
from icefloe.domain.values.organizations import DEFAULT_PROFILE
from icefloe.storage import customer_rows
from icefloe.storage.dialect import Dialect
from icefloe.storage.members import MemberStatements
from icefloe.storage.transaction import Row, Transaction, moment
from icefloe.storage.upkeep.commerce_check import CommerceCheck
from icefloe.storage.upkeep.holdings_check import HoldingsCheck
from icefloe.storage.upkeep.usage_check import UsageCheck

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement between stored data and what it is derived from.

    Attributes:
        organization_id: of which organization; None for what concerns all of them.
        customer_id: of which customer, if of one.
        problem: what disagrees, in a few words.
    """

    organization_id: UUID | None
    customer_id: UUID | None
    problem: str

    @property
    def about(self) -> str:
        """The name of what the finding is about: a customer's id, an organization, or all of them."""
        if self.customer_id is not None:
            return str(self.customer_id)
        if self.organization_id is not None:
            return f"organization {self.organization_id}"
        return "all organizations"


@dataclass(slots=True)
class _Expected:
    """The numbers of rows that the customers read so far must have."""

    live: int = 0
    metadata_rows: int = 0


class Check:
    """Reads all customers, derives everything again and compares."""

    def __init__(
        self, transaction: Transaction, dialect: Dialect, on_progress: Callable[[int], None]
    ) -> None:
        """Prepare a check.

        Args:
            transaction: reads one snapshot of the database.
            dialect: the engine's, for transactions that read.
            on_progress: called for each batch with the number of customers in it.
        """
        self._transaction = transaction
        self._dialect = dialect
        self._members = MemberStatements(transaction)
        self._on_progress = on_progress

    async def run(self) -> list[Finding]:
        """All findings: none, in a sound database."""
        findings = []
        for row in await self._transaction.fetch_all("SELECT id FROM organizations ORDER BY id"):
            findings += await self._check_organization(self._transaction.read_uuid(row[0]))
        return findings + await self._check_profiles() + await self._check_people()

    async def _check_profiles(self) -> list[Finding]:
        return [
            Finding(self._transaction.read_uuid(organization_id), None, "settings cannot be read")
            for organization_id, profile in await self._transaction.fetch_all(
                "SELECT id, profile FROM organizations ORDER BY id"
            )
            if not _is_profile(profile)
        ]

    async def _check_people(self) -> list[Finding]:
        return [
            Finding(None, None, f"{email} would not be found by that address")
            for email, stored in await self._transaction.fetch_all(
                "SELECT email, email_lower FROM people ORDER BY id"
            )
            if stored != lower(email)
        ]

    async def _check_organization(self, organization_id: UUID) -> list[Finding]:
        findings: list[Finding] = []
        expected, position = _Expected(), -1
        while rows := await self._transaction.fetch_all(
            f"SELECT sequence, {customer_rows.DERIVED_COLUMNS}, {customer_rows.COLUMNS} FROM customers"
            " WHERE organization_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            organization_id,
            position,
            _BATCH,
        ):
            for row in rows:
                position = row[0]
                findings += await self._check_customer(row, expected)
            self._on_progress(len(rows))
        findings += await self._check_totals(organization_id, expected)
        commerce = CommerceCheck(self._transaction)
        usage = UsageCheck(self._transaction, self._dialect)
        problems = await commerce.run(organization_id) + await usage.run(organization_id)
        findings += [Finding(organization_id, None, problem) for problem in problems]
        holdings = await HoldingsCheck(self._transaction).run(organization_id)
        return findings + [Finding(organization_id, *problem) for problem in holdings]

    async def _check_customer(self, row: Row, expected: _Expected) -> list[Finding]:
        sequence, *rest = row
        width = len(customer_rows.DERIVED_COLUMNS.split(", "))
        derived, values = tuple(rest[:width]), tuple(rest[width:])
        customer = customer_rows.read_customer(values, self._transaction)
        owner = await self._members.find_owner(customer.organization_id, customer.id)
        problems = []
        if owner is None:
            problems.append("has no owner among its members")
        elif derived != customer_rows.derived_from(customer, owner.email):
            problems.append("document or sort keys are not those of its values")
        if customer.deleted_at is None:
            expected.live += 1
            expected.metadata_rows += len(customer.metadata)
        problems += await self._check_side_tables(customer, sequence)
        return [Finding(customer.organization_id, customer.id, text) for text in problems]

    async def _check_side_tables(self, customer: Customer, sequence: int) -> list[str]:
        live = customer.deleted_at is None
        problems = []
        search = await self._transaction.fetch_all(
            "SELECT email, name, billing_name, external_id FROM customer_search"
            " WHERE organization_id = $1 AND sequence = $2",
            customer.organization_id,
            sequence,
        )
        if [*map(tuple, search)] != ([customer_rows.search_texts_of(customer)] if live else []):
            problems.append("search text is not that of its values")
        metadata = await self._transaction.fetch_all(
            "SELECT key, value, created_at FROM customer_metadata"
            " WHERE organization_id = $1 AND sequence = $2",
            customer.organization_id,
            sequence,
        )
        texts = customer_rows.metadata_texts_of(customer) if live else []
        made = moment(customer.created_at)
        if sorted(map(tuple, metadata)) != sorted((key, value, made) for key, value in texts):
            problems.append("metadata rows are not those of its values")
        return problems

    async def _check_totals(self, organization_id: UUID, expected: _Expected) -> list[Finding]:
        """Check counters, and that every row of a side table belongs to a customer."""
        problems = []
        for statement, wanted, problem in (
            (
                "SELECT CAST(coalesce(sum(live), 0) AS BIGINT) FROM customer_counts",
                expected.live,
                "counter is wrong",
            ),
            ("SELECT count(*) FROM customer_search", expected.live, "search text of no customer"),
            (
                "SELECT count(*) FROM customer_metadata",
                expected.metadata_rows,
                "metadata rows of no customer",
            ),
        ):
            row = await self._transaction.fetch_one(
                f"{statement} WHERE organization_id = $1", organization_id
            )
            if row is None or row[0] != wanted:
                problems.append(f"{problem} ({row and row[0]}, not {wanted})")
        return [Finding(organization_id, None, text) for text in problems]


def _is_profile(text: str) -> bool:
    """Whether a text is a JSON object that names settings of organizations alone."""
    try:
        profile = json.loads(text)
    except ValueError:
        return False
    return isinstance(profile, dict) and profile.keys() <= DEFAULT_PROFILE.keys()
