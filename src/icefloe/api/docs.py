"""The endpoints that describe the others: the OpenAPI documents, and a page for people."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from icefloe.api import errors, versions
from icefloe.api.messages import Request, Response, json_response
from icefloe.api.routing import Route

_HTML = b"text/html; charset=utf-8"


class Docs:
    """Describes routes. Documents and the page are made at the first request for them and cached."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
        self._documents: dict[str, bytes] = {}
        self._page: tuple[bytes, bytes] | None = None

    async def send_document(self, request: Request) -> Response:
        """The OpenAPI document of the version that the path names."""
        version = request.path_parameters["version"]
        if version not in versions.DESCRIBED_VERSIONS:
            return errors.not_found()
        return Response(200, await self._find_document(version))

    async def send_page(self, request: Request) -> Response:  # noqa: ARG002 - every endpoint takes it
        """The page for people."""
        if self._page is None:
            document = await self._find_document(versions.DEFAULT_VERSION)
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

    async def _find_document(self, version: str) -> bytes:
        """The cached document. Making one takes 0.2 s, on a thread so that the event loop goes on."""
        if version not in self._documents:
            made = await asyncio.to_thread(self.make_document, version)
            self._documents[version] = json_response(200, made).body
        return self._documents[version]

    def make_document(self, version: str) -> dict[str, Any]:
        """The OpenAPI document of a version."""
        # Imported late, with every schema there is: starting must be quick.
        from icefloe.api.description import openapi  # noqa: PLC0415

        return openapi.make_document(self._routes, version)


def _render_page(document: bytes) -> tuple[bytes, bytes]:
    from icefloe.api.description import page  # noqa: PLC0415 - as above

    return page.render(json.loads(document), versions.DESCRIBED_VERSIONS)
