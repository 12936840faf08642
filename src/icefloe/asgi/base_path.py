"""The base path: a proxy may serve Icefloe below a path of its own, such as `/icefloe`."""

from collections.abc import Coroutine
from typing import Any

from icefloe.asgi.types import Asgi, Receive, Scope, Send


class BasePath:
    """An ASGI application whose requests have their paths without the base path.

    A proxy may remove the base path itself: a path that does not begin with it stays as it is.
    """

    def __init__(self, application: Asgi, path: str) -> None:
        """Wrap an application, below a path such as `/icefloe`."""
        self._application = application
        self._path = path

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """Serve one connection: a request, or the server's own start and stop."""
        if scope["type"] == "http":
            path = scope["path"]
            if path == self._path or path.startswith(f"{self._path}/"):
                scope = {**scope, "path": path[len(self._path) :] or "/"}
        return self._application(scope, receive, send)
