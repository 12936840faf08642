"""What tests of writing share: requests that write, and servers on databases of their own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx

from icefloe.assembly import open_services
from icefloe.services import Services
from icefloe.settings import Settings
from icefloe.storage.open import sqlite_path
from icefloe.storage.sqlite import maintenance
from icefloe.storage.sqlite.transaction import connect
from icefloe.storage.upkeep.check import Finding
from support import Organization, Server, make_organization_of, run, start_server

CUSTOMERS = "/v1/customers/"
EXTERNAL = "/v1/customers/external/"
UNAUTHORIZED = {"error": "Unauthorized", "detail": "Unauthorized"}
NOT_FOUND = {"error": "ResourceNotFound", "detail": "Not found"}
EMAIL_TAKEN = "A customer with this email address already exists."
EXTERNAL_ID_TAKEN = "A customer with this external ID already exists."
EXTERNAL_ID_KEPT = "Customer external ID cannot be updated."

T = TypeVar("T")
Problem = tuple[list[str | int], str, str]


def create(organization: Organization, **values: Any) -> httpx.Response:
    """Ask for a new customer, whose address is new too unless one is given."""
    body = {"email": new_email(), **values}
    return organization.request("POST", CUSTOMERS, body=body)


def make(organization: Organization, **values: Any) -> dict[str, Any]:
    """Make a customer; returns it as the answer shows it."""
    answer = create(organization, **values)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def change(organization: Organization, customer: dict[str, Any], **values: Any) -> httpx.Response:
    """Ask for a change of a customer."""
    return organization.request("PATCH", f"{CUSTOMERS}{customer['id']}", body=values)


def new_email() -> str:
    """An address that no customer has."""
    return f"{uuid4().hex[:12]}@example.com"


def problems(answer: httpx.Response) -> list[Problem]:
    """Place, kind and words of each problem that a 422 tells."""
    assert answer.status_code == 422, answer.text
    return [(one["loc"], one["type"], one["msg"]) for one in answer.json()["detail"]]


def find_members(organization: Organization, customer: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of a customer, oldest first."""
    path = f"/v1/members/?customer_id={customer['id']}&sorting=created_at&limit=100"
    items: list[dict[str, Any]] = organization.get(path).json()["items"]
    return items


def find_events(server: Server, customer_id: str) -> list[str]:
    """What happened to a customer and its members, oldest first, by the kept events' types."""
    rows = run_sql(
        server,
        "SELECT type FROM events WHERE customer_id = ? ORDER BY sequence",
        UUID(customer_id).bytes,
    )
    return [row[0] for row in rows]


def run_sql(server: Server, statement: str, *arguments: bytes | int) -> list[Any]:
    """Run a statement on the server's database; returns its rows.

    With the same copy of SQLite as the services in this process: two copies that have one file open
    undo each other's locks.
    """
    connection = connect(sqlite_path(server.database), read_only=False)
    try:
        return connection.execute(statement, arguments).fetchall()
    finally:
        connection.close()


def find_disagreements(server: Server) -> list[Finding]:
    """What `icefloe database check` finds wrong in the server's database."""
    return maintenance.find_disagreements(sqlite_path(server.database), lambda _: None)


def at_once(acts: Sequence[Callable[[], T]]) -> list[T]:
    """Do all of it at the same moment, each on a thread of its own; the results, in order."""
    start = threading.Barrier(len(acts))
    results: dict[int, T] = {}
    raised: list[BaseException] = []

    def run(at: int, act: Callable[[], T]) -> None:
        try:
            start.wait(120)
            results[at] = act()
        except BaseException as error:  # noqa: BLE001 - told to the test below
            raised.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return [results[at] for at in range(len(acts))]


@dataclass(slots=True)
class OwnDatabase:
    """A database of a test's own, and the organization it is asked about; the server can be restarted.

    Attributes:
        folder: where the database and the server's log are.
        server: the running server.
        organization: whose token is known, so that nothing but the server has the file open.
        flags: what the server is started with.
    """

    folder: Path
    server: Server
    organization: Organization
    flags: tuple[str, ...]

    def restart(self) -> None:
        """Start a server again, where the one before has ended."""
        self.server = start_server(self.server.database, self.folder / "server.log", *self.flags)
        self.organization.url = self.server.url

    def find_bytes(self, *wanted: str) -> list[tuple[str, str]]:
        """Which of the texts, in UTF-8 and any letter case, are in which file of the folder."""
        return [
            (file.name, text)
            for file in sorted(self.folder.iterdir())
            for text in wanted
            if text.encode().lower() in file.read_bytes().lower()
        ]


@contextmanager
def own_database(folder: Path, *flags: str) -> Iterator[OwnDatabase]:
    """A server on a database of its own, for as long as the block lasts."""
    server = start_server(f"sqlite:///{folder}/own.db", folder / "server.log", *flags)
    opened = OwnDatabase(folder, server, _organization_of(server), flags)
    try:
        yield opened
    finally:
        # Not killed: a supervisor that is leaves its workers behind.
        opened.server.stop()


def _organization_of(server: Server) -> Organization:
    services: Services = run(open_services(Settings(database=server.database)))
    made = make_organization_of(server, services)
    made.token()
    run(services.stop())
    return made
