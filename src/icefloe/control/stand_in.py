"""The API as a stand-in: each organization is answered as its world wants it.

An application's requests pass through here. What is asked in an organization's name is written down,
and its contract and its faults have their say before and after the API has had its own.
"""

import contextlib
import time
from collections.abc import MutableMapping, Sequence
from typing import Any
from uuid import UUID

from icefloe.api import bodies
from icefloe.api.app import Application
from icefloe.api.authentication import find_token
from icefloe.api.messages import (
    MARKS,
    STRICT,
    UNCOUNTED,
    HeaderList,
    Receive,
    Request,
    Scope,
    Send,
)
from icefloe.api.rates import Rates
from icefloe.arrival import READS, BodyIncomplete
from icefloe.control.application import ControlApi
from icefloe.control.endpoints import Endpoints
from icefloe.control.faults import connections, faults
from icefloe.control.faults.connections import Ending
from icefloe.control.faults.faults import Fault
from icefloe.control.faults.pasts import Pasts
from icefloe.control.messages import Answered, Asked, find_header
from icefloe.control.routes import PREFIX
from icefloe.control.worlds import World, WorldClock, Worlds
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.errors import StorageUnavailable
from icefloe.log import Log

# A request with this header prepares a test: no fault has a part in it, and it is not noted.
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
            worlds: how organizations are treated.
            pasts: where stale answers come from.
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
        else:
            try:
                asked = await _read(scope, receive)
            except BodyIncomplete as error:
                await self._application(scope, _raising(error), send)
            else:
                await self._serve(scope, asked, send)

    def _tidying(self, receive: Receive) -> Receive:
        """Lets go of pasts when the server is to stop: its database may stay."""

        async def tidy() -> MutableMapping[str, Any]:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                # Where it is busy to the last, they stay; never does it cost the clean end.
                with contextlib.suppress(StorageUnavailable):
                    await self._pasts.remove_all(self._application.services)
            return message

        return tidy

    async def _serve(self, scope: Scope, asked: Asked, send: Send) -> None:
        """Answer an application's request, as the world of its organization wants it."""
        organization_id = await self._find_organization(asked)
        if organization_id is None:
            await self._application(scope, _giving(asked.body), send)
            return
        world = self._worlds.of(organization_id)
        if asked.header(SETUP) is not None:
            await _send(await self._ask(scope, asked, world, UNCOUNTED), send)
            return
        started, at = time.perf_counter(), world.clock.now()
        taken = world.faults.take(asked)
        outcome = await self._treat(scope, asked, world, taken)
        answered = outcome.answered if isinstance(outcome, Ending) else outcome
        world.requests.note(
            at,
            asked,
            answered,
            faults=tuple(fault.kind for fault in taken),
            milliseconds=(time.perf_counter() - started) * 1000,
        )
        if isinstance(outcome, Ending):
            await connections.end(outcome, asked, send)
        else:
            await _send(outcome, send)

    async def _treat(
        self, scope: Scope, asked: Asked, world: World, taken: list[Fault]
    ) -> Answered | Ending:
        """What becomes of a request under a contract and faults."""
        instead = await faults.before(taken, asked)
        if isinstance(instead, Ending):
            return instead
        if instead is not None:
            return world.contract.after(asked, instead)
        contract = world.contract  # which may be another by the time there is an answer
        answered = await self._ask_past(scope, contract.before(asked), world, taken)
        return faults.after(taken, contract.after(asked, answered))

    async def _ask_past(
        self, scope: Scope, asked: Asked, world: World, taken: list[Fault]
    ) -> Answered:
        """The API's answer; to a read that is to be stale, that of the past."""
        for fault in taken:
            past = self._pasts.find(fault.id)
            if past is not None and asked.method in READS:
                then = await past.ask(self._application.services, asked)
                return past.answer(await self._ask(scope, then, world))
        return await self._ask(scope, asked, world)

    async def _ask(self, scope: Scope, asked: Asked, world: World, *marks: str) -> Answered:
        """The API's own answer. Where it has changed something, the world's clock moves on."""
        inner: dict[str, Any] = {
            **scope,
            "method": asked.method,
            "path": asked.path,
            "query_string": asked.query_string,
            "headers": asked.headers,
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

        await self._application(inner, _giving(asked.body), collect)
        if begun["status"] in _SUCCESS and asked.method not in READS:
            world.clock.move_on()
        return Answered(begun["status"], list(begun["headers"]), b"".join(parts))

    async def _find_organization(self, asked: Asked) -> UUID | None:
        """In whose name a request is made; also where its token is valid no longer."""
        token = find_token(asked.header(b"authorization"))
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
        clock: the one that it goes by, as made where there is a control API.
        key: the control key.
        rates: how often callers may ask, if that is limited.
        log: where failures of ours are noted.
    """
    assert isinstance(clock, WorldClock)  # noqa: S101 - made by the same settings
    pasts = Pasts()
    endpoints = Endpoints(clock.worlds, pasts, rates)
    return StandIn(application, ControlApi(endpoints, key, log), clock.worlds, pasts)


async def _read(scope: Scope, receive: Receive) -> Asked:
    """A request, with as much of its body as the API takes: nothing of a read's or of too long a one.

    Raises:
        BodyIncomplete: the body does not arrive in time, or not whole.
    """
    headers: HeaderList = list(scope["headers"])
    parts: list[bytes] = []
    left = bodies.MAX_BYTES
    length = find_header(headers, b"content-length")
    more = scope["method"] not in READS and not bodies.is_too_long(length)
    while more and left >= 0:
        message = await receive()
        part = message.get("body", b"")
        parts.append(part)
        left -= len(part)
        more = message.get("more_body", False)
    return Asked(
        scope["method"],
        scope["path"],
        scope["query_string"],
        headers,
        b"".join(parts),
        _address(scope.get("client")),
        _address(scope.get("server")),
    )


def _address(named: Sequence[Any] | None) -> tuple[str, int] | None:
    """One end of a connection, whose port Granian gives as text; None where it is not known."""
    return None if named is None else (named[0], int(named[1]))


def _giving(body: bytes) -> Receive:
    """Gives a body to whoever reads the request."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _raising(error: BodyIncomplete) -> Receive:
    """Raises what stood in the body's way to whoever reads the request."""

    async def receive() -> dict[str, Any]:
        raise error

    return receive


async def _send(answered: Answered, send: Send) -> None:
    """Send an answer; one whose length is not told beforehand, such as an export, so as well."""
    await send(
        {"type": "http.response.start", "status": answered.status, "headers": answered.headers}
    )
    if answered.header(b"content-length") is None:
        await send({"type": "http.response.body", "body": answered.body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": answered.body})
