"""A server of the test's own process, around whose API faults and contracts can be put."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from granian.constants import Interfaces
from granian.server.embed import Server

from icefloe.asgi.types import Receive, Scope, Send
from icefloe.assembly import create_app, open_services
from icefloe.control.contracts.present import Contract
from icefloe.control.faults import connections, faults, kinds
from icefloe.control.faults.connections import Ending
from icefloe.control.faults.faults import Fault, Faults
from icefloe.control.messages import BufferedRequest, BufferedResponse
from icefloe.services import Services
from icefloe.settings import Settings

T = TypeVar("T")

CUSTOMERS = "/v1/customers/"
_SCOPES = ("customers:read", "customers:write", "members:read", "members:write")
_START_SECONDS = 120


@dataclass
class World:
    """An organization of the server's, what goes wrong in it, and its contract.

    Attributes:
        url: the server's.
        token: a valid one of the organization's.
        faults: what goes wrong.
        contract: of which time it is.
        aliases: tokens that are not valid, and known as the organization's.
    """

    url: str
    token: str
    aliases: list[str] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    contract: Contract = field(default_factory=Contract)

    def add(self, **fault: Any) -> Fault:
        """Add a fault, as the control API takes it."""
        return self.faults.add(Fault(kinds.read(fault)))

    @property
    def headers(self) -> dict[str, str]:
        """What shows the token."""
        return {"Authorization": f"Bearer {self.token}"}

    def client(self) -> httpx.Client:
        """A client that shows the token, and keeps its connections."""
        # Reading the machine's certificates takes 50 ms a client; the server speaks plain HTTP.
        return httpx.Client(base_url=self.url, headers=self.headers, timeout=120, verify=False)  # noqa: S501 - see above

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask the server on a connection of its own."""
        with self.client() as client:
            return client.request(method, path, **options)

    def get(self, path: str = CUSTOMERS, **options: Any) -> httpx.Response:
        """Ask for a path."""
        return self.request("GET", path, **options)

    def make(self, number: int = 1, **values: Any) -> dict[str, Any]:
        """Make a customer through the API as it is behind the faults; gives the answer."""
        kept, self.faults = self.faults, Faults()
        try:
            body = {"email": f"customer{number}@example.com", "name": f"Customer {number}"}
            made = self.request("POST", CUSTOMERS, json={**body, **values})
        finally:
            self.faults = kept
        assert made.status_code == 201, made.text
        document: dict[str, Any] = made.json()
        return document


class Around:
    """The application with the faults and contracts of its organizations around it."""

    def __init__(self, services: Services, settings: Settings) -> None:
        self._app = create_app(settings, services=services)
        self.worlds: list[World] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = await _read(scope, receive)
        _, _, token = (request.header(b"authorization") or b"").decode().partition(" ")
        world = self._find_world(token.strip())
        result = await self._answer(world, scope, request)
        if isinstance(result, Ending):
            await connections.end(result, request, send)
            return
        await send(
            {"type": "http.response.start", "status": result.status, "headers": result.headers}
        )
        await send({"type": "http.response.body", "body": result.body})

    def _find_world(self, token: str) -> World:
        """The organization that a token is known of; without one, a world where all is well."""
        return next(
            (one for one in self.worlds if token in {one.token, *one.aliases}), World("", "")
        )

    async def _answer(
        self, world: World, scope: Scope, request: BufferedRequest
    ) -> BufferedResponse | Ending:
        taken = world.faults.take(request)
        instead = await faults.before(taken, request)
        if instead is not None:
            return instead
        response = await self._ask(scope, world.contract.before(request))
        return faults.after(taken, world.contract.after(request, response))

    async def _ask(self, scope: Scope, request: BufferedRequest) -> BufferedResponse:
        """What the API answers."""
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        bodies = [request.body]

        async def receive() -> dict[str, Any]:
            if not bodies:
                await asyncio.Future()  # the client does not leave
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message["body"])

        inner = {
            **scope,
            "method": request.method,
            "path": request.path,
            "query_string": request.query_string,
            "headers": request.headers,
        }
        await self._app(inner, receive, send)
        return BufferedResponse(start["status"], list(start["headers"]), b"".join(parts))


async def _read(scope: Scope, receive: Receive) -> BufferedRequest:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    client, server = scope["client"], scope["server"]
    return BufferedRequest(
        scope["method"],
        scope["path"],
        scope["query_string"],
        list(scope["headers"]),
        b"".join(parts),
        (client[0], int(client[1])),
        (server[0], int(server[1])),
    )


class Running:
    """A running server."""

    def __init__(self, folder: Path, address: str) -> None:
        self._address = address
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._settings = Settings(database=f"sqlite:///{folder / 'around.db'}", log_format="json")
        self._started = threading.Event()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._started.wait(_START_SECONDS)
        while not _listens(self._port):
            assert self._thread.is_alive()
            time.sleep(0.02)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._services = await open_services(self._settings)
        self._app = Around(self._services, self._settings)
        server = Server(
            self._app,
            address=self._address,
            port=self._port,
            interface=Interfaces.ASGI,
            log_enabled=False,
            websockets=False,
        )
        serving = asyncio.create_task(server.serve())
        self._started.set()
        await self._stopping.wait()
        server.stop()  # type: ignore[no-untyped-call]  # Granian leaves it untyped
        await serving

    def make_world(self) -> World:
        """An organization without customers."""
        made = self._run(self._services.organizations.create("Test"))
        _, token = self._run(self._services.tokens.create(made.id, "test", _SCOPES))
        world = World(f"http://127.0.0.1:{self._port}", token)
        self._app.worlds.append(world)
        return world

    def stop(self) -> None:
        """Stop the server, and wait for its end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def running_server(folder: Path, address: str = "127.0.0.1") -> Iterator[Running]:
    """A server, stopped at the end."""
    running = Running(folder, address)
    try:
        yield running
    finally:
        running.stop()
