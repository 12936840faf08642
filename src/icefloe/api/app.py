"""The ASGI application: the routing table, and the order in which a request is checked.

Polar-Version          unknown → 404
CORS                   a preflight is answered here
Content-Length, size   411, 413
rate limit             429, where one is set
Authorization          a token that is not valid → 401, whatever the route
routing table          501 for what only the reference has, 404, 405, 307
token, scopes          none → 401, too little → 403
body                   400 where it is cut short, 408 where it is too slow, 503 where there is no room
token, scopes          again: 401, 403
JSON                   422, 400
endpoint               422, 404, …

Up to the body, only the head decides. But as in the reference, the error of invalid JSON comes before
that of a missing token or scope: for this, a body of up to `bodies.SMALL_BYTES` is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from icefloe.api import (
    absent_endpoints,
    authentication,
    bodies,
    errors,
    messages,
    rates,
    strictness,
    versions,
)
from icefloe.api.absent_endpoints import AbsentEndpoint
from icefloe.api.cors import Cors
from icefloe.api.messages import Request, Response
from icefloe.asgi.arrival import BodyIncomplete
from icefloe.asgi.types import Receive, Scope, Send
from icefloe.domain.values.errors import AuthenticationFailed, IcefloeError

if TYPE_CHECKING:
    from icefloe.api.routing import Route, Routes
    from icefloe.log import Log
    from icefloe.services import Services

_OLD_PREFIX = "/api/v1/"
_DEPRECATION_NOTICE = (
    b"x-polar-deprecation-notice",
    b"The API root has moved from /api/v1 to /v1. Please update your integration.",
)


class Application:
    """Serves a routing table over ASGI."""

    def __init__(
        self,
        routes: Routes,
        open_services: Callable[[], Awaitable[Services]],
        *,
        log: Log,
        credential_origins: tuple[str, ...],
        rate_limit: rates.Rates | None = None,
    ) -> None:
        """Make the application.

        Args:
            routes: what it answers.
            open_services: called once, when the server starts.
            log: logs requests and failures.
            credential_origins: web origins whose pages may send cookies.
            rate_limit: counts requests; None is no limit.
        """
        self._routes = routes
        self._open_services = open_services
        self._services: Services | None = None
        self._log = log
        self._rate_limit = rate_limit
        self._cors = Cors(self._answer, credential_origins)

    @property
    def services(self) -> Services:
        """The domain; set once the server has started."""
        assert self._services is not None  # noqa: S101 - servers run the lifespan first
        return self._services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection: a request, or the server's own start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Open the services when the server starts, close them when it stops."""
        # Otherwise the loop writes to standard error itself, and blocks until the reader reads.
        asyncio.get_running_loop().set_exception_handler(self._note_unhandled)
        await receive()
        try:
            self._services = await self._open_services()
        except IcefloeError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await self._services.start(self._log)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        try:
            await self._services.stop()
        except Exception as error:  # noqa: BLE001 - logged; the server's end waits for the answer below
            self._log.failure("unexpected error", error)
        # A worker process may end as soon as this is answered.
        self._log.flush()
        await send({"type": "lifespan.shutdown.complete"})

    def _note_unhandled(self, _loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        """Log an error that no coroutine waits for any more."""
        error = context.get("exception")
        if error is None:
            self._log.event("unexpected error", message=context["message"])
        else:
            self._log.failure("unexpected error", error)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and note it: in the log, and in its organization's traffic."""
        started = time.perf_counter()
        request = Request(scope, self.services)
        try:
            status = await self._reply(request, scope, receive, send)
        except Exception as error:
            # Part of the answer is sent: raised, for the server to cut the connection before its end.
            self._log.failure("an answer broke off", error)
            self._note(request, messages.FAULT, started)
            raise
        self._note(request, status, started)

    async def _reply(self, request: Request, scope: Scope, receive: Receive, send: Send) -> int:
        """Answer a request of whatever version and origin; returns the answer's status."""
        version = versions.find_version(request.headers.get(b"polar-version"))
        if version is None:
            missing = errors.not_found()
            return await _send(request, missing, messages.finish(missing, None), receive, send)
        request.version = version
        if b"origin" in request.headers:
            return await self._cors.serve(request, scope, receive, send)
        return await self._answer(request, receive, send)

    def _note(self, request: Request, status: int, started: float) -> None:
        """Note a request in the log, and in its organization's traffic."""
        route = request.route or "-"
        milliseconds = (time.perf_counter() - started) * 1000
        organization = _text_of(request.subject.organization_id) if request.subject else None
        self._log.request(request.method, route, status, milliseconds, organization)
        if organization is not None:
            request.services.traffic.note(organization, request.method, route, status, milliseconds)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> int:
        """Answer a request of a known version; returns the answer's status."""
        is_old = request.path.startswith(_OLD_PREFIX)
        if is_old:
            request.path = request.path.removeprefix("/api")
        response = await errors.answered(self._dispatch(request, receive), self._log)
        headers = messages.finish(response, request.version)
        if request.notices:
            headers.append(messages.notice_header(request.notices))
        if is_old:
            headers.append(_DEPRECATION_NOTICE)
        return await _send(request, response, headers, receive, send)

    async def _dispatch(self, request: Request, receive: Receive) -> Response:
        """Judge the head of a request, read its body, run the endpoint."""
        refusal = bodies.refuse_length(request) or await self._refuse_caller(request)
        if refusal is not None:
            return refusal
        match = self._routes.find(request.method, request.path)
        route = match.route
        if route is None:
            return self._no_route(request, match.allowed)
        request.route, request.path_parameters = route.path, match.parameters
        refusal = _refuse_scopes(request, route)
        if refusal is not None and not (route.body and bodies.is_small(request)):
            return refusal
        if bodies.has_body(request):
            await bodies.read_bytes(request, receive)
            # Again: the token may have been revoked while the body arrived.
            request.subject = await authentication.find_subject(request)
            refusal = _refuse_scopes(request, route)
        if route.body is not None:
            request.value = bodies.read_value(request)
        if refusal is not None:
            return refusal
        if messages.STRICT in request.marks:
            strictness.check(request, route)
        return await route.handler(request)

    async def _refuse_caller(self, request: Request) -> Response | None:
        """Authenticate and count a request: 429, or None. Raises AuthenticationFailed."""
        try:
            request.subject = await authentication.find_subject(request)
        except AuthenticationFailed:
            # Past the limit a bad token is a 429 too, not a 401.
            if self._rate_limit is not None and not self._rate_limit.admit(request):
                return errors.too_many_requests(rates.WINDOW_SECONDS)
            raise
        if self._rate_limit is not None and not self._rate_limit.admit(request):
            return errors.too_many_requests(rates.WINDOW_SECONDS)
        return None

    def _no_route(self, request: Request, allowed: str | None) -> Response:
        """501 if only the reference has it, 405 for another method, 307 for another slash, else 404."""
        absent = absent_endpoints.find(request.method, request.path)
        if absent is not None:
            return _answer_absent(request, absent)
        if allowed is not None:
            return errors.method_not_allowed(allowed)
        other = self._routes.find_other_slash(request.path)
        if other is None:
            return errors.not_found()
        return errors.moved(request, other)


def _answer_absent(request: Request, endpoint: AbsentEndpoint) -> Response:
    """501, or 401 where the request shows no token that the reference would take."""
    # The path of the list, not the request's own, which may hold a secret: this goes into the log.
    request.route = endpoint.path
    if endpoint.is_personal or (request.subject is None and not endpoint.is_open):
        return authentication.unauthorized()
    request.notices.append(f"{endpoint.method} {endpoint.path} is not part of this server")
    return errors.not_implemented(endpoint.method, endpoint.path)


# A UUID takes longer to write out than to look up, and its organization asks again.
_text_of = functools.lru_cache(maxsize=256)(str)


def _refuse_scopes(request: Request, route: Route) -> Response | None:
    """401 without a token that the route needs, 403 without any of its scopes, else None."""
    if route.scopes is None:
        return None
    if request.subject is None:
        return authentication.unauthorized()
    if not request.subject.may(route.scopes):
        return authentication.insufficient_scope(route.scopes)
    return None


async def _send(
    request: Request,
    response: Response,
    headers: messages.HeaderList,
    receive: Receive,
    send: Send,
) -> int:
    """Send an answer; returns its status."""
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if response.parts is not None:
        await _send_parts(request, response.parts, receive, send)
    await send({"type": "http.response.body", "body": response.body})
    return response.status


async def _send_parts(
    request: Request, parts: AsyncIterator[bytes], receive: Receive, send: Send
) -> None:
    """Send an answer's parts, as long as the client is there."""
    watching = asyncio.create_task(_note_leaving(request, receive))
    try:
        async for part in parts:
            if request.has_left:
                break
            await send({"type": "http.response.body", "body": part, "more_body": True})
    finally:
        watching.cancel()


async def _note_leaving(request: Request, receive: Receive) -> None:
    """Wait until the client has closed the connection, and note it."""
    with contextlib.suppress(BodyIncomplete):
        while (await receive())["type"] != "http.disconnect":
            pass
    request.has_left = True
