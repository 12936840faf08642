"""The stand-in: an ASGI layer around the API that applies each organization's faults and contract.

An application's requests pass through here. They are logged for their organization, and its contract
and faults change them before the API sees them, and the responses after.
"""

import asyncio
import contextlib
import time
from collections.abc import MutableMapping, Sequence
from typing import Any
from uuid import UUID

from icefloe.api import bodies, listen
from icefloe.api.app import Application
from icefloe.api.authentication import find_token
from icefloe.api.messages import MARKS, STRICT, UNCOUNTED, HeaderList, Request
from icefloe.api.rates import Rates
from icefloe.asgi.arrival import READS, BodyIncomplete
from icefloe.asgi.types import Receive, Scope, Send
from icefloe.control.application import ControlApi
from icefloe.control.endpoints import Endpoints
from icefloe.control.faults import connections, faults
from icefloe.control.faults.connections import Ending
from icefloe.control.faults.faults import Fault
from icefloe.control.faults.pasts import Pasts
from icefloe.control.messages import BufferedRequest, BufferedResponse, find_header
from icefloe.control.routes import PREFIX
from icefloe.control.webhooks.endpoints import WebhookControl
from icefloe.control.worlds import World, WorldClock, Worlds
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.errors import StorageUnavailable
from icefloe.log import Log

# A request with this header prepares a test: no fault applies, and it is not logged.
SETUP = b"icefloe-setup"
_SUCCESS = range(200, 300)


class StandIn:
    """Serves the API, and beside it the control API, over ASGI."""

    def __init__(
        self, application: Application, control: ControlApi, worlds: Worlds, pasts: Pasts
    ) -> None:
        """Make it.

        Args:
            application: the API.
            control: the control API.
            worlds: the state of each organization.
            pasts: the copies that stale responses come from.
        """
        self._application = application
        self._control = control
        self._worlds = worlds
        self._pasts = pasts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection: a request, or the server's own start and stop."""
        if scope["type"] != "http":
            await self._application(scope, self._tidying(receive), send)
        elif scope["path"].startswith(PREFIX):
            await self._control.serve(Request(scope, self._application.services), receive, send)
        elif listen.is_stream(scope["path"]):
            # No fault applies to an answer without an end: it is never there as a whole.
            await self._application(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    def _tidying(self, receive: Receive) -> Receive:
        """Removes the copies of stale faults when the server stops, since its database may stay."""

        async def tidy() -> MutableMapping[str, Any]:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                # If the database is busy to the last they stay, rather than delay the end.
                with contextlib.suppress(StorageUnavailable):
                    await self._pasts.remove_all(self._application.services)
            return message

        return tidy

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an application's request by the faults and contract of its organization."""
        organization_id = await self._find_organization(scope)
        if organization_id is None:
            await self._application(scope, receive, send)
            return
        try:
            request = await _read(scope, receive)
        except BodyIncomplete as error:
            await self._application(scope, _raising(error), send)
            return
        world = self._worlds.of(organization_id)
        if request.header(SETUP) is not None:
            await _send(await self._ask(scope, request, world, UNCOUNTED), send)
            return
        started, at = time.perf_counter(), world.clock.now()
        taken = world.faults.take(request)
        outcome = await self._treat(scope, request, world, taken)
        response = outcome.response if isinstance(outcome, Ending) else outcome
        world.requests.note(
            at,
            request,
            response,
            faults=tuple(fault.kind for fault in taken),
            milliseconds=(time.perf_counter() - started) * 1000,
        )
        if isinstance(outcome, Ending):
            await connections.end(outcome, request, send)
        else:
            await _send(outcome, send)

    async def _treat(
        self, scope: Scope, request: BufferedRequest, world: World, taken: list[Fault]
    ) -> BufferedResponse | Ending:
        """The response under a contract and faults, or how the connection ends."""
        instead = await faults.before(taken, request)
        if isinstance(instead, Ending):
            return instead
        if instead is not None:
            return world.contract.after(request, instead)
        contract = world.contract  # may be replaced while the API answers
        response = await self._ask_past(scope, contract.before(request), world, taken)
        return faults.after(taken, contract.after(request, response))

    async def _ask_past(
        self, scope: Scope, request: BufferedRequest, world: World, taken: list[Fault]
    ) -> BufferedResponse:
        """The API's response; for a read that must be stale, one from the copy."""
        for fault in taken:
            past = self._pasts.find(fault.id)
            if past is not None and request.method in READS:
                then = await past.ask(self._application.services, request)
                return past.answer(await self._ask(scope, then, world))
        return await self._ask(scope, request, world)

    async def _ask(
        self, scope: Scope, request: BufferedRequest, world: World, *marks: str
    ) -> BufferedResponse:
        """The API's own response. If it has changed something, the organization's clock ticks."""
        inner: dict[str, Any] = {
            **scope,
            "method": request.method,
            "path": request.path,
            "query_string": request.query_string,
            "headers": request.headers,
        }
        if world.is_strict:
            marks = (*marks, STRICT)
        inner[MARKS] = frozenset(marks)
        parts: list[bytes] = []
        begun: dict[str, Any] = {}

        async def collect(message: Any) -> None:
            if message["type"] == "http.response.start":
                begun.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._application(inner, _giving(request.body), collect)
        if begun["status"] in _SUCCESS and request.method not in READS:
            world.clock.move_on()
        return BufferedResponse(begun["status"], list(begun["headers"]), b"".join(parts))

    async def _find_organization(self, scope: Scope) -> UUID | None:
        """The organization of a request's token, also if the token is no longer valid; else None."""
        token = find_token(find_header(scope["headers"], b"authorization"))
        if token is None:
            return None
        try:
            return await self._application.services.tokens.find_organization(token)
        except StorageUnavailable:  # as the API finds as well, and says
            return None


def make_stand_in(
    application: Application, clock: Clock, key: str, rates: Rates | None, log: Log
) -> StandIn:
    """The stand-in around an API.

    Args:
        application: the API.
        clock: the API's clock, a WorldClock.
        key: the control key.
        rates: the rate limit, if there is one.
        log: where faults of the server itself are logged.
    """
    assert isinstance(clock, WorldClock)  # noqa: S101 - made by the same settings
    pasts = Pasts()
    endpoints = Endpoints(clock.worlds, pasts, rates)
    control = ControlApi(endpoints, WebhookControl(clock.worlds), key, log)
    return StandIn(application, control, clock.worlds, pasts)


async def _read(scope: Scope, receive: Receive) -> BufferedRequest:
    """A request with as much of its body as the API reads: none for a read, none if it is too long.

    Raises:
        BodyIncomplete: the body does not arrive in time, or not whole.
    """
    headers: HeaderList = list(scope["headers"])
    parts: list[bytes] = []
    left = bodies.MAX_PARSED_BYTES
    length = find_header(headers, b"content-length")
    more = scope["method"] not in READS and not bodies.is_too_long(length)
    while more and left >= 0:
        message = await receive()
        part = message.get("body", b"")
        parts.append(part)
        left -= len(part)
        more = message.get("more_body", False)
    return BufferedRequest(
        scope["method"],
        scope["path"],
        scope["query_string"],
        headers,
        b"".join(parts),
        _address(scope.get("client")),
        _address(scope.get("server")),
    )


def _address(named: Sequence[Any] | None) -> tuple[str, int] | None:
    """One end of a connection, or None if it is not known. Granian gives the port as text."""
    return None if named is None else (named[0], int(named[1]))


def _giving(body: bytes) -> Receive:
    """A `receive` that gives a body at once, and then waits for ever: the client does not leave."""
    is_given = False

    async def receive() -> dict[str, Any]:
        nonlocal is_given
        if is_given:
            await asyncio.Future()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _raising(error: BodyIncomplete) -> Receive:
    """A `receive` that raises why the body is not whole."""

    async def receive() -> dict[str, Any]:
        raise error

    return receive


async def _send(response: BufferedResponse, send: Send) -> None:
    """Send a response; in chunks if it has no `Content-Length`, as an export."""
    await send(
        {"type": "http.response.start", "status": response.status, "headers": response.headers}
    )
    if response.header(b"content-length") is None:
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": response.body})
