"""The port of maintenance: what an operator's commands ask of any engine."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from icefloe.storage.upkeep.check import Finding
from icefloe.storage.upkeep.copy import Rows, WritableRows
from icefloe.storage.upkeep.migrations import Applied, Migration


class Status(Protocol):
    """The state of a database: a dataclass, to which each engine adds fields of its own."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def title(self) -> str:
        """The database and what runs it, in one line."""

    @property
    def applied(self) -> list[Applied]:
        """The migrations applied."""

    @property
    def pending(self) -> list[Migration]:
        """The migrations yet to apply."""


class Maintenance(Protocol):
    """An operator's view of one database. Every method raises StorageUnavailable and these besides.

    Raises:
        ConfigurationError: there is no such database, or it refuses us.
        IncompatibleDatabase: the database is another program's, a newer one's, or damaged.
    """

    @property
    def name(self) -> str:
        """The database's name in messages, without a password."""

    async def find_status(self) -> Status:
        """The state of the database."""

    async def migrate(self, now: datetime) -> list[Migration]:
        """Apply pending migrations; returns them."""

    async def find_disagreements(self, on_progress: Callable[[int], None]) -> list[Finding]:
        """All findings of a check, on one snapshot. No migration may be pending.

        Args:
            on_progress: called for each batch with the number of customers in it.
        """

    async def back_up(self, to: Path, on_progress: Callable[[int, int], None]) -> None:
        """Copy the database as it is at one moment into a new file.

        Args:
            to: where the copy goes; must not exist.
            on_progress: called now and then with the amounts copied and in all.
        """

    async def restore(
        self, copy: Path, now: datetime, on_progress: Callable[[int, int], None]
    ) -> Path | None:
        """Put a copy of a database in this one's place, once it is found sound and up to date.

        Args:
            copy: what `back_up` has made; stays as it is.
            now: the present moment.
            on_progress: called now and then with the amounts copied and in all.

        Returns:
            Where the database is now that was here; None where there was none.
        """

    def reading(self) -> AbstractAsyncContextManager[Rows]:
        """One snapshot of the database, which must be up to date."""

    def writing(self, now: datetime) -> AbstractAsyncContextManager[WritableRows]:
        """One transaction on the database, which is made and migrated if it needs to be.

        No other writer adds an organization or a person meanwhile. If the context ends with an error,
        the transaction is rolled back.
        """
