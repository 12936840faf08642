"""`icefloe deliver`, and servers that leave delivering to it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

import plain_http
from icefloe.assembly import open_services
from icefloe.domain.values.webhooks import NewWebhookEndpoint
from icefloe.services import Services
from icefloe.settings import Settings
from receiving import Receiver, receiving
from support import (
    CLI,
    PATIENCE,
    Engine,
    Organization,
    make_organization_of,
    run,
    run_here,
    start_server,
)

pytestmark = pytest.mark.processes


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiving() as started:
        yield started


@pytest.fixture
def services(engine: Engine) -> Iterator[Services]:
    """The services over a database of the test's own."""
    opened = run(open_services(Settings(database=engine.database)))
    yield opened
    run(opened.stop())


def listen(services: Services, organization_id: UUID, url: str) -> None:
    """An endpoint for new customers."""
    new = NewWebhookEndpoint(url=url, format="raw", events=("customer.created",))
    run(services.webhook_endpoints.create(organization_id, new))


def create(organization: Organization, *numbers: int) -> None:
    """New customers, told apart by their numbers."""
    for number in numbers:
        headers = {"Authorization": f"Bearer {organization.token()}"}
        body = {"email": f"customer{number}@example.com"}
        answer = plain_http.request(
            "POST", organization.url + "/v1/customers/", headers=headers, json=body
        )
        assert answer.status_code == 201


def emails(receiver: Receiver) -> list[str]:
    """Which customers were told of."""
    return [json.loads(request.body)["data"]["email"] for request in receiver.requests]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve(
    engine: Engine, services: Services, receiver: Receiver, tmp_path: Path, workers: str
) -> None:
    """A server delivers what each of its workers queues, once and in order."""
    server = start_server(engine.database, tmp_path / "server.log", "--workers", workers)
    organization = make_organization_of(server, services)
    listen(services, organization.id, receiver.url())
    create(organization, *range(10))
    receiver.wait_for(10)

    assert server.stop() == 0
    assert emails(receiver) == [f"customer{number}@example.com" for number in range(10)]


def test_apart(engine: Engine, services: Services, receiver: Receiver, tmp_path: Path) -> None:
    """A server with `--no-deliver` only queues; `icefloe deliver` sends, until it is interrupted."""
    server = start_server(engine.database, tmp_path / "server.log", "--no-deliver")
    organization = make_organization_of(server, services)
    listen(services, organization.id, receiver.url())
    listen(services, organization.id, receiver.url("/hang"))
    create(organization, 1)
    time.sleep(0.5)
    assert receiver.requests == []
    log = tmp_path / "deliver.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [str(CLI), "deliver", "--database", engine.database, "--log-format", "json"],
            stderr=written,
        )
    try:
        receiver.wait_for(2)
        create(organization, 2)
        receiver.wait_for(2, "/200")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()

    lines = [json.loads(line)["event"] for line in log.read_text("utf-8").splitlines()]
    assert lines == ["delivering", "stopped"]
    assert server.stop() == 0


def test_no_database(tmp_path: Path) -> None:
    """A database that cannot be used is one line, and exit status 2."""
    other = tmp_path / "no-database"
    other.write_text("something else, which is long enough to be no database" * 20)

    assert "no database" in run_here("deliver", "--database", other, check=False).mistake


def test_late_imports() -> None:
    """What starts a server imports nothing that only sending needs."""
    program = "import sys, icefloe.assembly; print({'h11', 'certifi'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "set()\n"
