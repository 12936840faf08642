"""Lists of customers, by what is in memory of them where that helps: read, brought up to date, checked.

Here is the one place that notices when what is in memory disagrees with the database: the lists are
dropped with a report, and the same question is answered from the database alone.
"""

from collections.abc import Sequence
from uuid import UUID

from icefloe.domain.values.listing import CustomerQuery, Page
from icefloe.storage.dialect import Dialect
from icefloe.storage.lists.change_log import Disagrees
from icefloe.storage.lists.growth import CustomerGrowth
from icefloe.storage.lists.kept_lists import KeptList, KeptLists, Key, NothingKept
from icefloe.storage.lists.matches import Matches
from icefloe.storage.lists.planner import CustomerPages
from icefloe.storage.lists.reader import View
from icefloe.storage.transaction import Transaction


class CustomerLists:
    """The lists of all organizations, within one view of the database."""

    def __init__(self, transaction: Transaction, dialect: Dialect, kept: KeptLists) -> None:
        self._transaction = transaction
        self._dialect = dialect
        self._kept = kept

    async def find_page(self, organization_id: UUID, query: CustomerQuery) -> Page:
        """The page of wire documents that `query` asks for, and the exact total.

        Raises:
            TakesLong: a slow query is needed, and may not run here.
            OlderView: what is in memory is newer than the transaction's view.
        """
        try:
            return await CustomerPages(self._view(organization_id)).find_page(query)
        except Disagrees as disagreement:
            return await CustomerPages(self._afresh(organization_id, disagreement)).find_page(query)

    async def count_by_time(self, organization_id: UUID, moments: Sequence[int]) -> list[int]:
        """How many customers who are not deleted were made before each moment, in order.

        Raises:
            TakesLong: a slow query is needed, and may not run here.
            OlderView: what is in memory is newer than the transaction's view.
        """
        try:
            return await CustomerGrowth(self._view(organization_id)).count_before(moments)
        except Disagrees as disagreement:
            growth = CustomerGrowth(self._afresh(organization_id, disagreement))
            return await growth.count_before(moments)

    async def catch_up(self) -> None:
        """Bring up to date what is in memory."""
        await self._kept.catch_up(self._transaction, self._dialect.changes)

    async def recount(self) -> None:
        """Count one list afresh, another each time, and drop it where its total is wrong.

        Raises:
            OlderView: what is in memory is newer than the transaction's view.
        """
        turn = self._kept.find_next()
        if turn is None:
            return
        key, kept = turn
        try:
            await self._compare(key, kept)
        except Disagrees as disagreement:
            self._kept.give_up(key[0], disagreement)

    async def _compare(self, key: Key, kept: KeptList) -> None:
        """Compare a list's total with the database. Raises Disagrees, or OlderView."""
        organization_id, wanted, _ = key
        total = await kept.look(
            self._transaction, self._dialect.changes, key, lambda seen: seen.total
        )
        if total is None:
            self._kept.drop(key, kept)
            return
        # In the view that the list was just brought up to: whatever differs is wrong.
        view = self._view(organization_id)
        if wanted.is_empty:
            counted = await view.count_live()
        else:
            found = Matches(view, wanted)
            await found.prepare(is_small=False)
            counted = await found.count()
        if counted != total:
            raise Disagrees(f"{total} customers were remembered, and {counted} are counted")

    def _view(self, organization_id: UUID) -> View:
        return View(self._transaction, self._dialect, self._kept, organization_id)

    def _afresh(self, organization_id: UUID, disagreement: Disagrees) -> View:
        """The same view without memory, once the lists that disagreed are dropped."""
        self._kept.give_up(organization_id, disagreement)
        return View(self._transaction, self._dialect, NothingKept(), organization_id)
