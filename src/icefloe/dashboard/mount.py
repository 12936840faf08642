"""Mounts the dashboard beside the API: requests below `/dashboard` go to it, all others to the API.

The dashboard is imported at the first request for it, so that a server starts as fast without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from icefloe.asgi.types import Asgi, Receive, Scope, Send

PATH = "/dashboard"
"""Below the base path, which browsers have before it: `Visit.root`."""


class Mount:
    """Serves the dashboard beside the API, over ASGI."""

    def __init__(self, api: Asgi, make_dashboard: Callable[[], Asgi]) -> None:
        """Make it.

        Args:
            api: the application for all other paths; it gets the server's start and stop.
            make_dashboard: called once, on a thread, at the first request for the dashboard.
        """
        self._api = api
        self._make_dashboard = make_dashboard
        self._dashboard: Asgi | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection: a request, or the server's own start and stop."""
        if scope["type"] == "http" and _is_for_dashboard(scope["path"]):
            dashboard = self._dashboard or await self._make()
            await dashboard(scope, receive, send)
        else:
            await self._api(scope, receive, send)

    async def _make(self) -> Asgi:
        """The dashboard, made by the first request for it."""
        async with self._making:
            if self._dashboard is None:
                self._dashboard = await asyncio.to_thread(self._make_dashboard)
        return self._dashboard


def _is_for_dashboard(path: str) -> bool:
    return path.startswith(PATH) and path[len(PATH) : len(PATH) + 1] in {"", "/"}
