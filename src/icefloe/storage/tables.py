"""The tables of the port: the statements of every noun, all in one transaction."""

from uuid import UUID

from icefloe.storage.answers import AnswerStatements
from icefloe.storage.bulk import IndexStatements
from icefloe.storage.customers import CustomerStatements
from icefloe.storage.dialect import Dialect
from icefloe.storage.events import EventStatements
from icefloe.storage.invitations import InvitationStatements
from icefloe.storage.lists.list_cache import ListCache
from icefloe.storage.members import MemberStatements
from icefloe.storage.memberships import MembershipStatements
from icefloe.storage.metadata import MetadataStatements
from icefloe.storage.organizations import OrganizationStatements
from icefloe.storage.people import PersonStatements
from icefloe.storage.sessions import SessionStatements
from icefloe.storage.tokens import TokenStatements
from icefloe.storage.transaction import Transaction


class SqlTables:
    """Implements `domain.ports.storage.Tables`."""

    def __init__(self, transaction: Transaction, dialect: Dialect, cache: ListCache) -> None:
        self._transaction = transaction
        self._dialect = dialect
        self.organizations = OrganizationStatements(transaction, dialect)
        self.tokens = TokenStatements(transaction)
        self.customers = CustomerStatements(transaction, dialect, cache)
        self.metadata = MetadataStatements(transaction)
        self.indexes = IndexStatements(transaction, dialect)
        self.members = MemberStatements(transaction, self.indexes)
        self.events = EventStatements(transaction)
        self.answers = AnswerStatements(transaction, dialect)
        self.people = PersonStatements(transaction, dialect)
        self.memberships = MembershipStatements(transaction)
        self.sessions = SessionStatements(transaction, dialect)
        self.invitations = InvitationStatements(transaction)

    async def clear(self, organization_id: UUID) -> None:
        """Delete all customers of an organization and all that is stored about them."""
        if self._dialect.before_removal is not None:
            await self._transaction.execute(self._dialect.before_removal)
        await self.customers.hold_all(organization_id)
        await self.answers.remove_all(organization_id)
        await self.events.remove_all(organization_id)
        await self.members.remove_all(organization_id)
        await self.customers.remove_all(organization_id)

    async def note_forgotten(self) -> None:
        """Mark the database: what this transaction deletes must be overwritten on disk too."""
        if self._dialect.note_forgotten is not None:
            await self._transaction.execute(self._dialect.note_forgotten)
