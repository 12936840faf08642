"""What meters have added up by the hour and by the day: the statements."""

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from icefloe.domain.ports.usage import Bucket, Span
from icefloe.domain.values import documents
from icefloe.domain.values.measures import Measure, read_measure
from icefloe.domain.values.tallies import Tally
from icefloe.storage.commerce import usage_rows
from icefloe.storage.commerce.usage_conditions import Conditions
from icefloe.storage.dialect import Dialect
from icefloe.storage.transaction import Transaction

_METER = "organization_id = $1 AND meter_id = $2"
_RANGE = f"{_METER} AND span = $3 AND bucket BETWEEN $4 AND $5"


@functools.lru_cache(maxsize=1024)
def _read_measure(document: bytes) -> Measure:
    """What a meter's document says that it measures: read anew for each ingestion."""
    return read_measure(documents.read(document))


class MeterSumStatements:
    """Implements `domain.ports.usage.MeterSumTable`."""

    def __init__(self, transaction: Transaction, dialect: Dialect) -> None:
        self._transaction = transaction
        self._dialect = dialect

    async def find_measures(
        self, organization_id: UUID, *, with_archived: bool = False
    ) -> dict[UUID, Measure]:
        """What the organization's meters measure; while a write goes on, no meter changes."""
        archived = "" if with_archived else " AND NOT is_archived"
        rows = await self._transaction.fetch_all(
            "SELECT id, document FROM meters WHERE organization_id = $1 AND deleted_at IS NULL"
            f"{archived} ORDER BY sequence{self._dialect.for_share}",
            organization_id,
        )
        return {
            self._transaction.read_uuid(meter_id): _read_measure(bytes(document))
            for meter_id, document in rows
        }

    async def lock(
        self, organization_id: UUID, meter_ids: Sequence[UUID], buckets: Sequence[Bucket]
    ) -> dict[Bucket, Tally]:
        """The tallies of these buckets, locked until the write ends; empty ones where none were."""
        found = await self._find(organization_id, meter_ids, buckets)
        missing = sorted(set(buckets) - found.keys())
        if missing:
            # Two writers may each find none, and the second must add to what the first stores.
            await self._transaction.execute_many(
                "INSERT INTO meter_sums"
                f" (organization_id, meter_id, span, bucket, {usage_rows.TALLY_COLUMNS})"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
                [
                    (organization_id, meter_ids[place], *bucket, *usage_rows.tally_values(Tally()))
                    for place, *bucket in missing
                ],
            )
            found |= await self._find(organization_id, meter_ids, missing)
        return found

    async def store(
        self, organization_id: UUID, meter_ids: Sequence[UUID], tallies: Mapping[Bucket, Tally]
    ) -> None:
        """Store the tallies of buckets that `lock` gave."""
        await self._transaction.execute_many(
            "UPDATE meter_sums SET events = $5, total = $6, least = $7, greatest = $8"
            f" WHERE {_METER} AND span = $3 AND bucket = $4",
            [
                (organization_id, meter_ids[place], *bucket, *usage_rows.tally_values(tally))
                for (place, *bucket), tally in tallies.items()
            ],
        )

    async def add_values(
        self, organization_id: UUID, meter_id: UUID, values: Iterable[tuple[int, bytes]]
    ) -> None:
        """Store values of `unique`, each with the hour in which it was met."""
        await self._transaction.execute_many(
            "INSERT INTO meter_values (organization_id, meter_id, hour, value)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            [(organization_id, meter_id, *value) for value in sorted(set(values))],
        )

    async def find_range(
        self, organization_id: UUID, meter_id: UUID, span: Span, first: int, last: int
    ) -> list[tuple[int, Tally]]:
        """The tallies of a span from one bucket to another, both included, in order."""
        rows = await self._transaction.fetch_all(
            f"SELECT bucket, {usage_rows.TALLY_COLUMNS} FROM meter_sums WHERE {_RANGE}"
            " ORDER BY bucket",
            organization_id,
            meter_id,
            span,
            first,
            last,
        )
        return [(row[0], usage_rows.read_tally(tuple(row)[1:])) for row in rows]

    async def find_values(
        self, organization_id: UUID, meter_id: UUID, first: int, last: int
    ) -> list[tuple[int, bytes]]:
        """The values `unique` met in each hour, from one hour to another, both included."""
        rows = await self._transaction.fetch_all(
            f"SELECT hour, value FROM meter_values WHERE {_METER} AND hour BETWEEN $3 AND $4",
            organization_id,
            meter_id,
            first,
            last,
        )
        return [(hour, value) for hour, value in rows]

    async def forget(self, organization_id: UUID, meter_id: UUID) -> None:
        """Delete all that a meter has added up."""
        for table in ("meter_sums", "meter_values"):
            await self._transaction.execute(
                f"DELETE FROM {table} WHERE {_METER}", organization_id, meter_id
            )

    async def _find(
        self, organization_id: UUID, meter_ids: Sequence[UUID], buckets: Collection[Bucket]
    ) -> dict[Bucket, Tally]:
        """The tallies of these buckets, those there are; a write locks them until it ends."""
        wanted = frozenset(buckets)
        places = self._transaction.places_of(meter_ids)
        found: dict[Bucket, Tally] = {}
        spans: dict[Span, set[int]] = {}
        for _, span, number in buckets:
            spans.setdefault(span, set()).add(number)
        for span, numbers in sorted(spans.items()):
            where = Conditions(organization_id, "meter_sums")
            where.add(where.any_of("meter_id", meter_ids))
            where.add(f"span = {where.place(span)}")
            where.add(where.any_of("bucket", tuple(numbers)))
            rows = await self._transaction.fetch_all(
                f"SELECT meter_id, bucket, {usage_rows.TALLY_COLUMNS} FROM meter_sums"
                f" WHERE {where.text} ORDER BY meter_id, bucket{self._dialect.for_update}",
                *where.arguments,
            )
            for meter_id, number, *tally in rows:
                bucket = (places[meter_id], span, number)
                if bucket in wanted:
                    found[bucket] = usage_rows.read_tally(tuple(tally))
        return found
