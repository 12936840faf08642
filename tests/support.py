"""What tests of the running program share: its processes, and organizations to ask it about."""

import asyncio
import atexit
import contextlib
import io
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import pytest

import plain_http
from icefloe.cli import app
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values.access import USUAL_SCOPES
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.customers import Customer, owner_of
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.domain.values.listing import Page
from icefloe.domain.values.people import Person
from icefloe.exchange.records import read_entry
from icefloe.services import Services
from icefloe.storage.lists.list_cache import Reporter
from icefloe.storage.open import open_storage
from icefloe.storage.tables import SqlTables

T = TypeVar("T")

# Connections to a database belong to the event loop on which they were made: all tests share one.
_LOOP = asyncio.Runner()
_LOOP_IS_FREE = threading.Lock()
atexit.register(_LOOP.close)

CLI = Path(sys.executable).with_name("icefloe")
# How long tests wait for what must happen: the machine may have much else to do.
PATIENCE = 120.0


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine; what it leaves for the end of the loop's turn is done too."""

    async def main() -> T:
        try:
            return await work
        finally:
            await asyncio.sleep(0)

    with _LOOP_IS_FREE:
        if asyncio._get_running_loop() is None:
            return _LOOP.run(main())
        # While a browser is driven, another loop occupies this thread.
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(_LOOP.run, main()).result()


def kill_amid_writes(program: str, database: str, organization_id: UUID, enough: int) -> list[str]:
    """The lines by which a program acknowledged its writes until it was killed, after so many."""
    with subprocess.Popen(
        [sys.executable, "-c", program, database, str(organization_id)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(enough)]
        process.kill()
        return acknowledged + process.stdout.readlines()


def documents_of(page: Page) -> list[dict[str, Any]]:
    """The documents on a page."""
    found: list[dict[str, Any]] = json.loads(b"[%b]" % page.items)
    return found


def run_cli(
    *words: str, environment: Mapping[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, in another process."""
    done = subprocess.run(
        [str(CLI), *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if check and done.returncode:
        pytest.fail(f"icefloe {' '.join(words)} exited {done.returncode}: {done.stderr}")
    return done


@dataclass(frozen=True)
class Told:
    """What a command did: its exit status, and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it wrote, as JSON."""
        return json.loads(self.out)

    @property
    def mistake(self) -> str:
        """The one line that a user's mistake is told by."""
        assert self.status == 2, (self.status, self.out, self.err)
        (line,) = self.err.splitlines()
        assert line.startswith("icefloe: ")
        return line.removeprefix("icefloe: ")


def run_here(*words: str | Path, given: str = "", check: bool = True) -> Told:
    """Run the command line in this process: another takes a second to start.

    Args:
        words: after `icefloe`.
        given: what can be read from its standard input.
        check: whether the test fails when the command does.
    """
    written = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(each, "utf-8", write_through=True) for each in written)
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode()), "utf-8"))
        status = app.run([str(word) for word in words])
    told = Told(status, *(each.getvalue().decode() for each in written))
    if check and status:
        pytest.fail(f"icefloe {' '.join(map(str, words))} exited {status}: {told.err}")
    return told


@dataclass(slots=True)
class Server:
    """A running `icefloe serve`."""

    process: subprocess.Popen[bytes]
    port: int
    database: str
    log: Path

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def told(self) -> str:
        """What it printed, beside its log."""
        return self.log.with_suffix(".out").read_text("utf-8")

    def wait_for_lines(self, is_enough: Callable[[list[dict[str, Any]]], bool]) -> None:
        """Wait until its log, which is written a few times a second, has what a test looks for."""
        deadline = time.monotonic() + PATIENCE
        lines: list[dict[str, Any]] = []
        with self.log.open("rb") as log:
            while True:
                # Of a line that is written in parts, the first is read again with the others.
                while (line := log.readline()).endswith(b"\n"):
                    lines.append(json.loads(line))
                log.seek(-len(line), os.SEEK_CUR)
                if is_enough(lines):
                    return
                assert time.monotonic() < deadline, lines
                time.sleep(0.02)

    def stop(self) -> int:
        """Stop it as an operator would; returns its exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


def start_server(
    database: str, log: Path, *flags: str, command: Sequence[str] = (str(CLI),)
) -> Server:
    """Start `icefloe serve` on a free port, and wait until it listens.

    Args:
        database: its database.
        log: where its log goes.
        flags: after `serve`.
        command: what starts `icefloe`.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("ab") as opened, log.with_suffix(".out").open("ab") as told:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port), "--database", database, *flags],
            stdout=told,
            stderr=opened,
        )
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return Server(process, port, database, log)
    process.kill()
    pytest.fail(f"the server did not start: {log.read_text('utf-8')}")


@contextlib.contextmanager
def serving(log: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server on any port, by its process and the URL that its log says it listens on."""
    with log.open("wb") as opened:
        process = subprocess.Popen(
            [str(CLI), "serve", "--port", "0", *flags], stdout=opened, stderr=opened
        )
    try:
        yield process, url_in(log, lambda: process.poll() is None)
    finally:
        process.kill()
        process.wait(PATIENCE)


def url_in(log: Path, is_alive: Callable[[], bool] = lambda: True) -> str:
    """The URL that a log says its server listens on, once it does."""
    deadline = time.monotonic() + PATIENCE
    while not (found := re.search(r'"listening","url":"([^"]+)"', log.read_text("utf-8"))):
        assert is_alive(), log.read_text("utf-8")
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return found[1]


@dataclass(slots=True)
class Organization:
    """An organization of its own for a test, its tokens, and a client that shows the usual one."""

    id: UUID
    services: Services
    url: str
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    def token(self, *scopes: str) -> str:
        """A token with the scopes; all that anything here needs unless given."""
        wanted = scopes or USUAL_SCOPES
        if wanted not in self.tokens:
            _, shown = run(self.services.tokens.create(self.id, "test", wanted))
            self.tokens[wanted] = shown
        return self.tokens[wanted]

    def keep(
        self, *customers: Mapping[str, Any], on_conflict: OnConflict = OnConflict.FAIL
    ) -> Report:
        """Take in customers in the wire's form, as an import does."""
        entries = [read_entry(f"item {at}", one) for at, one in enumerate(customers)]
        return run(self.services.imports.run(self.id, lambda: entries, on_conflict=on_conflict))

    def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = "",
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: object = None,
        content: bytes | None = None,
        params: Any = None,
    ) -> httpx.Response:
        """Ask the server; shows the usual token unless another is given, or None for none."""
        sent = httpx.Headers(headers)
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token or self.token()}")
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            content = json.dumps(body).encode()
        client = plain_http.client(self.url)
        return client.request(method, path, headers=sent, content=content, params=params)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a path."""
        return self.request("GET", path, **options)


def make_organization_of(server: Server, services: Services) -> Organization:
    """A new organization without customers on a running server, over whose database services are."""
    made = run(services.organizations.create(f"Test {uuid4().hex[:6]}"))
    return Organization(made.id, services, server.url)


def break_document(organization: Organization) -> None:
    """Have an organization's last customer, by hand, have a document that is no JSON."""

    async def work(tables: Tables) -> None:
        assert isinstance(tables, SqlTables)
        await tables._transaction.execute(
            "UPDATE customers SET document = $2 WHERE organization_id = $1 AND sequence ="
            " (SELECT max(sequence) FROM customers WHERE organization_id = $1)",
            organization.id,
            b"no JSON",
        )

    run(organization.services.storage.write(work))


def ask_raw(url: str, request: bytes) -> bytes:
    """Send bytes as they are, which no client would, and give what comes back on the connection."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


@dataclass
class HeldTime:
    """The present moment, the ids and the random numbers that a clock gives."""

    now: datetime = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
    given: list[UUID] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - the same each time

    def pass_by(self, **span: float) -> None:
        """Let time go on."""
        self.now += timedelta(**span)

    def new_id(self) -> UUID:
        """The next id: they count up."""
        made = UUID(f"00000000-0000-4000-8000-{len(self.given):012}")
        self.given.append(made)
        return made

    @property
    def clock(self) -> Clock:
        """A clock that this time drives; its random numbers are the same each time."""
        return Clock(lambda: self.now, self.new_id, self.chance.randrange)


@dataclass(frozen=True)
class Engine:
    """One kind of database, and an empty one of it."""

    name: str
    database: str

    async def open(self, report: Reporter | None = None) -> Storage:
        """The storage over the database; each call gives another, as another process has it."""
        return await open_storage(self.database, report=report)


Command = Callable[..., Told]


def customer_of(organization_id: UUID, number: int = 1, **values: Any) -> Customer:
    """A customer as the domain has it, told apart by its number; `values` replace the usual ones."""
    usual: dict[str, Any] = {
        "id": uuid4(),
        "created_at": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
        "email": f"customer{number}@example.com",
        "name": f"Customer {number}",
        "external_id": f"usr_{number}",
    }
    return Customer(organization_id=organization_id, **(usual | values))


def add_person(store: Storage, name: str) -> Person:
    """Keep a person who cannot sign in, told apart by the name."""
    made = Person(
        id=uuid4(),
        email=f"{name}@x.test",
        name=name,
        password_hash="-",  # noqa: S106 - no password's
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    run(store.write(lambda tables: tables.people.add(made)))
    return made


async def add_customer(tables: Tables, customer: Customer) -> None:
    """Keep a customer and the member who owns it, within a transaction."""
    owner = owner_of(customer, None, uuid4())
    await tables.customers.add(customer, owner.email)
    await tables.members.add(owner)


def new_customer(number: int = 1, **values: Any) -> dict[str, Any]:
    """A customer in the wire's form, told apart by its number; `values` replace the usual ones."""
    return {
        "id": str(uuid4()),
        "created_at": f"2026-01-{1 + number % 28:02}T00:00:{number % 60:02}Z",
        "email": f"customer{number}@example.com",
        "name": f"Customer {number}",
        "external_id": f"usr_{number}",
        "metadata": {},
        **values,
    }
