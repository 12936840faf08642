"""What tests of the running program share: its processes, and organizations to ask it about."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from icefloe.assembly import Services
from icefloe.domain.imports import OnConflict, Report
from icefloe.exchange.records import read_entry

CLI = Path(sys.executable).with_name("icefloe")
_START_SECONDS = 20.0


def run_cli(
    *words: str, environment: Mapping[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, in another process."""
    done = subprocess.run(
        [str(CLI), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **(environment or {})},
    )
    if check and done.returncode:
        pytest.fail(f"icefloe {' '.join(words)} exited {done.returncode}: {done.stderr}")
    return done


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

    def stop(self) -> int:
        """Stop it as an operator would; returns its exit status."""
        self.process.terminate()
        return self.process.wait(20)


def start_server(database: str, log: Path, *flags: str) -> Server:
    """Start `icefloe serve` on a free port, and wait until it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("ab") as opened:
        process = subprocess.Popen(
            [str(CLI), "serve", "--port", str(port), "--database", database, *flags],
            stdout=opened,
            stderr=opened,
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return Server(process, port, database, log)
    process.kill()
    pytest.fail(f"the server did not start: {log.read_text('utf-8')}")


@dataclass(slots=True)
class Organization:
    """An organization of its own for a test, its tokens, and a client that shows the usual one."""

    id: UUID
    services: Services
    url: str
    tokens: dict[tuple[str, ...], str] = field(default_factory=dict)

    def token(self, *scopes: str) -> str:
        """A token with the scopes; all of customers and members unless given."""
        wanted = scopes or ("customers:read", "customers:write", "members:read", "members:write")
        if wanted not in self.tokens:
            _, shown = asyncio.run(self.services.tokens.create(self.id, "test", wanted))
            self.tokens[wanted] = shown
        return self.tokens[wanted]

    def keep(
        self, *customers: Mapping[str, Any], on_conflict: OnConflict = OnConflict.FAIL
    ) -> Report:
        """Take in customers in the wire's form, as an import does."""
        entries = [read_entry(f"item {at}", one) for at, one in enumerate(customers)]
        return asyncio.run(self.services.imports.run(self.id, entries, on_conflict=on_conflict))

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
        with httpx.Client(base_url=self.url, timeout=30) as client:
            return client.request(method, path, headers=sent, content=content, params=params)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Ask for a path."""
        return self.request("GET", path, **options)


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
