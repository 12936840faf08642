"""The tables of the port: the statements of every noun, all in one transaction."""

import contextlib
from collections.abc import Callable
from uuid import UUID

from icefloe.domain.ports.storage import LargeFile, NotLoaded
from icefloe.domain.values import errors
from icefloe.storage import new_rows, second_process
from icefloe.storage.answers import AnswerStatements
from icefloe.storage.bulk import IndexStatements
from icefloe.storage.commerce.tables import CommerceStatements
from icefloe.storage.commerce.usage import UsageStatements
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
from icefloe.storage.webhooks.deliveries import WebhookDeliveryStatements
from icefloe.storage.webhooks.endpoints import WebhookEndpointStatements
from icefloe.storage.webhooks.events import WebhookEventStatements
from icefloe.storage.webhooks.state_triggers import StateTriggerStatements


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
        self.events = EventStatements(transaction, dialect, self._note_queued)
        self.answers = AnswerStatements(transaction, dialect)
        self.people = PersonStatements(transaction, dialect)
        self.memberships = MembershipStatements(transaction)
        self.sessions = SessionStatements(transaction, dialect)
        self.invitations = InvitationStatements(transaction)
        self.webhook_endpoints = WebhookEndpointStatements(transaction, dialect)
        self.webhook_events = WebhookEventStatements(transaction, dialect, self._note_queued)
        self.state_triggers = StateTriggerStatements(transaction, self._note_queued)
        self.webhook_deliveries = WebhookDeliveryStatements(transaction, dialect)
        self.commerce = CommerceStatements(transaction, dialect)
        self.usage = UsageStatements(transaction, dialect)
        self._has_queued = False

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
        rows = new_rows.read(read) if file is None else second_process.read(read, file)
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
        """Delete all customers of an organization, what is stored about them, and its commerce."""
        if self._dialect.before_removal is not None:
            await self._transaction.execute(self._dialect.before_removal)
        await self.customers.lock_all(organization_id)
        await self.commerce.remove_all(organization_id)
        await self.usage.remove_all(organization_id)
        await self.answers.remove_all(organization_id)
        await self.events.remove_all(organization_id)
        await self.webhook_events.remove_all(organization_id)
        await self.state_triggers.remove_all(organization_id)
        await self.members.remove_all(organization_id)
        await self.customers.remove_all(organization_id)

    def take_queued(self) -> bool:
        """Whether webhook events were queued since the last call."""
        had, self._has_queued = self._has_queued, False
        return had

    def _note_queued(self) -> None:
        self._has_queued = True

    async def note_forgotten(self) -> None:
        """Mark the database: what this transaction deletes must be overwritten on disk too."""
        if self._dialect.note_forgotten is not None:
            await self._transaction.execute(self._dialect.note_forgotten)
