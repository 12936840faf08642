"""The check of commerce: is all that is derived of its documents what they imply?"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from icefloe.domain.values.documents import Document, read, read_moment
from icefloe.storage.columns import Kind
from icefloe.storage.commerce.resources import RESOURCES, Column, Resource
from icefloe.storage.commerce.side_rows import links_of, metadata_of
from icefloe.storage.transaction import Row, Transaction, moment

_BATCH = 500
_COMMON = ("sequence", "id", "created_at", "deleted_at", "document")
_SIDE_TABLES = {"commerce_metadata": ("key", "value"), "commerce_links": ("link", "target")}


@dataclass(slots=True)
class _Expected:
    """The numbers of rows that the objects read so far must have."""

    live: int = 0
    metadata: int = 0
    links: int = 0


class CommerceCheck:
    """Reads all objects of an organization, derives everything again and compares."""

    def __init__(self, transaction: Transaction) -> None:
        """Prepare a check on a transaction that reads one snapshot of the database."""
        self._transaction = transaction

    async def run(self, organization_id: UUID) -> list[str]:
        """What disagrees, in a few words each: nothing, in a sound database."""
        problems = []
        for resource in RESOURCES:
            problems += await self._check_resource(resource, organization_id)
        return problems

    async def _check_resource(self, resource: Resource, organization_id: UUID) -> list[str]:
        names = (*_COMMON, *[column.name for column in resource.columns])
        problems: list[str] = []
        expected, position = _Expected(), -1
        while rows := await self._transaction.fetch_all(
            f"SELECT {', '.join(names)} FROM {resource.name}"
            " WHERE organization_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
            organization_id,
            position,
            _BATCH,
        ):
            for row in rows:
                position = row[0]
                object_id = self._transaction.read_uuid(row[1])
                found = await self._check_object(resource, organization_id, row, expected)
                problems += [f"{resource.name} {object_id}: {problem}" for problem in found]
        return problems + await self._check_totals(resource, organization_id, expected)

    async def _check_object(
        self, resource: Resource, organization_id: UUID, row: Row, expected: _Expected
    ) -> list[str]:
        sequence, object_id, created_at, deleted_at, text, *columns = row
        document = read(text)
        problems = []
        derived = [column.of(document) for column in resource.columns]
        if derived != [self._read(*one) for one in zip(resource.columns, columns, strict=True)]:
            problems.append("columns are not those of its document")
        if str(self._transaction.read_uuid(object_id)) != document["id"]:
            problems.append("document has another id")
        if moment(read_moment(document["created_at"])) != created_at:
            problems.append("document has another time of creation")
        wanted: dict[str, list[tuple[Any, Any]]] = {"commerce_metadata": [], "commerce_links": []}
        if deleted_at is None:
            wanted = _side_rows_of(resource, document)
            expected.live += 1
            expected.metadata += len(wanted["commerce_metadata"])
            expected.links += len(wanted["commerce_links"])
        for table, rows in wanted.items():
            if await self._find_side_rows(table, resource, organization_id, sequence) != rows:
                problems.append(f"{table} are not those of its document")
        return problems

    def _read(self, column: Column, value: Any) -> Any:
        is_id = column.kind is Kind.UUID and value is not None
        return self._transaction.read_uuid(value) if is_id else value

    async def _find_side_rows(
        self, table: str, resource: Resource, organization_id: UUID, sequence: int
    ) -> list[tuple[Any, Any]]:
        rows = await self._transaction.fetch_all(
            f"SELECT {', '.join(_SIDE_TABLES[table])} FROM {table}"
            " WHERE organization_id = $1 AND resource = $2 AND sequence = $3",
            organization_id,
            resource.name,
            sequence,
        )
        is_link = table == "commerce_links"
        read_value = self._transaction.read_uuid if is_link else lambda value: value
        return sorted((key, read_value(value)) for key, value in rows)

    async def _check_totals(
        self, resource: Resource, organization_id: UUID, expected: _Expected
    ) -> list[str]:
        """Check the counter, and that every side row belongs to an object."""
        problems = []
        for statement, wanted in (
            ("SELECT CAST(coalesce(sum(live), 0) AS BIGINT) FROM commerce_counts", expected.live),
            ("SELECT count(*) FROM commerce_metadata", expected.metadata),
            ("SELECT count(*) FROM commerce_links", expected.links),
        ):
            row = await self._transaction.fetch_one(
                f"{statement} WHERE organization_id = $1 AND resource = $2",
                organization_id,
                resource.name,
            )
            if row is None or row[0] != wanted:
                table = statement.rpartition(" ")[2]
                problems.append(
                    f"{resource.name}: {table} is wrong ({row and row[0]}, not {wanted})"
                )
        return problems


def _side_rows_of(resource: Resource, document: Document) -> dict[str, list[tuple[Any, Any]]]:
    return {
        "commerce_metadata": sorted(metadata_of(document)),
        "commerce_links": sorted(links_of(resource, document)),
    }
