"""Work in the background: what fails is logged and goes on, and a server that stops always ends."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import apsw
import pytest

from icefloe import background
from icefloe.assembly import create_app, open_services
from icefloe.background import Background
from icefloe.domain.values.errors import StorageUnavailable
from icefloe.exchange.records import read_entry
from icefloe.log import Log
from icefloe.services import Services
from icefloe.settings import Settings
from support import new_customer, run

_MOMENT = 0.001
FAILED = "background work failed"


class Rounds:
    """Work that notes its rounds, and fails in some of them."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.count = 0
        self.enough = asyncio.Event()

    async def __call__(self) -> None:
        """Do one round."""
        self.count += 1
        if len(self.errors) < self.count:
            self.enough.set()
        elif (error := self.errors[self.count - 1]) is not None:
            raise error


def events_in(written: io.StringIO) -> list[dict[str, Any]]:
    """What a log in JSON has written."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.fixture
def written() -> io.StringIO:
    """What the log has written."""
    return io.StringIO()


@pytest.fixture
def log(written: io.StringIO) -> Log:
    """A log in JSON."""
    return Log("json", written)


class TestBackground:
    """The rounds of work."""

    def test_what_fails_goes_on(self, log: Log, written: io.StringIO) -> None:
        """A failure is a line in the log without any value; later rounds and other work go on."""

        async def main() -> None:
            running = Background(log, asyncio.Event())
            failing = Rounds(ZeroDivisionError("a secret value"), None, KeyError("ada@example.com"))
            other = Rounds(None, None, None, None)
            running.every(_MOMENT, failing, "fail")
            running.every(_MOMENT, other, "go on")
            await failing.enough.wait()
            await other.enough.wait()
            await running.stop()

        run(main())
        log.close()

        told = [(line["event"], line["work"], line["error"]) for line in events_in(written)]
        assert told == [(FAILED, "fail", "ZeroDivisionError"), (FAILED, "fail", "KeyError")]
        assert "a secret value" not in written.getvalue()
        assert "ada@example.com" not in written.getvalue()

    def test_a_database_that_is_busy(self, log: Log, written: io.StringIO) -> None:
        """A database that is busy for a round is no failure: the next round does the work."""

        async def main() -> None:
            running = Background(log, asyncio.Event())
            work = Rounds(StorageUnavailable(), StorageUnavailable())
            running.every(_MOMENT, work, "wait")
            await work.enough.wait()
            await running.stop()

        run(main())
        log.close()

        assert written.getvalue() == ""

    def test_what_keeps_failing(
        self, log: Log, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Pauses grow while work fails, up to a bound, and are as before once it does not."""
        monkeypatch.setattr(background, "_MAX_PAUSE_SECONDS", 0.004)
        pauses: list[float] = []

        class Noting(Background):
            async def _is_stopping_within(self, seconds: float) -> bool:
                pauses.append(seconds)
                return await super()._is_stopping_within(seconds)

        async def main() -> None:
            running = Noting(log, asyncio.Event())
            work = Rounds(*[ZeroDivisionError()] * 4, None)
            running.every(_MOMENT, work, "fail")
            await work.enough.wait()
            await running.stop()

        run(main())
        log.close()

        assert pauses[:7] == [0.001, 0.002, 0.004, 0.004, 0.004, 0.001, 0.001]
        assert len(events_in(written)) == 4

    def test_the_end(self, log: Log, written: io.StringIO) -> None:
        """What has a last round has it when all ends, whether or not it fails then."""

        async def main() -> list[int]:
            running = Background(log, asyncio.Event())
            last, failing, none = Rounds(), Rounds(ZeroDivisionError()), Rounds()
            running.every(60, last, "last", at_end=True)
            running.every(60, failing, "fail", at_end=True)
            running.every(60, none, "none")
            await running.stop()
            return [last.count, failing.count, none.count]

        assert run(main()) == [1, 1, 0]
        log.close()
        assert [line["work"] for line in events_in(written)] == ["fail"]


@asynccontextmanager
async def serving(services: Services, log: Log) -> AsyncIterator[Callable[[str, str], Any]]:
    """The application between its start and its end; asks it for customers with a token."""
    app = create_app(Settings(dashboard=False), log=log, services=services)
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    living = asyncio.create_task(app({"type": "lifespan"}, inbox.get, outbox.put))
    await inbox.put({"type": "lifespan.startup"})
    assert (await outbox.get())["type"] == "lifespan.startup.complete"

    async def ask(query: str, token: str) -> int:
        told: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            told.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/v1/customers/", "scheme": "http",
            "query_string": query.encode(),
            "headers": [(b"authorization", f"Bearer {token}".encode())],
        }  # fmt: skip
        await app(scope, receive, send)
        status: int = told[0]["status"]
        return status

    yield ask
    await inbox.put({"type": "lifespan.shutdown"})
    assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
    await living


class TestServer:
    """A server whose database cannot do what the background asks of it."""

    def test_it_stops(self, tmp_path: Path, log: Log, written: io.StringIO) -> None:
        """Where the last uses of tokens cannot be stored, that is logged, and the server still ends."""
        path = tmp_path / "data.db"

        async def main() -> Services:
            services = await open_services(Settings(database=str(path)), log=log)
            made = await services.organizations.create("Tests")
            _, token = await services.tokens.create(made.id, "test", ("customers:read",))
            async with serving(services, log) as ask:
                assert await ask("", token) == 200
                by_hand = apsw.Connection(str(path))
                by_hand.execute("ALTER TABLE tokens RENAME COLUMN last_used_at TO used_at")
                by_hand.close()
            return services

        services = run(main())
        log.close()

        failed = [line for line in events_in(written) if line["event"] == FAILED]
        assert [line["work"] for line in failed] == ["store the tokens' uses"]
        with pytest.raises(apsw.ConnectionClosedError):
            run(services.storage.ping())

    def test_tasks(self, tmp_path: Path) -> None:
        """What a request has begun is cancelled at the end, and may use the storage to the last."""

        async def main() -> None:
            services = await open_services(Settings(database=str(tmp_path / "data.db")))
            ended = []

            async def work() -> None:
                try:
                    await asyncio.Event().wait()
                finally:
                    await services.storage.ping()
                    ended.append("work")

            services.tasks.begin(work())
            await asyncio.sleep(0)
            await services.stop()

            assert ended == ["work"]
            assert asyncio.all_tasks() == {asyncio.current_task()}

        run(main())

    def test_lists_that_cannot_be_brought_up_to_date(
        self, tmp_path: Path, log: Log, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where the log of changes is gone, each kind of work says so, and the server still ends."""
        path = tmp_path / "data.db"
        for name in ("_CATCH_UP_SECONDS", "_RECOUNT_SECONDS"):
            monkeypatch.setattr(f"icefloe.services.{name}", _MOMENT)

        async def main() -> None:
            services = await open_services(Settings(database=str(path)), log=log)
            made = await services.organizations.create("Tests")
            _, token = await services.tokens.create(made.id, "test", ("customers:read",))
            entries = [
                read_entry("item", new_customer(number, metadata={"plan": "gold"}))
                for number in range(70)
            ]
            await services.imports.run(made.id, lambda: entries)
            async with serving(services, log) as ask:
                assert await ask("metadata[plan]=gold", token) == 200
                by_hand = apsw.Connection(str(path))
                by_hand.execute("ALTER TABLE customer_changes RENAME TO gone")
                by_hand.close()
                while written.getvalue().count(FAILED) < 4:  # noqa: ASYNC110 - a log has no event
                    await asyncio.sleep(_MOMENT)

        run(main())
        log.close()

        failed = {line["work"] for line in events_in(written) if line["event"] == FAILED}
        assert failed == {"bring lists up to date", "count a list afresh"}
