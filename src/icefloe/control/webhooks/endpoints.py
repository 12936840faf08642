"""The control API's endpoints of webhooks: handlers, deliveries, and what goes wrong on the way."""

import asyncio
from uuid import UUID

from pydantic import ValidationError

from icefloe.api.errors import RequestInvalid
from icefloe.api.messages import Request, Response, json_response
from icefloe.api.schemas.problems import problems
from icefloe.control import arguments, exact_json, paths, schemas
from icefloe.control.faults import counting
from icefloe.control.webhooks import idleness, kinds
from icefloe.control.webhooks.delivery_log import Delivery
from icefloe.control.webhooks.state import WebhookState
from icefloe.control.worlds import Worlds
from icefloe.delivery.courier import Courier
from icefloe.domain.values import errors
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.webhooks import NewWebhookEndpoint, WebhookEndpoint
from icefloe.domain.webhooks.endpoints import MAX_ENDPOINTS
from icefloe.exchange import webhooks

_TIMED_OUT = 408
_NO_COURIER = "this server sends no webhooks: start it without --no-deliver"


class WebhookControl:
    """The endpoints: they act on an organization's webhooks and on their state."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    # --- where events are sent --------------------------------------------------------------------

    async def list_endpoints(self, request: Request) -> Response:
        """List the webhook endpoints, oldest first."""
        organization = await paths.find_organization(request)
        found, _ = await request.services.webhook_endpoints.find_page(
            organization.id, PageRequest(limit=MAX_ENDPOINTS)
        )
        shown = [_show_endpoint(endpoint) for endpoint in reversed(found)]
        return schemas.answer(schemas.WebhookEndpoints(items=shown))

    async def create_endpoint(self, request: Request) -> Response:
        """Make a webhook endpoint: what happens from now on is sent there."""
        asked = arguments.read_body(request, schemas.NewWebhookEndpoint)
        organization = await paths.find_organization(request)
        new = NewWebhookEndpoint(
            url=asked.url,
            format=asked.format,
            events=webhooks.read_events(asked.events),
            name=asked.name,
            secret=asked.secret,
            signing=asked.signing,
            api_version=asked.api_version,
        )
        made = await request.services.webhook_endpoints.create(organization.id, new)
        return schemas.answer(_show_endpoint(made), 201)

    async def delete_endpoint(self, request: Request) -> Response:
        """Remove a webhook endpoint: what waits for it is not sent."""
        organization = await paths.find_organization(request)
        endpoint_id = paths.read_id(request, "endpoint_id")
        await request.services.webhook_endpoints.delete(organization.id, endpoint_id)
        return schemas.nothing()

    # --- what was sent ----------------------------------------------------------------------------

    async def list_deliveries(self, request: Request) -> Response:
        """List what was sent and what was answered, oldest first; the last 1,000 are kept."""
        asked = arguments.read_parameters(request, schemas.LogParameters)
        _, state = await self._find(request)
        found = [_show_delivery(each) for each in state.log.find(asked.after, asked.limit)]
        return schemas.answer(schemas.Deliveries(items=found, last=state.log.last))

    async def delete_deliveries(self, request: Request) -> Response:
        """Forget what was sent."""
        _, state = await self._find(request)
        state.log.clear()
        return schemas.nothing()

    async def wait_for_delivery(self, request: Request) -> Response:
        """Wait for the next delivery of a type of event, which may have failed.

        It is the first with a higher number than `after`; one that was made before is answered at once.
        """
        asked = arguments.read_body(request, schemas.DeliveryWait)
        _, state = await self._find(request)
        found = await state.log.wait_for(asked.type, asked.after, asked.timeout)
        if found is None:
            return _timed_out(f"no {asked.type or 'event'} was delivered", asked.timeout)
        return schemas.answer(_show_delivery(found))

    async def wait_idle(self, request: Request) -> Response:
        """Wait until all that is due was attempted; states that have changed are told of at once."""
        asked = arguments.read_body(request, schemas.Patience)
        organization_id, state = await self._find(request)
        courier = _courier(request)
        try:
            async with asyncio.timeout(asked.timeout):
                await idleness.settle(courier, state, organization_id)
        except TimeoutError:
            return _timed_out("deliveries are still under way", asked.timeout)
        return schemas.nothing()

    async def redeliver(self, request: Request) -> Response:
        """Send an event again, from the first attempt on."""
        organization = await paths.find_organization(request)
        event_id = paths.read_id(request, "event_id")
        await request.services.webhook_deliveries.redeliver(organization.id, event_id)
        return schemas.nothing()

    # --- what goes wrong --------------------------------------------------------------------------

    async def list_faults(self, request: Request) -> Response:
        """List what is to go wrong, in the order in which it was added."""
        _, state = await self._find(request)
        found = [counting.render(each) for each in state.faults.all()]
        return Response(200, exact_json.write({"items": found}))

    async def create_fault(self, request: Request) -> Response:
        """Let something go wrong on the way."""
        _, state = await self._find(request)
        try:
            fault = counting.Fault(kinds.read(request.value))
        except ValidationError as error:
            raise RequestInvalid(problems(error)) from error
        return Response(201, exact_json.write(counting.render(state.faults.add(fault))))

    async def delete_faults(self, request: Request) -> Response:
        """Let nothing go wrong any more."""
        _, state = await self._find(request)
        state.faults.clear()
        return schemas.nothing()

    async def delete_fault(self, request: Request) -> Response:
        """Remove a fault."""
        _, state = await self._find(request)
        fault_id = paths.read_id(request, "fault_id")
        if not state.faults.remove(fault_id):
            raise errors.NotFound(f"there is no fault {fault_id}")
        return schemas.nothing()

    # ----------------------------------------------------------------------------------------------

    async def _find(self, request: Request) -> tuple[UUID, WebhookState]:
        """The organization that the path names, and its state. Raises OrganizationNotFound."""
        organization = await paths.find_organization(request)
        return organization.id, self._worlds.of(organization.id).webhooks


def _courier(request: Request) -> Courier:
    """What sends webhooks. Raises InvalidValue where this server does not."""
    if request.services.courier is None:
        raise errors.InvalidValue(_NO_COURIER)
    return request.services.courier


def _timed_out(what: str, seconds: float) -> Response:
    detail = f"{what} within {seconds:g} s"
    return json_response(_TIMED_OUT, {"error": "TimedOut", "detail": detail})


def _show_endpoint(endpoint: WebhookEndpoint) -> schemas.WebhookEndpoint:
    return schemas.WebhookEndpoint(
        id=endpoint.id,
        created_at=endpoint.created_at,
        url=endpoint.url,
        name=endpoint.name,
        events=endpoint.events,
        format=endpoint.format,
        secret=endpoint.secret,
        signing=endpoint.signing,
        api_version=endpoint.api_version,
        enabled=endpoint.enabled,
    )


def _show_delivery(delivery: Delivery) -> schemas.Delivery:
    sent = delivery.sent
    return schemas.Delivery(
        number=delivery.number,
        at=sent.at,
        endpoint_id=sent.endpoint_id,
        event_id=sent.event_id,
        url=sent.url,
        type=sent.type,
        attempt=sent.attempt,
        headers=dict(sent.headers),
        body=sent.body.decode(),
        status=sent.outcome.http_code,
        answer=sent.outcome.response,
        succeeded=sent.outcome.succeeded,
        faults=sent.faults,
        milliseconds=round(sent.outcome.duration.total_seconds() * 1000, 3),
    )
