"""The control API: serves its routing table to callers with the control key."""

import hmac

from icefloe.api import authentication, bodies, errors, messages
from icefloe.api.messages import Request, Response, json_response
from icefloe.api.routing import Route, Routes
from icefloe.asgi.types import Receive, Send
from icefloe.control import paths
from icefloe.control.endpoints import Endpoints
from icefloe.control.routes import PREFIX, make_routes
from icefloe.control.webhooks.endpoints import WebhookControl
from icefloe.domain.values.errors import ConfigurationError, Duplicate, IcefloeError, InvalidValue
from icefloe.log import Log

_BEARER = b"bearer"


class ControlApi:
    """Answers what is asked below `/_icefloe/`."""

    def __init__(self, endpoints: Endpoints, webhooks: WebhookControl, key: str, log: Log) -> None:
        """Make it.

        Args:
            endpoints: what it does.
            webhooks: what it does with webhooks.
            key: the control key, which allows everything here.
            log: where failures of ours are noted.
        """
        self._described = make_routes(endpoints, webhooks)
        self._document = Route(
            method="GET", path=f"{PREFIX}openapi.json", handler=self.send_document
        )
        self._routes = Routes([*self._described, self._document])
        self._key = key.encode()
        self._log = log

    async def serve(self, request: Request, receive: Receive, send: Send) -> None:
        """Answer a request."""
        response = await errors.answered(self._dispatch(request, receive), self._log, _render)
        response.headers.append((b"cache-control", b"no-store"))
        headers = messages.finish(response, None)
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _dispatch(self, request: Request, receive: Receive) -> Response:
        refusal = bodies.refuse_length(request)
        if refusal is not None:
            return refusal
        match = self._routes.find(request.method, request.path)
        if match.route is not self._document and not self._has_key(request):
            return authentication.unauthorized()
        if match.route is None:
            if match.allowed is not None:
                return errors.method_not_allowed(match.allowed)
            return errors.not_found()
        request.route, request.path_parameters = match.route.path, match.parameters
        if bodies.has_body(request):
            await bodies.read_bytes(request, receive)
        if match.route.body is not None:
            request.value = bodies.read_value(request)
        return await match.route.handler(request)

    def _has_key(self, request: Request) -> bool:
        scheme, _, shown = request.headers.get(b"authorization", b"").partition(b" ")
        return scheme.lower() == _BEARER and hmac.compare_digest(shown.strip(), self._key)

    async def send_document(self, request: Request) -> Response:
        """The OpenAPI document of the control API."""
        # Imported late: few ask for it.
        from icefloe.control import openapi  # noqa: PLC0415 - see above

        document = openapi.make_document(self._described, request.services.base_path)
        return json_response(200, document)


def _render(error: IcefloeError) -> Response | None:
    """The answer to a domain error; None for one that no request should cause."""
    if isinstance(error, InvalidValue | ConfigurationError):
        return _refused(("body",), str(error))
    if isinstance(error, Duplicate):
        return _refused(("body", error.field), f"another has the same {error.field} already")
    return errors.render(error)


def _refused(place: tuple[str, ...], message: str) -> Response:
    return errors.invalid([paths.problem(place, message)])
