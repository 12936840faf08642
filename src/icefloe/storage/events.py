"""Events: the statements."""

from uuid import UUID

from icefloe.domain.events import Event
from icefloe.storage.session import Session, moment


class EventStatements:
    """Implements `domain.storage.EventTable`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, event: Event) -> None:
        """Keep an event, behind all that were kept before."""
        await self._session.execute(
            "INSERT INTO events (organization_id, customer_id, type, created_at, document)"
            " VALUES ($1, $2, $3, $4, $5)",
            event.organization_id,
            event.customer_id,
            event.type,
            moment(event.created_at),
            event.document,
        )

    async def forget(self, organization_id: UUID, customer_id: UUID) -> None:
        """Remove every event about a customer and its members."""
        await self._session.execute(
            "DELETE FROM events WHERE organization_id = $1 AND customer_id = $2",
            organization_id,
            customer_id,
        )
