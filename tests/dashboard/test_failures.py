"""What is said when something fails on our side, and that nothing is loaded before somebody comes."""

import asyncio
import io
import subprocess
import sys
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.responses import Response

from dashboard.over_http import Seen
from icefloe.dashboard.application import Dashboard
from icefloe.dashboard.count_cache import CountCache
from icefloe.dashboard.pages import Access, Desk, NoSuchPage, Page
from icefloe.dashboard.rendering import Templates
from icefloe.dashboard.sessions import Cookies
from icefloe.dashboard.visits import Visit
from icefloe.domain.values import errors
from icefloe.log import Log
from icefloe.services import Services

pytestmark = pytest.mark.processes


def _ask(services: Services, show: Callable[[Visit], Awaitable[Response]]) -> tuple[int, Seen, str]:
    """The answer to whoever asks for a page that does `show`, and what the log says."""
    written = io.StringIO()
    log = Log("json", written)
    desk = Desk(
        services, Cookies(b"secret"), Templates(services.clock.now), log, CountCache(services.tasks)
    )
    dashboard = Dashboard([Page("/page", show, access=Access.ANYBODY)], desk)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(dashboard)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get("/dashboard/page")

    answer = asyncio.run(ask())
    log.close()
    assert "content-security-policy" in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, Seen(answer.text), written.getvalue()


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (ZeroDivisionError("a secret value"), 500, "Something went wrong on our side"),
        (errors.Duplicate("email"), 500, "Something went wrong on our side"),
        (errors.StorageUnavailable(), 503, "The database is busy"),
        (errors.TokenNotFound(), 404, "There is nothing at this address"),
        (NoSuchPage(), 404, "There is nothing at this address"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_failures(services: Services, error: Exception, status: int, told: str) -> None:
    """A failure of ours is a page that says what to do, and a line in the log without any value."""

    async def show(_: Visit) -> Response:
        raise error

    found, seen, log = _ask(services, show)

    assert found == status
    assert told in seen.text
    assert ("unexpected error" in log) == (status == 500)
    assert '"route":"/dashboard/page"' in log
    assert "a secret value" not in log + seen.text


def test_nothing_is_loaded_before_somebody_comes() -> None:
    """A server that nobody looks at has loaded neither the pages nor what they are made with."""
    program = """
import sys
from icefloe.assembly import create_app
create_app()
names = ("jinja2", "starlette", "icefloe.dashboard.application")
print([name for name in names if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )

    assert done.stdout == "[]\n"
