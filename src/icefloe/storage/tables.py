"""All nouns' statements over one session: the consistent view the port promises."""

import contextlib
from collections.abc import Callable
from uuid import UUID

from icefloe.domain.ports.storage import LargeFile, NotLoaded
from icefloe.domain.values import errors
from icefloe.storage import ahead, new_rows
from icefloe.storage.answers import AnswerStatements
from icefloe.storage.bulk import IndexStatements
from icefloe.storage.customers import CustomerStatements
from icefloe.storage.dialect import Dialect
from icefloe.storage.events import EventStatements
from icefloe.storage.invitations import InvitationStatements
from icefloe.storage.lists.kept_lists import KeptLists
from icefloe.storage.members import MemberStatements
from icefloe.storage.memberships import MembershipStatements
from icefloe.storage.metadata import MetadataStatements
from icefloe.storage.organizations import OrganizationStatements
from icefloe.storage.people import PersonStatements
from icefloe.storage.session import Session
from icefloe.storage.sessions import SignedInStatements
from icefloe.storage.tokens import TokenStatements


class SqlTables:
    """Implements `domain.storage.Tables`."""

    def __init__(self, session: Session, dialect: Dialect, kept: KeptLists) -> None:
        self._session = session
        self._dialect = dialect
        self.organizations = OrganizationStatements(session, dialect)
        self.tokens = TokenStatements(session)
        self.customers = CustomerStatements(session, dialect, kept)
        self.metadata = MetadataStatements(session)
        self.indexes = IndexStatements(session, dialect)
        self.members = MemberStatements(session, self.indexes)
        self.events = EventStatements(session)
        self.answers = AnswerStatements(session, dialect)
        self.people = PersonStatements(session, dialect)
        self.memberships = MembershipStatements(session)
        self.sessions = SignedInStatements(session, dialect)
        self.invitations = InvitationStatements(session)

    async def load_new(
        self,
        organization_id: UUID,
        read: new_rows.ReadBatches,
        on_failure: Callable[[str, str], None],
        file: LargeFile | None = None,
    ) -> int | None:
        """Add all customers that `read` gives, and look none of them up."""
        if not await self.indexes.set_aside_all():
            return None
        added = 0
        rows = new_rows.read(read) if file is None else ahead.read(read, file)
        with contextlib.closing(rows) as batches:
            for batch in batches:
                for place, reason in batch.failures:
                    on_failure(place, reason)
                await self.customers.add_rows(organization_id, batch.customers)
                await self.members.add_rows(batch.members)
                added += len(batch.customers)
        try:
            await self.indexes.restore_unique()
        except errors.Duplicate as error:
            raise NotLoaded from error
        if added:
            await self.customers.note_many(organization_id, added)
        return added

    async def clear(self, organization_id: UUID) -> None:
        """Remove all customers of an organization and whatever is kept of them."""
        if self._dialect.before_removal is not None:
            await self._session.execute(self._dialect.before_removal)
        await self.customers.hold_all(organization_id)
        await self.answers.remove_all(organization_id)
        await self.events.remove_all(organization_id)
        await self.members.remove_all(organization_id)
        await self.customers.remove_all(organization_id)

    async def note_forgotten(self) -> None:
        """Note that what this transaction removes is to be overwritten on disk too."""
        if self._dialect.note_forgotten is not None:
            await self._session.execute(self._dialect.note_forgotten)
