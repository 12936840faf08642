"""The migrations: numbered SQL files, applied in order, each once, under a lock.

A file is `NNNN_name.sql`. What was applied is recorded with its checksum, so that a file changed
afterwards, or a database of a newer program, is refused before anything is written.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from icefloe.domain.values import errors
from icefloe.storage.transaction import Transaction, moment, read_required_moment


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema.

    Attributes:
        number: in the order of application, from 1.
        name: what it does, in a few words.
        script: its SQL.
    """

    number: int
    name: str
    script: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the script, in hexadecimal."""
        return hashlib.sha256(self.script.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that a database has recorded, and when it was applied."""

    number: int
    name: str
    checksum: str
    applied_at: datetime


def read_migrations(package: str) -> list[Migration]:
    """The migrations in a package's folder `migrations`, in order."""
    found = []
    for file in resources.files(package).joinpath("migrations").iterdir():
        stem, _, ending = file.name.rpartition(".")
        if ending == "sql":
            number, _, name = stem.partition("_")
            found.append(Migration(int(number), name.replace("_", " "), file.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.number)


async def find_applied(transaction: Transaction) -> list[Applied]:
    """The migrations that the database has recorded, in order; their table must exist."""
    rows = await transaction.fetch_all(
        "SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number"
    )
    return [
        Applied(number, name, checksum, read_required_moment(applied_at))
        for number, name, checksum, applied_at in rows
    ]


async def record(transaction: Transaction, migration: Migration, now: datetime) -> None:
    """Record that a migration was applied."""
    await transaction.execute(
        "INSERT INTO schema_migrations (number, name, checksum, applied_at)"
        " VALUES ($1, $2, $3, $4)",
        migration.number,
        migration.name,
        migration.checksum,
        moment(now),
    )


def pending(known: list[Migration], applied: list[Applied]) -> list[Migration]:
    """The migrations yet to apply.

    Raises:
        IncompatibleDatabase: the database has recorded a migration that this program does not know, or
            knows with other contents.
    """
    by_number = {migration.number: migration for migration in known}
    for step in applied:
        migration = by_number.get(step.number)
        if migration is None:
            raise errors.IncompatibleDatabase(
                f"the database was made by a newer Icefloe (migration {step.number}; this program"
                f" knows {len(known)}): install a newer version"
            )
        if migration.checksum != step.checksum:
            raise errors.IncompatibleDatabase(
                f"migration {step.number} ({step.name}) in the database differs from this program's:"
                " a development version of Icefloe made the database; make a new one"
            )
    done = {step.number for step in applied}
    return [migration for migration in known if migration.number not in done]
