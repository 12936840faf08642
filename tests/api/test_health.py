"""`/healthz` and `/readyz`: for those who watch over the server."""

import asyncio
import io
import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from icefloe.assembly import create_app, open_services
from icefloe.domain.values import errors
from icefloe.log import Log
from icefloe.services import Services
from icefloe.settings import Settings
from support import Organization, Server, run


class TestHealth:
    """Open to everybody, token or not."""

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    @pytest.mark.parametrize("token", [None, ""])
    def test_valid(self, crew: Organization, path: str, token: str | None) -> None:
        """A server that can answer says so."""
        answer = crew.get(path, token=token)

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["polar-version"] == "2026-04"
        assert answer.headers["cache-control"] == "private, no-store"

    def test_head(self, server: Server, crew: Organization) -> None:
        """HEAD is no method of theirs."""
        answer = crew.request("HEAD", "/healthz", token=None)

        assert server.process.poll() is None
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")

    def test_a_database_that_does_not_answer(self, tmp_path: Path) -> None:
        """Where the database does not answer, the server lives but is not ready."""
        services = run(open_services(Settings(database=str(tmp_path / "data.db"))))

        alive, ready = run(_ask_without_database(services, "/healthz", "/readyz"))

        assert alive[0] == 200
        assert ready == (
            503,
            {
                "error": "ServiceUnavailable",
                "detail": "The database is busy; try again shortly.",
            },
            "1",
        )


async def _ask_without_database(services: Services, *paths: str) -> list[tuple[int, Any, str]]:
    """Status, body and Retry-After of each path, while the storage answers nothing."""
    log = Log("json", stream=io.StringIO())
    app = create_app(log=log, services=services)
    begun = asyncio.Event()
    stop = asyncio.Event()
    started = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if not started.is_set():
            started.set()
            return {"type": "lifespan.startup"}
        await stop.wait()
        return {"type": "lifespan.shutdown"}

    async def send(_: MutableMapping[str, Any]) -> None:
        begun.set()

    living = asyncio.create_task(app({"type": "lifespan"}, receive, send))
    await begun.wait()
    healthy = services.storage.ping

    async def ping() -> None:
        raise errors.StorageUnavailable

    services.storage.ping = ping  # type: ignore[method-assign]
    answers = []
    for path in paths:
        sent: list[MutableMapping[str, Any]] = []

        async def keep(
            message: MutableMapping[str, Any], to: list[MutableMapping[str, Any]] = sent
        ) -> None:
            to.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": b"",
            "scheme": "http",
            "headers": [],
        }
        await app(scope, receive, keep)
        headers = dict(sent[0]["headers"])
        body = json.loads(b"".join(message["body"] for message in sent[1:]))
        answers.append((sent[0]["status"], body, headers.get(b"retry-after", b"").decode()))
    services.storage.ping = healthy  # type: ignore[method-assign]
    stop.set()
    await living
    log.close()
    return answers
