"""Draws the dashboard's main pages into docs/screenshots: `make screenshots`.

The demo's customers, a clock that stands still and ids that are the same each time: a picture changes
only where the page does. It needs Chromium, as the dashboard's tests do, and fonts for many languages:
Debian's packages fonts-noto-core and fonts-droid-fallback.
"""

import asyncio
import contextlib
import io
import math
import random
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server
from playwright.sync_api import Browser
from pydantic import SecretStr
from scripts import pictures

from dashboard import browsing
from icefloe import assembly
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.imports import OnConflict
from icefloe.domain.values.webhooks import (
    Attempted,
    NewWebhookEndpoint,
    Outcome,
    WebhookEvent,
    WebhookEventType,
)
from icefloe.exchange import records
from icefloe.log import Log
from icefloe.sample import customers as sample
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.traffic import MINUTES, Traffic

_FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
_NOW = datetime(2026, 11, 15, 16, 20, tzinfo=UTC)
_END = _NOW + timedelta(days=81)
_HOME = f"/dashboard/{sample.ORGANIZATION_SLUG}"
_NAME, _EMAIL = "Ada Lovelace", "ada@example.com"
_TOKENS = {
    "Website": ("customers:read", "customers:write", "members:read", "members:write"),
    "Nightly report": ("customers:read",),
}
# The name of each picture, and the page that it shows.
_PAGES = {
    "overview": _HOME,
    "customers": f"{_HOME}/customers?metadata=plan%3Dpro",
    "customer": f"{_HOME}/customers/{{customer}}",
    "tokens": f"{_HOME}/settings/tokens",
    "deliveries": f"{_HOME}/settings/webhooks/deliveries",
    "settings": f"{_HOME}/settings",
}
_ENDPOINTS = {
    "Shop": "https://shop.example.com/webhooks/polar",
    "Newsletter": "https://news.example.com/hooks/customers",
}
_EVENTS: tuple[WebhookEventType, ...] = (
    "customer.created",
    "customer.state_changed",
    "customer.updated",
    "member.created",
)
_ACCEPTED = Outcome(
    succeeded=True, http_code=202, response=None, duration=timedelta(milliseconds=23)
)
_REFUSED = Outcome(
    succeeded=False, http_code=503, response="Busy", duration=timedelta(milliseconds=187)
)
_SECRET = "screenshots" * 3
_MOST_BYTES = 150_000
_START_SECONDS = 20


@dataclass
class _ClockHand:
    """The present moment."""

    now: datetime = _NOW


def main() -> None:
    """Draw every page, light and dark."""
    _FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="icefloe-screenshots-") as folder,
        _serving(Path(folder) / "demo.db") as url,
        browsing.running_browser() as browser,
    ):
        for scheme in browsing.SCHEMES:
            _draw(browser, url, scheme)


def _draw(browser: Browser, url: str, scheme: browsing.Scheme) -> None:
    context = browser.new_context(
        viewport=browsing.DESKTOP, color_scheme=scheme, timezone_id="UTC", locale="en-GB"
    )
    page = context.new_page()
    page.goto(f"{url}/dashboard/sign-in")
    page.get_by_label("E-mail").fill(_EMAIL)
    page.get_by_label("Password").fill(browsing.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}{_HOME}")
    page.goto(f"{url}{_HOME}/customers?q=anna")
    customer = page.locator(f"tbody a[href^='{_HOME}/customers/']").first.get_attribute("href")
    if customer is None:
        raise RuntimeError("the demo has nobody called Anna")
    for name, path in _PAGES.items():
        page.goto(url + path.format(customer=customer.rpartition("/")[2]))
        page.wait_for_load_state("networkidle")
        file = _FOLDER / f"{name}-{scheme}.png"
        size = file.write_bytes(pictures.shrink(page.screenshot(animations="disabled")))
        print(f"{file.name}: {size:,} bytes")
        if size > _MOST_BYTES:
            raise RuntimeError(f"{file} is too large")
    context.close()


@contextlib.contextmanager
def _serving(database: Path) -> Iterator[str]:
    """The demo's organization, served at a moment that stays; gives the server's URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    settings = Settings(database=str(database), secret=SecretStr(_SECRET), port=port)
    loop = asyncio.new_event_loop()
    services = loop.run_until_complete(_prepare(settings))
    server = Server(
        assembly.create_app(settings, log=Log("json", io.StringIO()), services=services),
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        websockets=False,
    )
    thread = threading.Thread(target=loop.run_until_complete, args=[server.serve()])
    thread.start()
    try:
        _await(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join()
        loop.close()


async def _prepare(settings: Settings) -> Services:
    """Services over a database that holds the demo, and a person who may see it."""
    ids = random.Random(7)  # noqa: S311 - the same each time is what it is for
    clock_hand = _ClockHand()
    clock = Clock(
        now=lambda: clock_hand.now,
        new_id=lambda: uuid.UUID(int=ids.getrandbits(128), version=4),
        random_below=ids.randrange,
    )
    services = await assembly.open_services(settings, clock)
    made = await services.organizations.create(
        sample.ORGANIZATION_NAME,
        organization_id=sample.ORGANIZATION_ID,
        slug=sample.ORGANIZATION_SLUG,
    )
    entries = [
        records.read_entry(f"sample {number}", customer)
        for number, customer in enumerate(sample.customers(), start=1)
    ]
    await services.imports.run(made.id, lambda: entries, on_conflict=OnConflict.FAIL)
    for name, scopes in _TOKENS.items():
        _, shown = await services.tokens.create(made.id, name, scopes, expires_at=_END)
        await services.tokens.authenticate(shown)
    await services.tokens.store_uses()
    await _deliver(services, made.id, clock_hand)
    services.traffic = _make_traffic()
    await services.people.create(_EMAIL, browsing.PASSWORD, name=_NAME, roles={made.id: "owner"})
    return services


async def _deliver(services: Services, organization_id: uuid.UUID, clock_hand: _ClockHand) -> None:
    """Deliveries of the last half hour to two endpoints, made up: nothing is sent."""
    endpoints = []
    for name, url in _ENDPOINTS.items():
        new = NewWebhookEndpoint(url=url, format="raw", events=_EVENTS, name=name)
        endpoints.append(await services.webhook_endpoints.create(organization_id, new))
    kinds = _EVENTS * 4
    for number, kind in enumerate(kinds):
        endpoint = endpoints[number % 3 % 2]
        clock_hand.now = _NOW - timedelta(seconds=97 * (len(kinds) - number))
        event = WebhookEvent(
            id=uuid.UUID(int=number, version=4),
            organization_id=organization_id,
            endpoint_id=endpoint.id,
            customer_id=None,
            type=kind,
            created_at=clock_hand.now,
            payload=b"{}",
            due_at=clock_hand.now,
        )
        await services.storage.write(_adding(event))
        outcomes = [_REFUSED, _ACCEPTED] if number % 7 == 1 else [_ACCEPTED]
        for attempts, outcome in enumerate(outcomes):
            clock_hand.now += timedelta(seconds=4 * attempts)
            attempted = Attempted(replace(event, attempts=attempts), outcome)
            await services.webhook_deliveries.record([attempted])
    clock_hand.now = _NOW


def _adding(event: WebhookEvent) -> Callable[[Tables], Awaitable[None]]:
    """The work that stores an event."""
    return lambda tables: tables.webhook_events.add_all([event])


def _make_traffic() -> Traffic:
    """An hour of requests to the demo's organization, made up."""
    chance = random.Random(7)  # noqa: S311 - the same each time
    second = 0.0
    traffic = Traffic(lambda: second)
    for minute in range(1 - MINUTES, 1):
        second = (_NOW + timedelta(minutes=minute)).timestamp()
        for _ in range(round(12 + 8 * math.sin(minute / 9) + chance.uniform(-5, 5))):
            taken = chance.lognormvariate(0, 0.6)
            traffic.note(str(sample.ORGANIZATION_ID), "GET", "/v1/customers/", 200, taken)
    return traffic


def _await(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


if __name__ == "__main__":
    main()
