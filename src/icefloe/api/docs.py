"""The endpoints that describe the others: the OpenAPI documents, and a page for people."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

from icefloe.api import errors, versions
from icefloe.api.messages import Request, Response, json_response
from icefloe.api.routing import Route

_HTML = b"text/html; charset=utf-8"


class Docs:
    """Describes routes. Documents and the page are made at the first request for them and cached."""

    def __init__(self, find_routes: Callable[[], Sequence[Route]]) -> None:
        """Make it.

        Args:
            find_routes: the routes, in the order in which they are described.
        """
        self._find_routes = find_routes
        # By version and base path: servers of one process share the routes and this cache.
        self._documents: dict[tuple[str, str], bytes] = {}
        self._page: tuple[bytes, bytes] | None = None

    async def send_document(self, request: Request) -> Response:
        """The OpenAPI document of the version that the path names."""
        version = request.path_parameters["version"]
        if version not in versions.DESCRIBED_VERSIONS:
            return errors.not_found()
        return Response(200, await self._find_document(version, request.services.base_path))

    async def send_page(self, request: Request) -> Response:
        """The page for people."""
        if self._page is None:
            base_path = request.services.base_path
            document = await self._find_document(versions.DEFAULT_VERSION, base_path)
            self._page = await asyncio.to_thread(_render_page, document)
        body, policy = self._page
        return Response(
            200,
            body,
            content_type=_HTML,
            headers=[
                (b"content-security-policy", policy),
                (b"referrer-policy", b"no-referrer"),
                (b"x-content-type-options", b"nosniff"),
            ],
        )

    async def _find_document(self, version: str, base_path: str) -> bytes:
        """The cached document. Making one takes 0.2 s, on a thread so that the event loop goes on."""
        key = (version, base_path)
        if key not in self._documents:
            made = await asyncio.to_thread(self.make_document, version, base_path)
            self._documents[key] = json_response(200, made).body
        return self._documents[key]

    def make_document(self, version: str, base_path: str = "") -> dict[str, Any]:
        """The OpenAPI document of a version, whose paths a proxy serves below the base path."""
        # Imported late, with every schema there is: starting must be quick.
        from icefloe.api.description import openapi  # noqa: PLC0415

        return openapi.make_document(self._find_routes(), version, base_path)


def _render_page(document: bytes) -> tuple[bytes, bytes]:
    from icefloe.api.description import page  # noqa: PLC0415 - as above

    return page.render(json.loads(document), versions.DESCRIBED_VERSIONS)
