"""The writer: one thread that runs all write transactions of a process, several to a commit.

Group commit: `synchronous=FULL` makes every commit wait for the disk. Writes that arrive during a
commit run together in the next one, each in a savepoint of its own. Each is acknowledged once that
commit is on disk, and sixteen callers wait hardly longer than one.
"""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from icefloe.domain.ports.storage import Tables
from icefloe.storage.sqlite.transaction import SqliteTransaction
from icefloe.storage.tables import SqlTables

T = TypeVar("T")

# Transactions in one commit: the first of them waits for the last.
_MAX_SHARED = 128


@dataclass(slots=True)
class _Job:
    """A transaction to run, and the future that gets its outcome after the commit."""

    work: Callable[[Tables], Awaitable[Any]]
    outcome: Future[Any] = field(default_factory=Future)
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Give the outcome to the caller, unless the caller has been cancelled."""
        if self.outcome.cancelled():
            return
        if self.error is not None:
            self.outcome.set_exception(self.error)
        else:
            self.outcome.set_result(self.result)


def _retrieve_error(outcome: asyncio.Future[Any]) -> None:
    """Retrieve an error, which asyncio would log where the caller was cancelled."""
    if not outcome.cancelled():
        outcome.exception()


class Writer:
    """Runs transactions one after another on a thread of its own.

    Attributes:
        on_queued: called on that thread after a commit that queued webhook events.
    """

    def __init__(
        self, transaction: SqliteTransaction, tables: SqlTables, require_place: Callable[[], None]
    ) -> None:
        """Start the thread.

        Args:
            transaction: on the connection that writes.
            tables: the tables on it.
            require_place: raises StorageUnavailable where the database's file is lost: what was just
                committed to it will not be found.
        """
        self._transaction = transaction
        self._tables = tables
        self._require_place = require_place
        self.on_queued: Callable[[], None] | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="icefloe-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` as one transaction; returns when it is on disk."""
        job = _Job(work)
        self._jobs.put(job)
        # Shielded: a cancelled caller stops waiting, but its transaction still runs to its end.
        outcome = asyncio.wrap_future(job.outcome)
        outcome.add_done_callback(_retrieve_error)
        result: T = await asyncio.shield(outcome)
        return result

    def stop(self) -> None:
        """Finish every job that is queued, then end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        stopped = False
        while not stopped:
            jobs, stopped = self._next_jobs()
            if jobs:
                self._commit(jobs)
                if self._tables.take_queued() and self.on_queued is not None:
                    self.on_queued()
                for job in jobs:
                    job.settle()

    def _next_jobs(self) -> tuple[list[_Job], bool]:
        """The jobs that share the next commit, and whether they are the last."""
        jobs: list[_Job] = []
        next_job = self._jobs.get()
        while next_job is not None:
            jobs.append(next_job)
            if len(jobs) == _MAX_SHARED or self._jobs.empty():
                return jobs, False
            next_job = self._jobs.get()
        return jobs, True

    def _commit(self, jobs: list[_Job]) -> None:
        """Run the jobs and commit them together; a commit that fails is every job's error."""
        try:
            if len(jobs) == 1:
                # Without a savepoint, for which SQLite would copy each page that a large import
                # changes: a single job is rolled back with the whole transaction.
                jobs[0].result = self._transaction.run(
                    "BEGIN IMMEDIATE", lambda: jobs[0].work(self._tables)
                )
            else:
                self._transaction.run("BEGIN IMMEDIATE", lambda: self._run_each(jobs))
            self._require_place()
        except Exception as error:  # noqa: BLE001 - it goes to every caller
            for job in jobs:
                job.error = job.error or error

    async def _run_each(self, jobs: list[_Job]) -> None:
        """Run each job in a savepoint; one that raises is rolled back, and nothing else."""
        for job in jobs:
            await self._transaction.execute("SAVEPOINT job")
            try:
                job.result = await job.work(self._tables)
            except Exception as error:  # noqa: BLE001 - it goes to the job's caller
                job.error = error
                await self._transaction.execute("ROLLBACK TO job")
            await self._transaction.execute("RELEASE job")
