"""All nouns' statements over one session: the consistent view the port promises."""

from uuid import UUID

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
