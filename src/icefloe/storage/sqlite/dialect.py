"""SQLite's dialect."""

from collections.abc import Sequence

from icefloe.storage.sqlite.change_log import SqliteChangeLog
from icefloe.storage.sqlite.scrubbing import NOTE_FORGOTTEN
from icefloe.storage.sqlite.search import TrigramIndex


class SqliteDialect:
    """Implements `storage.dialect.Dialect`.

    One transaction writes at a time: rows need no locks, and one counter is enough.
    """

    change_log = SqliteChangeLog()
    search = TrigramIndex()
    plans_joins = False
    count_slots = 1
    analyze = None
    for_update = ""
    for_update_skip_locked = ""
    for_share = ""
    before_removal = None
    note_forgotten = NOTE_FORGOTTEN
    next_sequences = (
        "WITH RECURSIVE next (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM next"
        " WHERE number < $1) SELECT number + (SELECT coalesce(max(sequence), 0) FROM customers)"
        " FROM next"
    )

    # Joins the documents' bytes as they are, in the order of the ordered and limited subselect. SQLite
    # guarantees that order only for an ORDER BY in the aggregate, which would sort the page again.
    joined = "CAST(group_concat(document, ',') AS BLOB)"

    unique_indexes = ("customers_id", "customers_email", "customers_external_id")
    # Without the indexes of primary keys, which cannot be dropped.
    spare_indexes = (
        "SELECT name, sql FROM sqlite_schema"
        " WHERE type = 'index' AND tbl_name IN ('customers', 'members') AND sql IS NOT NULL"
        " ORDER BY rowid"
    )

    now = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)"

    def uuid_text(self, column: str) -> str:
        """The text of an identifier."""
        digits = f"lower(hex({column}))"
        parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        return " || '-' || ".join(f"substr({digits}, {at}, {size})" for at, size in parts)

    def uuid_contains(self, column: str, part: str) -> str:
        """The condition that an identifier's text contains a part."""
        # Few rows pass the digits alone: for the others no text is put together.
        digits = f"instr(hex({column}), upper(replace({part}, '-', ''))) > 0"
        return f"({digits} AND instr({self.uuid_text(column)}, {part}) > 0)"

    def contains_pattern(self, pattern: str) -> str:
        """The end of a condition that a text matches a pattern."""
        return f"LIKE {pattern}"

    def look_up_each(self, column: str, values: Sequence[str], living: str) -> str:
        """Selects which of many values customers of the organization `$1` have in a column."""
        return (
            f"SELECT {column} FROM customers"
            f" WHERE organization_id = $1 AND {column} IN ({', '.join(values)}){living}"
        )

    def indexed_by(self, table: str, index: str) -> str:
        """The table with the index to scan.

        SQLite has no statistics unless ANALYZE has run, and would sort all customers for a first page
        by two criteria.
        """
        return f"{table} INDEXED BY {index}"
