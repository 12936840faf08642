"""An ASGI application as one of WSGI, on an event loop in a thread of its own."""

import asyncio
import concurrent.futures
import contextlib
import threading
import traceback
import urllib.parse
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, TypeVar

T = TypeVar("T")

# How long an application may take to start, to answer and to stop.
_SECONDS = 30.0
_LEAST_OF_ERRORS = 500


class AsgiBridge:
    """Calls an ASGI application for each WSGI request."""

    def __init__(self, app: Any, *, lifespan: bool) -> None:
        """Start the application.

        Args:
            app: the application.
            lifespan: whether it is told of its start and its end.

        Raises:
            RuntimeError: it cannot be started; says why.
        """
        self._app = app
        self._lifespan = _Lifespan(app) if lifespan else None
        self._state: dict[str, Any] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="icefloe-asgi", daemon=True
        )
        self._thread.start()
        if self._lifespan is not None:
            try:
                self._run(self._lifespan.begin(self._state))
            except BaseException:
                self.close()
                raise

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer a request, as WSGI has it. Raises what the application raises."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        scope = {**_scope(environ), "state": dict(self._state)}
        start, answer = self._run(_ask(self._app, scope, body))
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in start.get("headers", ())
        ]
        start_response(f"{start['status']} {_phrase(start['status'])}", headers)
        return [answer]

    def close(self) -> None:
        """Tell the application that it ends, cancel what it has not finished, and end the loop."""
        with contextlib.suppress(TimeoutError, concurrent.futures.TimeoutError):
            if self._lifespan is not None:
                self._run(self._lifespan.end())
            self._run(_cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_SECONDS)


class _Lifespan:
    """Tells an application that it starts and ends, as a server does."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._task: asyncio.Task[None] | None = None

    async def begin(self, state: dict[str, Any]) -> None:
        """Start the application; one that knows of no lifespan needs no start.

        Raises:
            RuntimeError: it cannot start; says why.
        """
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
        self._task = asyncio.create_task(self._app(scope, self._received.get, self._sent.put))
        message = await self._tell("startup")
        if message is not None and message["type"] == "lifespan.startup.failed":
            raise RuntimeError(f"the application does not start: {message.get('message', '')}")

    async def end(self) -> None:
        """Stop the application."""
        if self._task is not None and not self._task.done():
            await self._tell("shutdown")

    async def _tell(self, what: str) -> dict[str, Any] | None:
        """What the application answers to a message; None if it ends instead."""
        assert self._task is not None  # noqa: S101 - `begin` makes it
        self._received.put_nowait({"type": f"lifespan.{what}"})
        answer = asyncio.create_task(self._sent.get())
        await asyncio.wait({answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        answer.cancel()
        self._task.exception()  # retrieved: one that knows of no lifespan raises
        return None


async def _ask(app: Any, scope: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    """The start of an application's answer, and its body."""
    requests = [{"type": "http.request", "body": body, "more_body": False}]
    start: dict[str, Any] = {}
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return requests.pop() if requests else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception:
        # Its error says more than the page that a framework sends instead.
        if start.get("status", _LEAST_OF_ERRORS) >= _LEAST_OF_ERRORS:
            raise
        traceback.print_exc()
    if not start:
        raise RuntimeError("the application sends no answer")
    return start, b"".join(parts)


async def _cancel_all() -> None:
    """Cancel what runs on the loop, and wait for its end."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _scope(environ: dict[str, Any]) -> dict[str, Any]:
    """A request's scope, of WSGI's environment."""
    path = environ["PATH_INFO"].encode("latin-1")
    headers = [
        (name[5:].replace("_", "-").lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in environ.items()
        if name.startswith("HTTP_")
    ]
    headers += [
        (name.replace("_", "-").lower().encode(), environ[name].encode("latin-1"))
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        if environ.get(name)
    ]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": environ["REQUEST_METHOD"],
        "scheme": "http",
        "path": path.decode("utf-8", "replace"),
        "raw_path": urllib.parse.quote(path).encode(),
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "root_path": "",
        "headers": headers,
        "client": (environ.get("REMOTE_ADDR", ""), int(environ.get("REMOTE_PORT") or 0)),
        "server": (environ["SERVER_NAME"], int(environ["SERVER_PORT"])),
    }


def _phrase(status: int) -> str:
    """The status's name; WSGI needs one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
