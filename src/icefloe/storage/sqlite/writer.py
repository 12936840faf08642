"""The writer: one thread on which all of a process's transactions run, several to a commit.

`synchronous=FULL` makes every commit wait for the disk. Writes that arrive while one is being
committed are run together, each in a savepoint of its own, and share the next commit: none is
acknowledged before it is on disk, and sixteen writers wait hardly longer than one.
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

T = TypeVar("T")

_MAX_SHARED = 128


@dataclass(slots=True)
class _Job:
    """A transaction to run, and where its outcome goes once it is committed."""

    work: Callable[[Tables], Awaitable[Any]]
    outcome: Future[Any] = field(default_factory=Future)
    result: Any = None
    error: BaseException | None = None

    def settle(self) -> None:
        """Tell whoever waits; a waiter who has gone away is nobody to tell."""
        if self.outcome.cancelled():
            return
        if self.error is not None:
            self.outcome.set_exception(self.error)
        else:
            self.outcome.set_result(self.result)


def _look_at(outcome: asyncio.Future[Any]) -> None:
    """See an error, which asyncio would complain about where the caller has gone away."""
    if not outcome.cancelled():
        outcome.exception()


class Writer:
    """Runs transactions one after another on a thread of its own."""

    def __init__(self, transaction: SqliteTransaction, tables: Tables) -> None:
        self._transaction = transaction
        self._tables = tables
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="icefloe-writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Tables], Awaitable[T]]) -> T:
        """Run `work` as one transaction; returns when it is on disk."""
        job = _Job(work)
        self._jobs.put(job)
        # Shielded: a caller that is cancelled stops waiting, but what it began still ends whole.
        outcome = asyncio.wrap_future(job.outcome)
        outcome.add_done_callback(_look_at)
        result: T = await asyncio.shield(outcome)
        return result

    def stop(self) -> None:
        """Finish every job handed in before, then end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        stopped = False
        while not stopped:
            jobs, stopped = self._next_jobs()
            if jobs:
                self._commit(jobs)
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
                # Without a savepoint, which would make SQLite keep a copy of each page a large
                # import touches: a job that is alone is undone with the whole transaction.
                jobs[0].result = self._transaction.run(
                    "BEGIN IMMEDIATE", lambda: jobs[0].work(self._tables)
                )
            else:
                self._transaction.run("BEGIN IMMEDIATE", lambda: self._run_each(jobs))
        except Exception as error:  # noqa: BLE001 - it goes to everyone who waits
            for job in jobs:
                job.error = job.error or error

    async def _run_each(self, jobs: list[_Job]) -> None:
        """Run each job in a savepoint; one that raises undoes what it did and nothing else."""
        for job in jobs:
            await self._transaction.execute("SAVEPOINT job")
            try:
                job.result = await job.work(self._tables)
            except Exception as error:  # noqa: BLE001 - it goes to whoever waits for the job
                job.error = error
                await self._transaction.execute("ROLLBACK TO job")
            await self._transaction.execute("RELEASE job")
