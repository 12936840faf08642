"""Searching text in SQLite: an index of trigrams, made by FTS5.

A new customer is not put into the index at once, which would cost each write more than all the rest of
it: those behind a mark are read one by one, and once there are enough of them, whoever adds the next
puts them all in, within its own transaction. Whoever is in the index and changes is changed there too.
"""

from uuid import UUID

from icefloe.storage.lists.facets import Facets
from icefloe.storage.lists.search import Arguments
from icefloe.storage.transaction import Transaction

_MARK = "(SELECT sequence FROM search_mark)"
_LAST = "coalesce((SELECT max(sequence) FROM customers), 0)"
# Reading so many customers one by one takes less than half a millisecond.
_MAX_BEHIND = 1_000
# To take a customer out of the index takes as long as to put so many in.
_SHARE = 10
# What the index finds in more customers than these is found faster by reading all of them.
_MAX_RARE = 20_000
# A text of fewer characters has no trigram. Of a longer one the index is asked for the beginning: it
# has to put together what it has of each three characters, which takes long where they are common.
_MIN_INDEXED, _MAX_INDEXED = 3, 24
_COLUMNS = "email, name, billing_name, external_id"


class TrigramIndex:
    """Implements `storage.search.SearchIndex`."""

    def has_text(self, conditions: Arguments, text: str) -> str:
        """A condition on rows of `customer_search`.

        `instr` compares characters one by one, so nothing in the text is a wildcard and no letter is
        taken for another.
        """
        place = conditions.add(text)
        found = [
            f"instr(customer_search.{name}, {place}) > 0"
            for name in ("email", "name", "billing_name")
        ]
        found.append(f"substr(customer_search.external_id, 1, {len(text)}) = {place}")
        return " OR ".join(found)

    async def is_rare(self, transaction: Transaction, text: str) -> bool:
        """Whether the index finds the text in so few customers that it is the way to them."""
        if len(text) < _MIN_INDEXED:
            return False
        row = await transaction.fetch_one(
            "SELECT count(*) FROM (SELECT rowid FROM customer_trigrams"
            f" WHERE customer_trigrams MATCH $1 LIMIT {_MAX_RARE + 1})",
            _match(text),
        )
        return row is not None and row[0] <= _MAX_RARE

    def select(self, conditions: Arguments, text: str) -> str:
        """A SELECT of the sequences of the organization's customers who have the text.

        The index knows nothing of organizations: what it finds is looked up among their customers.
        CROSS JOIN keeps it in this order.
        """
        found = conditions.add(_match(text))
        has_text = conditions.has_text(text)
        # Of a long text, the index has been asked for the beginning alone.
        also = f" AND {has_text}" if len(text) > _MAX_INDEXED else ""
        return (
            "SELECT customer_search.sequence FROM (SELECT rowid AS found FROM customer_trigrams"
            f" WHERE customer_trigrams MATCH {found}) CROSS JOIN customer_search"
            f" WHERE customer_search.organization_id = $1 AND customer_search.sequence = found{also}"
            " UNION ALL SELECT customer_search.sequence FROM customer_search"
            f" WHERE customer_search.sequence > {_MARK} AND {has_text}"
        )

    async def note_new(self, transaction: Transaction, sequence: int) -> None:
        """Put those behind the mark into the index, if they are many."""
        row = await transaction.fetch_one("SELECT sequence FROM search_mark")
        if row is None or sequence - row[0] >= _MAX_BEHIND:
            await index_up_to(transaction, sequence)

    async def note_change(
        self, transaction: Transaction, before: Facets | None, after: Facets | None
    ) -> None:
        """Change what the index has of a customer, if it has it."""
        facets = after or before
        was, now = (None if one is None else one.texts for one in (before, after))
        if facets is None or was == now or not await self._has(transaction, facets.sequence):
            return
        if was is not None:
            # An index without a table of its own is told what to take out.
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
        """Remove the text of an organization's customers from `customer_search` and the index."""
        indexed = f"FROM customer_search WHERE organization_id = $1 AND sequence <= {_MARK}"
        row = await transaction.fetch_one(
            f"SELECT count(*) * {_SHARE} > {_MARK} {indexed}", organization_id
        )
        is_made_anew = row is not None and bool(row[0])
        if not is_made_anew:
            await transaction.execute(
                f"INSERT INTO customer_trigrams (customer_trigrams, rowid, {_COLUMNS})"
                f" SELECT 'delete', sequence, {_COLUMNS} {indexed}",
                organization_id,
            )
        await transaction.execute(
            "DELETE FROM customer_search WHERE organization_id = $1", organization_id
        )
        # Numbers behind the last customer are given again, to customers who are not in the index yet.
        await transaction.execute(
            f"UPDATE search_mark SET sequence = {_LAST} WHERE sequence > {_LAST}"
        )
        if is_made_anew:
            await transaction.execute(
                "INSERT INTO customer_trigrams (customer_trigrams) VALUES ('rebuild')"
            )

    async def _has(self, transaction: Transaction, sequence: int) -> bool:
        """Whether a customer is in the index already."""
        found = await transaction.fetch_one(
            "SELECT 1 FROM search_mark WHERE sequence >= $1", sequence
        )
        return found is not None


async def index_up_to(transaction: Transaction, sequence: int) -> None:
    """Put everybody behind the mark into the index, up to one customer, and move the mark there."""
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
    """A text's beginning as FTS5 says it: a phrase; of the external id, where that begins."""
    phrase = '"' + text[:_MAX_INDEXED].replace('"', '""') + '"'
    return f"{{email name billing_name}} : {phrase} OR external_id : ^ {phrase}"
