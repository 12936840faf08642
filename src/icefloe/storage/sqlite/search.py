"""Full-text search in SQLite: a trigram index made by FTS5.

New customers are indexed in batches, for to index each by itself would cost more than the rest of its
write. A mark holds the last customer indexed; a search reads the customers behind it one by one. Once
there are enough of them, the next transaction that adds a customer indexes them all. A change of an
indexed customer is indexed at once.
"""

from uuid import UUID

from icefloe.storage.lists.facets import Facets
from icefloe.storage.lists.search import Arguments
from icefloe.storage.transaction import Transaction

_MARK = "(SELECT sequence FROM search_mark)"
_LAST = "coalesce((SELECT max(sequence) FROM customers), 0)"
# Customers behind the mark: to read them one by one takes less than half a millisecond.
_MAX_BEHIND = 1_000
# Customers that are indexed in the time it takes to delete one from the index.
_SHARE = 10
# Customers that the index may find; beyond, reading all text is faster.
_MAX_RARE = 20_000
# Characters. A shorter text has no trigram. Of a longer one the beginning is searched: the index must
# combine the lists of all its trigrams, which takes long where they are common.
_MIN_INDEXED, _MAX_INDEXED = 3, 24
_COLUMNS = "email, name, billing_name, external_id"


class TrigramIndex:
    """Implements `storage.lists.search.SearchIndex`."""

    def has_text(self, conditions: Arguments, text: str) -> str:
        """A condition on rows of `customer_search`.

        `instr` compares characters one by one, so nothing in the text is a wildcard and no letter is
        taken for another.
        """
        placeholder = conditions.add(text)
        found = [
            f"instr(customer_search.{name}, {placeholder}) > 0"
            for name in ("email", "name", "billing_name")
        ]
        found.append(f"substr(customer_search.external_id, 1, {len(text)}) = {placeholder}")
        return " OR ".join(found)

    async def is_rare(self, transaction: Transaction, text: str) -> bool:
        """Whether the text is so rare that the index is the fastest way."""
        if len(text) < _MIN_INDEXED:
            return False
        row = await transaction.fetch_one(
            "SELECT count(*) FROM (SELECT rowid FROM customer_trigrams"
            f" WHERE customer_trigrams MATCH $1 LIMIT {_MAX_RARE + 1})",
            _match(text),
        )
        return row is not None and row[0] <= _MAX_RARE

    def select(self, conditions: Arguments, text: str) -> str:
        """Selects the sequences of the organization's customers who have the text.

        The index knows no organizations: what it finds is looked up among the organization's customers.
        CROSS JOIN fixes that order of the join.
        """
        found = conditions.add(_match(text))
        has_text = conditions.has_text(text)
        # The index has searched only the beginning of a long text.
        also = f" AND {has_text}" if len(text) > _MAX_INDEXED else ""
        return (
            "SELECT customer_search.sequence FROM (SELECT rowid AS found FROM customer_trigrams"
            f" WHERE customer_trigrams MATCH {found}) CROSS JOIN customer_search"
            f" WHERE customer_search.organization_id = $1 AND customer_search.sequence = found{also}"
            " UNION ALL SELECT customer_search.sequence FROM customer_search"
            f" WHERE customer_search.sequence > {_MARK} AND {has_text}"
        )

    async def note_new(self, transaction: Transaction, sequence: int) -> None:
        """Index the customers behind the mark, if they are many."""
        row = await transaction.fetch_one("SELECT sequence FROM search_mark")
        if row is None or sequence - row[0] >= _MAX_BEHIND:
            await index_up_to(transaction, sequence)

    async def note_change(
        self, transaction: Transaction, before: Facets | None, after: Facets | None
    ) -> None:
        """Index a customer's changed text, if the customer is indexed."""
        facets = after or before
        was, now = (None if one is None else one.texts for one in (before, after))
        if facets is None or was == now or not await self._has(transaction, facets.sequence):
            return
        if was is not None:
            # FTS5 has no copy of the text (external content): it needs the old text to delete it.
            await transaction.execute(
                f"INSERT INTO customer_trigrams (customer_trigrams, rowid, {_COLUMNS})"
                " VALUES ('delete', $1, $2, $3, $4, $5)",
                facets.sequence,
                *was,
            )
        if now is not None:
            await transaction.execute(
                f"INSERT INTO customer_trigrams (rowid, {_COLUMNS}) VALUES ($1, $2, $3, $4, $5)",
                facets.sequence,
                *now,
            )

    async def remove_all(self, transaction: Transaction, organization_id: UUID) -> None:
        """Delete the text of an organization's customers from `customer_search` and the index."""
        indexed = f"FROM customer_search WHERE organization_id = $1 AND sequence <= {_MARK}"
        row = await transaction.fetch_one(
            f"SELECT count(*) * {_SHARE} > {_MARK} {indexed}", organization_id
        )
        must_rebuild = row is not None and bool(row[0])
        if not must_rebuild:
            await transaction.execute(
                f"INSERT INTO customer_trigrams (customer_trigrams, rowid, {_COLUMNS})"
                f" SELECT 'delete', sequence, {_COLUMNS} {indexed}",
                organization_id,
            )
        await transaction.execute(
            "DELETE FROM customer_search WHERE organization_id = $1", organization_id
        )
        # SQLite reuses numbers above the last customer's, for customers that are not indexed yet.
        await transaction.execute(
            f"UPDATE search_mark SET sequence = {_LAST} WHERE sequence > {_LAST}"
        )
        if must_rebuild:
            await transaction.execute(
                "INSERT INTO customer_trigrams (customer_trigrams) VALUES ('rebuild')"
            )

    async def _has(self, transaction: Transaction, sequence: int) -> bool:
        """Whether a customer is indexed."""
        found = await transaction.fetch_one(
            "SELECT 1 FROM search_mark WHERE sequence >= $1", sequence
        )
        return found is not None


async def index_up_to(transaction: Transaction, sequence: int) -> None:
    """Index the customers behind the mark, up to a sequence, and move the mark there."""
    await transaction.execute(
        f"INSERT INTO customer_trigrams (rowid, {_COLUMNS})"
        " SELECT customers.sequence, customer_search.email, customer_search.name,"
        " customer_search.billing_name, customer_search.external_id"
        " FROM customers CROSS JOIN customer_search"
        " ON customer_search.organization_id = customers.organization_id"
        " AND customer_search.sequence = customers.sequence"
        f" WHERE customers.sequence > {_MARK} AND customers.sequence <= $1",
        sequence,
    )
    await transaction.execute("UPDATE search_mark SET sequence = $1", sequence)


def _match(text: str) -> str:
    """An FTS5 query for a text's beginning: a phrase, which must begin an external id."""
    phrase = '"' + text[:_MAX_INDEXED].replace('"', '""') + '"'
    return f"{{email name billing_name}} : {phrase} OR external_id : ^ {phrase}"
