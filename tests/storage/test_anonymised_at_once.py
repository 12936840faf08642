"""A customer is anonymised on PostgreSQL while another process queues webhooks about it."""

import asyncio
from uuid import UUID, uuid4

from icefloe.assembly import open_services
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.access import Subject
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.webhooks import EVENT_TYPES, NewWebhookEndpoint
from icefloe.domain.webhooks.outbox import Outbox
from icefloe.services import Services
from icefloe.settings import Settings
from support import run


async def queue_while_anonymised(services: Services) -> list[bytes]:
    """The bodies that wait for an endpoint once a customer who was just queued is anonymised."""
    organization = await services.organizations.create("Acme")
    subject = Subject(organization.id, uuid4(), frozenset(), None)
    new = NewWebhookEndpoint(url="https://example.com/", format="raw", events=EVENT_TYPES)
    endpoint = await services.webhook_endpoints.create(organization.id, new)
    await services.customer_writes.create(
        subject, NewCustomer(email="ada@example.com", external_id="ada", name="Ada Lovelace")
    )
    is_queued, may_commit = asyncio.Event(), asyncio.Event()

    async def queue(tables: Tables) -> None:
        await Outbox().queue(tables)
        is_queued.set()
        await may_commit.wait()

    queueing = asyncio.create_task(services.storage.write(queue))
    await is_queued.wait()
    anonymising = asyncio.create_task(
        services.customer_writes.delete_external(subject, "ada", anonymise=True)
    )
    # It waits for the rows that are being queued.
    await asyncio.sleep(0.5)
    assert not anonymising.done()
    may_commit.set()
    await asyncio.gather(queueing, anonymising)
    await services.webhook_deliveries.queue()
    return await find_bodies(services, organization.id, endpoint.id)


async def find_bodies(services: Services, organization_id: UUID, endpoint_id: UUID) -> list[bytes]:
    """The bodies that wait for an endpoint."""
    found = await services.webhook_deliveries.find_queued(
        organization_id, endpoint_id, first=100, retries=0
    )
    assert found is not None
    return [event.payload or b"" for event in found.first]


def test_queued_meanwhile(postgres_database: str) -> None:
    """No body with its name or address is left, and its deletion is told."""

    async def main() -> list[bytes]:
        services = await open_services(Settings(database=postgres_database))
        try:
            return await queue_while_anonymised(services)
        finally:
            await services.stop()

    bodies = run(main())

    assert [body for body in bodies if b"Ada" in body or b"ada@example.com" in body] == []
    assert any(b'"type":"customer.deleted"' in body for body in bodies)
