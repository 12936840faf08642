"""What is measured inside: each function is the work of one process, which starts with empty caches.

The status of every answer is checked, and the total of every list whose exact total is known.
"""

import itertools
import json
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import by_key, data, datasets, inside, table

_OK, _CREATED, _INVALID = 200, 201, 422
_WARM_UP = 3
_LEAST_ROUNDS = 5
_BAD_ROUNDS = 3
# In the answers of a list, once for each customer.
_ONCE_EACH = b'"email_verified":'
_STATE = frozenset({"active_subscriptions", "granted_benefits", "active_meters"})


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to measure.

    Attributes:
        dataset: on what.
        token: to ask with; for `written` one that may create customers.
        log: the file that requests are logged to.
        shapes: the requests.
        rounds: how often each is asked at most.
        seconds: for how long each is asked at most, though five times at least.
    """

    dataset: datasets.Dataset
    token: str
    log: Path
    shapes: Sequence[table.Shape]
    rounds: int
    seconds: float


@dataclass(frozen=True, slots=True)
class First:
    """The first answer of services that remember nothing, and the event loop's longest stall meanwhile.

    Both in milliseconds.
    """

    ms: float
    stall_ms: float


@dataclass(frozen=True, slots=True)
class Rounds:
    """What the rounds of a shape came to.

    Attributes:
        rounds: how many.
        p50_ms: half of the answers took no longer, in milliseconds.
        p99_ms: 99 of 100 took no longer, in milliseconds.
        bare_p50_ms: the same half of the bare limit, in rounds in turn; None where it took no part.
    """

    rounds: int
    p50_ms: float
    p99_ms: float
    bare_p50_ms: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the bare limit's time ours is."""
        return None if self.bare_p50_ms is None else self.p50_ms / self.bare_p50_ms


@dataclass(frozen=True, slots=True)
class Bad:
    """How a request that asks for too much was answered.

    Attributes:
        name: what it asks for.
        status: of the answer, 200 or 422.
        ms: the longest of a few answers, in milliseconds.
        stall_ms: the event loop's longest stall meanwhile, in milliseconds.
    """

    name: str
    status: int
    ms: float
    stall_ms: float


@dataclass(frozen=True, slots=True)
class Warm:
    """What a process measured that goes on answering.

    Attributes:
        rounds: by the shape's name.
        bad: the bounded bad input.
        walk_pages: how many pages the walk of the whole list had.
        walk_seconds: how long it took.
        peak_mb: the most memory that the process has had at once, in MB; None where unknown.
    """

    rounds: dict[str, Rounds]
    bad: list[Bad]
    walk_pages: int
    walk_seconds: float
    peak_mb: float | None


@dataclass(frozen=True, slots=True)
class Written:
    """What a process measured with a customer created before each answer.

    Attributes:
        rounds: by the shape's name; of the answers alone.
        writes: how long the creations took.
    """

    rounds: dict[str, Rounds]
    writes: Rounds


def first(order: Order) -> dict[str, First]:
    """The first answer to each shape, each from services of its own."""
    return inside.run(_first(order))


def warm(order: Order) -> Warm:
    """All shapes, the bad input and the walk, by the same services."""
    return inside.run(_warm(order))


def written(order: Order) -> Written:
    """All shapes by the same services, with a customer created before each answer."""
    return inside.run(_written(order))


async def _first(order: Order) -> dict[str, First]:
    found = {}
    for shape in order.shapes:
        async with (
            inside.started(order.dataset, order.token, order.log) as asked,
            inside.ticking() as ticker,
        ):
            answer = await asked.get(shape.paths[0])
        check(shape.name, answer, shape.total)
        found[shape.name] = First(answer.ms, ticker.longest_ms)
    return found


async def _warm(order: Order) -> Warm:
    async with (
        inside.started(order.dataset, order.token, order.log) as asked,
        by_key.opened(order.dataset) as documents,
    ):
        rounds = {shape.name: await _ask(order, asked, documents, shape) for shape in order.shapes}
        bad = [await _ask_badly(asked, *each) for each in table.bad_input().items()]
        pages, seconds = await _walk(asked, order.dataset.size)
        return Warm(rounds, bad, pages, seconds, inside.peak_memory())


async def _ask(
    order: Order, asked: inside.Inside, documents: by_key.Documents, shape: table.Shape
) -> Rounds:
    """A shape and its bare limit in turn."""
    for _ in range(_WARM_UP):
        check(shape.name, await asked.get(shape.paths[0]), shape.total)
    keys: dict[str, list[int]] = {}
    bare: list[float] = []
    # The first one has been asked for already: where there are others, they are as fresh as can be.
    paths = itertools.cycle((*shape.paths[1:], shape.paths[0]))

    async def ask() -> float:
        path = next(paths)
        answer = await asked.get(path)
        check(shape.name, answer, shape.total if path is shape.paths[0] else None)
        if path not in keys:
            keys[path] = await _find_keys(documents, answer.body)
        began = time.perf_counter()
        await documents.fetch(keys[path])
        bare.append((time.perf_counter() - began) * 1000)
        return answer.ms

    taken = await _rounds(order, ask)
    return _summarize(taken, bare)


async def _find_keys(documents: by_key.Documents, body: bytes) -> list[int]:
    """The sequences of the customers in an answer; sees that their documents are what it sent."""
    sent = json.loads(body)
    # A state is the customer's document and what it has; only the document has a bare limit.
    customer = {key: value for key, value in sent.items() if key not in _STATE}
    customers = sent.get("items", [customer])
    if not customers:
        return []
    keys = await documents.find_keys([customer["id"] for customer in customers])
    bare = json.loads(await documents.fetch(keys))["items"]
    if sorted(bare, key=_id_of) != sorted(customers, key=_id_of):
        raise RuntimeError("the documents fetched by key are not those of the answer")
    return keys


def _id_of(customer: dict[str, Any]) -> str:
    return str(customer["id"])


async def _ask_badly(asked: inside.Inside, name: str, path: str) -> Bad:
    """A request that asks for too much, a few times."""
    async with inside.ticking() as ticker:
        answers = [await asked.get(path) for _ in range(_BAD_ROUNDS)]
    statuses = {answer.status for answer in answers}
    if len(statuses) > 1 or not statuses <= {_OK, _INVALID}:
        raise RuntimeError(f"{name} was answered {sorted(statuses)}")
    return Bad(name, statuses.pop(), max(answer.ms for answer in answers), ticker.longest_ms)


async def _walk(asked: inside.Inside, size: int) -> tuple[int, float]:
    """Every page of the whole list, one after the other: how many, and how many seconds it took."""
    pages, seen, ms = math.ceil(size / table.WALK_LIMIT), 0, 0.0
    for page in range(1, pages + 1):
        answer = await asked.get(table.path_of(page=page, limit=table.WALK_LIMIT))
        check("the walk", answer)
        seen += answer.body.count(_ONCE_EACH)
        ms += answer.ms
    if seen != size:
        raise RuntimeError(f"the walk came by {seen} of {size} customers")
    return pages, ms / 1000


async def _written(order: Order) -> Written:
    numbers = itertools.count(order.dataset.size)
    created: list[dict[str, Any]] = []
    writes: list[float] = []
    async with inside.started(order.dataset, order.token, order.log) as asked:

        async def create() -> None:
            customer = data.new_customer(next(numbers))
            answer = await asked.post(table.PATH, json.dumps(customer).encode())
            if answer.status != _CREATED:
                raise RuntimeError(f"a customer was answered {answer.status}: {answer.body!r}")
            created.append(customer)
            writes.append(answer.ms)

        async def measure(shape: table.Shape) -> Rounds:
            total = None if shape.filters is None else _total_with(shape, created)

            async def ask() -> float:
                nonlocal total
                await create()
                if total is not None and shape.filters is not None:
                    total += shape.filters.matches(created[-1])
                answer = await asked.get(shape.paths[0])
                check(shape.name, answer, total)
                return answer.ms

            return _summarize(await _rounds(order, ask))

        rounds = {shape.name: await measure(shape) for shape in order.shapes}
    return Written(rounds, _summarize(writes))


def _total_with(shape: table.Shape, created: Sequence[dict[str, Any]]) -> int | None:
    """A list's total after customers were created."""
    if shape.total is None or shape.filters is None:
        return None
    return shape.total + sum(map(shape.filters.matches, created))


async def _rounds(order: Order, ask: Callable[[], Awaitable[float]]) -> list[float]:
    """What the rounds took, in milliseconds each."""
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < order.rounds:
        taken.append(await ask())
        if len(taken) >= _LEAST_ROUNDS and time.perf_counter() - began > order.seconds:
            break
    return taken


def _summarize(taken: Sequence[float], bare: Sequence[float] | None = None) -> Rounds:
    return Rounds(
        rounds=len(taken),
        p50_ms=inside.share(taken, 0.5),
        p99_ms=inside.share(taken, 0.99),
        bare_p50_ms=None if bare is None else inside.share(bare, 0.5),
    )


def check(name: str, answer: inside.Answer, total: int | None = None) -> None:
    """See that an answer is a 200 and has the total, where that is known. Raises RuntimeError."""
    if answer.status != _OK:
        raise RuntimeError(f"{name} was answered {answer.status}: {answer.body[:300]!r}")
    if total is not None:
        said = json.loads(answer.body)["pagination"]["total_count"]
        if said != total:
            raise RuntimeError(f"{name}: the total is {total}, and the answer says {said}")
