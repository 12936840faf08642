"""PostgreSQL's dialect."""

from collections.abc import Sequence

from icefloe.storage.postgres.change_log import PostgresChangeLog
from icefloe.storage.postgres.search import GinIndex


class PostgresDialect:
    """Implements `storage.dialect.Dialect`."""

    change_log = PostgresChangeLog()
    search = GinIndex()
    plans_joins = True
    # About as many as there are concurrent writers; with more, some wait for one another.
    count_slots = 16
    analyze = "ANALYZE customers, customer_search, customer_metadata, members"
    joined = "string_agg(document, ',')"
    note_forgotten = None  # the server overwrites when it vacuums
    before_removal = "SET LOCAL statement_timeout = 0"
    # Concurrent writers would wait until an index is built again.
    spare_indexes = None
    unique_indexes = ()
    next_sequences = (
        "SELECT nextval('customers_sequence') FROM generate_series(1, CAST($1 AS bigint))"
    )

    def __init__(self, *, locks: bool) -> None:
        """Make a dialect.

        Args:
            locks: whether the transactions it is for may hold rows, as those that write do.
        """
        # Not FOR UPDATE, for which a new member of a locked customer would wait.
        self.for_update = " FOR NO KEY UPDATE" if locks else ""
        self.for_share = " FOR SHARE" if locks else ""
        self.for_update_skip_locked = " FOR UPDATE SKIP LOCKED" if locks else ""

    now = "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"

    def uuid_text(self, column: str) -> str:
        """The text of an identifier."""
        return f"CAST({column} AS text)"

    def uuid_contains(self, column: str, part: str) -> str:
        """The condition that an identifier's text contains a part."""
        return f"strpos({self.uuid_text(column)}, {part}) > 0"

    def contains_pattern(self, pattern: str) -> str:
        """The end of a condition that a text matches a pattern."""
        return f"ILIKE {pattern} ESCAPE ''"

    def look_up_each(self, column: str, values: Sequence[str], living: str) -> str:
        """Selects which of many values customers of the organization `$1` have in a column.

        One by one: the server's statistics do not yet know the many customers of a new organization,
        and for a list of values it would read them all.
        """
        first, *others = values
        rows = ", ".join(
            [f"({first}::{'uuid' if column == 'id' else 'text'})", *[f"({one})" for one in others]]
        )
        return (
            f"SELECT wanted.value FROM (VALUES {rows}) AS wanted (value) CROSS JOIN LATERAL"
            " (SELECT 1 FROM customers"
            f" WHERE organization_id = $1 AND {column} = wanted.value{living} LIMIT 1) AS found"
        )

    def indexed_by(self, table: str, index: str) -> str:  # noqa: ARG002 - PostgreSQL's planner chooses
        """The table: PostgreSQL's planner has statistics, and chooses the index."""
        return table
