"""A web server in the test's process, which hands what it receives to an application."""

import inspect
import socketserver
import sys
import threading
import traceback
import wsgiref.simple_server
from typing import Any

from icefloe.testing.asgi_bridge import AsgiBridge

_ADDRESS = "127.0.0.1"


class Listener:
    """Serves an application on a free port of this machine until `close`.

    Attributes:
        url: where it listens, without a path.
    """

    def __init__(self, app: Any, *, lifespan: bool = True) -> None:
        """Begin to listen.

        Args:
            app: an ASGI application, which gets an event loop of its own, or a WSGI application.
            lifespan: whether an ASGI application is started and stopped, as a server does.

        Raises:
            RuntimeError: the application cannot be started; says why.
        """
        self._bridge = AsgiBridge(app, lifespan=lifespan) if _is_asgi(app) else None
        self._server = _Server((_ADDRESS, 0), _RequestHandler)
        self._server.set_app(_answering_errors(self._bridge or app))
        self.url = f"http://{_ADDRESS}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), name="icefloe-webhooks", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening; a request under way is not waited for."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self._bridge is not None:
            self._bridge.close()


class _Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    """A server with a thread for each request; none of them delays the end."""

    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        """Bind without asking for this machine's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name = _ADDRESS
        self.server_port = self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _RequestHandler(wsgiref.simple_server.WSGIRequestHandler):
    """Reads and answers one request."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Log nothing: the test can look at the deliveries."""


def _answering_errors(app: Any) -> Any:
    """The WSGI application, whose errors are answered in a line, so that the test can see them."""

    def call(environ: dict[str, Any], start_response: Any) -> Any:
        try:
            return app(environ, start_response)
        except Exception as error:  # noqa: BLE001 - whatever the application raises
            traceback.print_exc()
            head = [("Content-Type", "text/plain; charset=utf-8")]
            start_response("500 Internal Server Error", head, sys.exc_info())
            return [f"{type(error).__name__}: {error}".encode(errors="replace")]

    return call


def _is_asgi(app: Any) -> bool:
    """Whether an application is one of ASGI: a coroutine function, or an object that calls as one."""
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
