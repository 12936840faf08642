"""Icefloe's databases of made-up customers: created, reused by the next run, and copied."""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr
from rich.console import Console

from benchmarks import data, postgres
from icefloe.assembly import open_services
from icefloe.domain.values.placements import Placement
from icefloe.exchange.records import read_entry
from icefloe.services import Services
from icefloe.settings import Settings

SQLITE = "sqlite"
POSTGRES = "postgres"
# With a secret that is set, none is made for this machine's user.
SECRET = "benchmark benchmark benchmark benchmark"  # noqa: S105 - it keeps nothing secret

# Small organizations beside the large one: one for each thousand of its customers, up to a thousand.
_SMALL_EVERY = 1000
_MOST_SMALL = 1000
_SMALL_SIZE = 100
_SMALL_IDS = UUID("5a1e0f2c-6d37-4c8e-9b0a-000000000000").int
_CUSTOMERS = ("customers:read", "customers:write")
_PLACED = 500  # subscriptions in one transaction


@dataclass(frozen=True, slots=True)
class Dataset:
    """A database of Icefloe's that holds one organization of `size` made-up customers, and small ones.

    One in ten customers of the large one has a subscription to a product with a benefit.

    Attributes:
        engine: "sqlite" or "postgres".
        database: what `--database` takes.
        size: how many customers the large organization has.
    """

    engine: str
    database: str
    size: int

    @classmethod
    def open_sqlite(cls, folder: Path, size: int) -> "Dataset":
        """The dataset of that size in a file in the folder; made where missing."""
        file = folder / f"subscribed-{size}.db"
        if not file.exists():
            # Made under another name: one that was interrupted is not mistaken for a whole one.
            unfinished = folder / f"unfinished-{size}.db"
            for each in _files(unfinished):
                each.unlink()
            cls(SQLITE, str(unfinished), size).fill(folder)
            for each in _files(unfinished):
                each.rename(str(each).replace(unfinished.name, file.name))
        return cls(SQLITE, str(file), size)

    @classmethod
    def open_postgres(cls, server: str, folder: Path, size: int) -> "Dataset":
        """The dataset of that size in a database on a server; made where missing."""
        name, unfinished = f"icefloe_subscribed_{size}", f"icefloe_unfinished_{size}"
        if not postgres.has_database(server, name):
            postgres.drop(server, unfinished)
            cls(POSTGRES, postgres.create(server, unfinished), size).fill(folder)
            postgres.execute(server, f"ALTER DATABASE {unfinished} RENAME TO {name}")
        return cls(POSTGRES, postgres.url_of(server, name), size)

    @contextlib.contextmanager
    def copied(self) -> Iterator["Dataset"]:
        """A copy for writing, removed at the end; no process may have the original open."""
        if self.engine == POSTGRES:
            name = urlsplit(self.database).path.removeprefix("/")
            with postgres.database(self.database, template=name) as url:
                yield Dataset(POSTGRES, url, self.size)
            return
        original = Path(self.database)
        with tempfile.TemporaryDirectory(prefix="icefloe-benchmark-copy-") as folder:
            for each in _files(original):
                shutil.copy(each, folder)
            yield Dataset(SQLITE, str(Path(folder, original.name)), self.size)

    def fill(self, folder: Path) -> None:
        """Make the organizations and import their customers, through a file in the folder."""
        identity = ["--id", str(data.ORGANIZATION_ID)]
        run_icefloe(self.database, "organizations", "create", "Benchmark", *identity)
        lines = folder / f"customers-{self.size}.ndjson"
        data.write_lines(lines, self.size)
        owner = ["--organization", str(data.ORGANIZATION_ID)]
        run_icefloe(self.database, "customers", "import", str(lines), *owner, "--json")
        lines.unlink()
        asyncio.run(self._fill_more())
        if self.engine == POSTGRES:
            # What its own housekeeping does within minutes, and the figures should not wait for.
            postgres.execute(self.database, "VACUUM (ANALYZE)")

    async def _fill_more(self) -> None:
        """Add the subscriptions, and the small organizations."""
        services = await open_services(settings(self.database))
        try:
            await self._subscribe(services)
            await self._fill_small(services)
        finally:
            await services.stop()

    async def _subscribe(self, services: Services) -> None:
        """Have some customers of the large organization subscribe to one product."""
        place = partial(services.placing.place, data.ORGANIZATION_ID)
        benefit, product = (str(UUID(int=_SMALL_IDS - at, version=4)) for at in (1, 2))
        price = {"amount_type": "fixed", "price_amount": 0}
        values = {"recurring_interval": "month", "prices": [price], "benefits": [benefit]}
        await place(
            [
                Placement("benefits", {"id": benefit}),
                Placement("products", {"id": product, "name": "Monthly", **values}),
            ]
        )
        active = filter(data.is_active, range(self.size))
        while numbers := list(itertools.islice(active, _PLACED)):
            await place(
                [
                    Placement(
                        "subscriptions",
                        {"customer_id": data.customer_id(number), "product_id": product},
                    )
                    for number in numbers
                ]
            )

    async def _fill_small(self, services: Services) -> None:
        """Make the small organizations: each has some of the large one's people as customers too."""
        for at in range(max(1, min(self.size // _SMALL_EVERY, _MOST_SMALL))):
            made = await services.organizations.create(
                f"Small {at}", organization_id=UUID(int=_SMALL_IDS + at, version=4)
            )
            entries = [
                read_entry(f"customer {number}", data.customer(number, self.size))
                for number in range(at * _SMALL_SIZE, (at + 1) * _SMALL_SIZE)
            ]
            await services.imports.run(made.id, entries.copy)

    def make_token(self, *scopes: str) -> str:
        """A new token for the customers of the large organization; only to read unless given."""
        words = [word for scope in scopes or _CUSTOMERS[:1] for word in ("--scope", scope)]
        owner = ["--organization", str(data.ORGANIZATION_ID)]
        made = run_icefloe(
            self.database, "tokens", "create", *owner, "--name", "benchmark", *words, "--json"
        )
        token: str = json.loads(made)["token"]
        return token

    def make_write_token(self) -> str:
        """A new token that may also create customers."""
        return self.make_token(*_CUSTOMERS)


@contextlib.contextmanager
def opened(
    console: Console, folder: Path, size: int, *, with_postgres: bool, kept: bool
) -> Iterator[tuple[dict[str, Dataset], str | None]]:
    """The datasets of a size by engine, and the PostgreSQL server that is there for the block.

    Args:
        console: shows what takes long.
        folder: where they are, or will be.
        size: customers in the large organization.
        with_postgres: whether to look for PostgreSQL at all.
        kept: whether the folder stays, and with it the databases.
    """
    with contextlib.ExitStack() as stack:
        with console.status(f"Importing {size:,} customers"):
            found = {SQLITE: Dataset.open_sqlite(folder, size)}
        server = None
        if with_postgres:
            own = folder / "postgres" if kept else None
            server = stack.enter_context(postgres.running_server(own))
            if server is None:
                console.print(postgres.NONE_FOUND)
        if server is not None:
            with console.status(f"Importing {size:,} customers into PostgreSQL"):
                found[POSTGRES] = Dataset.open_postgres(server, folder, size)
            if not kept:
                name = urlsplit(found[POSTGRES].database).path.removeprefix("/")
                stack.callback(postgres.drop, server, name)
        yield found, server


@contextlib.contextmanager
def folder_of(chosen: Path | None) -> Iterator[Path]:
    """Where datasets are: the folder that was chosen and stays, else one that goes."""
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="icefloe-benchmark-") as folder:
        yield Path(folder)


def settings(database: str) -> Settings:
    """The settings of a benchmark: all as they come, but for the database, the secret and the log."""
    return Settings(database=database, secret=SecretStr(SECRET), log_format="json")


def environment() -> dict[str, str]:
    """This process's environment without settings of Icefloe's: a benchmark runs with the defaults."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ICEFLOE_")}
    return {**kept, "ICEFLOE_CONFIG": os.devnull, "ICEFLOE_SECRET": SECRET}


def run_icefloe(database: str, *words: str) -> str:
    """Run one of Icefloe's commands on a database; returns what it prints.

    Raises:
        RuntimeError: it failed; says how.
    """
    done = subprocess.run(
        command(database, *words), capture_output=True, text=True, check=False, env=environment()
    )
    if done.returncode:
        raise RuntimeError(f"icefloe {words[0]} {words[1]}: {done.stderr.strip()}")
    return done.stdout


def command(database: str, *words: str) -> list[str]:
    """What starts one of Icefloe's commands on a database."""
    return [sys.executable, "-m", "icefloe", *words, "--database", database]


def _files(database: Path) -> list[Path]:
    """The files a SQLite database consists of."""
    return list(database.parent.glob(f"{database.name}*"))
