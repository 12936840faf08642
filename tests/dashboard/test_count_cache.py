"""Counting what may take a while, by a clock that is held."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from icefloe.background import Tasks
from icefloe.dashboard import count_cache
from icefloe.dashboard.count_cache import CountCache, Counted
from icefloe.domain.values.errors import StorageUnavailable
from support import run

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()


class Counting:
    """Counts how often it was asked to count; ends when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        """Count."""
        self.begun += 1
        number = self.begun
        await self.may_end.wait()
        return number


async def settle() -> None:
    """Let what is ready go on."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def now() -> list[float]:
    """The present moment, held."""
    return [NOON]


@pytest.fixture
def found(now: list[float]) -> Iterator[CountCache]:
    """Counts by the held time."""
    tasks = Tasks()
    yield CountCache(tasks, lambda: now[0])
    run(tasks.stop())


@pytest.fixture
def _all_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is counted is taken to have taken long."""
    monkeypatch.setattr(count_cache, "_QUICK_SECONDS", -1.0)


def test_quick_is_counted_each_time(found: CountCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes no time is counted each time, so that it is always right."""
    monkeypatch.setattr(count_cache, "_QUICK_SECONDS", 60.0)

    async def main() -> None:
        counting = Counting()
        counting.may_end.set()
        for number in (1, 2):
            assert await found.find("a", counting, None) == Counted(number)

    run(main())


@pytest.mark.usefixtures("_all_is_slow")
def test_slow_is_cached_for_a_minute(found: CountCache, now: list[float]) -> None:
    """What took long is told again for a minute, with when it was counted; each key by itself."""

    async def main() -> None:
        counting, other = Counting(), Counting()
        counting.may_end.set()
        other.may_end.set()
        assert await found.find("a", counting, None) == Counted(1)
        now[0] += 59
        assert await found.find("a", counting, None) == Counted(
            1, datetime.fromtimestamp(NOON, UTC)
        )
        assert await found.find("b", other, None) == Counted(1)
        now[0] += 1
        assert await found.find("a", counting, None) == Counted(2)
        assert await found.find("b", other, None) == Counted(
            1, datetime.fromtimestamp(NOON + 59, UTC)
        )

    run(main())


@pytest.mark.usefixtures("_all_is_slow")
def test_no_caller_waits_longer_than_wanted(found: CountCache) -> None:
    """What is not there in time goes on, for who asks next; it is counted once for all."""

    async def main() -> None:
        counting = Counting()
        assert await found.find("a", counting, 0.0) is None
        waiting = [asyncio.ensure_future(found.find("a", counting, None)) for _ in range(3)]
        await settle()
        assert not any(one.done() for one in waiting)
        counting.may_end.set()
        assert await asyncio.gather(*waiting) == [Counted(1)] * 3
        assert counting.begun == 1

    run(main())


def test_the_server_stops() -> None:
    """A count under way is cancelled; a caller that waits for it is told that the server stops."""

    async def main() -> None:
        before = asyncio.all_tasks()
        tasks, ended = Tasks(), []

        async def count() -> int:
            try:
                await asyncio.Event().wait()
            finally:
                await settle()
                ended.append("count")
            return 1

        found = CountCache(tasks)
        assert await found.find("all", count, 0) is None
        waiting = asyncio.create_task(found.find("all", count, None))
        await settle()

        await tasks.stop()

        assert ended == ["count"]
        with pytest.raises(StorageUnavailable, match="stops"):
            await waiting
        assert asyncio.all_tasks() == before

    run(main())


def test_failures_are_raised_and_not_cached(found: CountCache) -> None:
    """Who waits for what fails is told of it, and the next one begins anew."""

    async def fail() -> int:
        raise ZeroDivisionError

    async def fail_later() -> int:
        await asyncio.sleep(0.01)
        raise ZeroDivisionError

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await found.find("a", fail, None)
        assert await found.find("b", fail_later, 0.0) is None
        with pytest.raises(ZeroDivisionError):
            await found.find("b", Counting(), None)
        counting = Counting()
        counting.may_end.set()
        assert await found.find("b", counting, None) == Counted(1)

    run(main())


@pytest.mark.usefixtures("_all_is_slow")
def test_bounded(found: CountCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than there is room for, what was counted first is forgotten."""
    monkeypatch.setattr(count_cache, "MAX_CACHED", 2)

    async def main() -> None:
        counting = Counting()
        counting.may_end.set()
        for key in ("a", "b", "c", "d"):
            await found.find(key, counting, None)
        again = await found.find("d", counting, None)
        assert again is not None
        assert again.value == 4
        again = await found.find("a", counting, None)
        assert again == Counted(5)

    run(main())
