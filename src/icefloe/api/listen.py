"""The stream that a command line tool listens to: server-sent events, one for each webhook."""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import AsyncIterator
from uuid import UUID

from icefloe.api import authentication
from icefloe.api.messages import Request, Response
from icefloe.api.schemas.paths import read_uuid4
from icefloe.domain.values import errors, moments
from icefloe.domain.values.clock import Clock
from icefloe.domain.webhooks import headers as webhook_headers

PATH = "/v1/cli/listen/{organization_id}"

ANY_SCOPES: tuple[str, ...] = ()
"""As at the reference, every token of the organization may listen."""

_EVENT_STREAM = b"text/event-stream; charset=utf-8"
# A proxy such as nginx would hold events back until it has a few kilobytes of them.
_UNBUFFERED = (b"x-accel-buffering", b"no")
# Seconds between two looks at the database.
_LOOK_SECONDS = 0.25
# Seconds. Proxies close connections that are silent for a minute.
_KEEP_ALIVE_SECONDS = 15.0
_KEEP_ALIVE = b": keep-alive\n\n"


def is_stream(path: str) -> bool:
    """Whether a request's path asks for a stream: its answer has no end of its own."""
    return path.removeprefix("/api").startswith(PATH.partition("{")[0])


async def listen(request: Request) -> Response:
    """Stream an organization's webhooks from now on, whether or not it has endpoints."""
    organization_id = read_uuid4(request.path_parameters["organization_id"], "organization_id")
    if organization_id != request.caller.organization_id:
        raise errors.NotFound
    parts = authentication.while_valid(request, ANY_SCOPES, _read_parts(request, organization_id))
    return Response(
        200, content_type=_EVENT_STREAM, headers=[_UNBUFFERED], parts=_until_refused(parts)
    )


async def _until_refused(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Parts of a stream, which ends like any other when its token is valid no more."""
    with contextlib.suppress(errors.AuthenticationFailed, errors.StorageUnavailable):
        async for part in parts:
            yield part


async def _read_parts(request: Request, organization_id: UUID) -> AsyncIterator[bytes]:
    """The stream, in parts, until the client leaves or the server stops."""
    services = request.services
    clock = services.clock.of(organization_id)
    stream = await services.webhook_streams.open(organization_id)
    secret = organization_id.hex
    yield _render({"key": "connected", "ts": moments.render(clock.now()), "secret": secret})
    sent_at = time.monotonic()
    while not request.has_left and not services.ending.is_set():
        part = b""
        with contextlib.suppress(errors.StorageUnavailable):  # the next look finds it all
            part = b"".join([_render_webhook(one, secret, clock) for one in await stream.read()])
        if not part and time.monotonic() - sent_at >= _KEEP_ALIVE_SECONDS:
            part = _KEEP_ALIVE
        if part:
            yield part
            sent_at = time.monotonic()
        if not stream.has_more:
            await asyncio.sleep(_LOOK_SECONDS)


def _render_webhook(body: bytes, secret: str, clock: Clock) -> bytes:
    """A webhook as an event of the stream, with the headers that its delivery would have."""
    # Not an id of the clock's: a listener must not change which ids a seeded organization gives.
    event_id = uuid.uuid4()
    return _render(
        {
            "key": "webhook.created",
            "payload": {"webhook_event_id": str(event_id), "payload": body.decode()},
            "headers": dict(webhook_headers.make(secret, "whole", event_id, clock.now(), body)),
        }
    )


def _render(event: object) -> bytes:
    # In ASCII: some readers also end a line where Unicode does, at U+2028 for example.
    data = json.dumps(event, separators=(",", ":"))
    return f"data: {data}\n\n".encode()
