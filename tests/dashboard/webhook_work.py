"""A worker that delivers webhooks as a test says, in place of the server's own."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

from icefloe.domain.values.listing import MAX_LIMIT, PageRequest
from icefloe.domain.values.webhooks import (
    Attempted,
    DeliveryQuery,
    NewWebhookEndpoint,
    Outcome,
    WebhookEndpoint,
    WebhookEvent,
    WebhookEventType,
)
from icefloe.domain.webhooks import schedule
from support import Organization, run

# Nothing listens there, should the server deliver after all.
URL = "http://127.0.0.1:9/hook"
OK = Outcome(succeeded=True, http_code=200, response="thanks", duration=timedelta(milliseconds=12))
BAD = Outcome(succeeded=False, http_code=500, response="<oops>", duration=timedelta(seconds=1.25))
LATE = Outcome(succeeded=False, http_code=None, response="", duration=timedelta(seconds=10))


@dataclass
class Worker:
    """Delivers an organization's webhooks, to endpoints that it has leased from the server's worker."""

    organization: Organization
    id: UUID = field(default_factory=uuid4)

    def make_endpoint(
        self, *kinds: WebhookEventType, url: str = URL, name: str | None = "Shop"
    ) -> WebhookEndpoint:
        """An endpoint for some types of events; for new customers unless told otherwise."""
        new = NewWebhookEndpoint(
            url=url, format="raw", events=kinds or ("customer.created",), name=name
        )
        endpoint = run(
            self.organization.services.webhook_endpoints.create(self.organization.id, new)
        )
        self._lease(endpoint)
        return endpoint

    def make_customer(self, email: str = "ada@example.com") -> str:
        """Create a customer by the API, of which endpoints are told; returns its id."""
        body = {"email": email}
        answer = self.organization.request("POST", "/v1/customers/", body=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def queued(self, endpoint: WebhookEndpoint) -> list[WebhookEvent]:
        """What may be attempted at an endpoint now."""
        self._lease(endpoint)
        run(self.organization.services.webhook_deliveries.queue())
        found = run(
            self.organization.services.webhook_deliveries.find_queued(
                self.organization.id, endpoint.id, first=100, retries=100
            )
        )
        assert found is not None
        return [*found.first, *found.retries]

    def attempt(self, endpoint: WebhookEndpoint, outcome: Outcome) -> list[WebhookEvent]:
        """Attempt all that is due at an endpoint, with one outcome; returns what that was."""
        due = self.queued(endpoint)
        self.record(outcome, *due)
        return due

    def attempt_again(self, endpoint: WebhookEndpoint, outcome: Outcome) -> None:
        """Make the retries at an endpoint before they are due, with one outcome."""
        services, organization_id = self.organization.services, self.organization.id
        query = DeliveryQuery(page=PageRequest(limit=MAX_LIMIT), endpoint_ids=(endpoint.id,))
        found, _ = run(services.webhook_deliveries.find_page(organization_id, query))
        events = {one.event.id: one.event for one in found if one.event.due_at is not None}
        self.record(outcome, *events.values())

    def fail(self, endpoint: WebhookEndpoint) -> None:
        """Make every attempt at what is queued at an endpoint, without success."""
        events = self.queued(endpoint)
        for attempts in range(schedule.MAX_ATTEMPTS):
            self.record(BAD, *[replace(event, attempts=attempts) for event in events])

    async def store_url(self, endpoint: WebhookEndpoint, url: str) -> None:
        """Store a URL that no rule would let in, as from before a setting was changed."""
        services, organization_id = self.organization.services, self.organization.id
        stored = await services.webhook_endpoints.get(organization_id, endpoint.id)
        await services.storage.write(
            lambda tables: tables.webhook_endpoints.replace(replace(stored, url=url))
        )

    def record(self, outcome: Outcome, *events: WebhookEvent) -> None:
        """Store that events were attempted, with one outcome."""
        attempts = [Attempted(event, outcome) for event in events]
        run(self.organization.services.webhook_deliveries.record(attempts))

    def _lease(self, endpoint: WebhookEndpoint) -> None:
        # Longer than any test: the server's worker would change what a page shows.
        held = timedelta(days=1)
        organization_id, storage = self.organization.id, self.organization.services.storage
        assert run(
            storage.write(
                lambda tables: tables.webhook_endpoints.lease(
                    organization_id, endpoint.id, self.id, held
                )
            )
        )
