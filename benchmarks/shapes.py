"""Measures every kind of request inside the server's process, and prints it beside the aims.

python -m benchmarks.shapes --size 10000
"""

import argparse
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import arguments, datasets, measuring, report, table, truth

T = TypeVar("T")

# Fewer, since each has a write before it, which takes longer than most answers.
_WRITTEN_SHARE = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """A shape's figures on one engine.

    Attributes:
        shape: its name.
        group: which kinds it belongs with.
        total: how many customers its list has; None where it asks for one.
        aim_ms: for `warm.p50_ms`, with a million customers.
        first_aim_ms: for `first.ms`, the same; None where there is none.
        first: the first answer of a process.
        warm: the later ones.
        ratio: how many times the bare limit's p50 theirs is.
        written: with a customer created before each; None where that was not measured.
    """

    shape: str
    group: str
    total: int | None
    aim_ms: float
    first_aim_ms: float | None
    first: measuring.First
    warm: measuring.Rounds
    ratio: float | None
    written: measuring.Rounds | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole table on one engine.

    Attributes:
        shapes: in the table's order.
        bad: the bounded bad input.
        walk_pages: how many pages the walk of the whole list had.
        walk_seconds: how long it took.
        walk_aim_seconds: with a million customers.
        writes: creating a customer inside, between answers; None where nothing was written.
        peak_mb: the most memory that the answering process had at once, in MB.
    """

    shapes: list[Measured]
    bad: list[measuring.Bad]
    walk_pages: int
    walk_seconds: float
    walk_aim_seconds: float
    writes: measuring.Rounds | None
    peak_mb: float | None


def measure(
    dataset: datasets.Dataset,
    shapes: Sequence[table.Shape],
    *,
    rounds: int,
    seconds: float,
    writing_to: datasets.Dataset | None,
) -> Outcome:
    """Measure the table.

    Args:
        dataset: on what.
        shapes: the table, with the totals of this dataset.
        rounds: of each shape at most.
        seconds: for each shape at most.
        writing_to: a copy of the dataset in which customers may be created; None leaves that out.
    """
    with tempfile.TemporaryDirectory(prefix="icefloe-benchmark-logs-") as folder:
        log = Path(folder, "icefloe.log")
        order = measuring.Order(dataset, dataset.make_token(), log, shapes, rounds, seconds)
        firsts = _apart(measuring.first, order)
        warm = _apart(measuring.warm, order)
        written = None
        if writing_to is not None:
            token, fewer = writing_to.make_write_token(), max(1, rounds // _WRITTEN_SHARE)
            order = measuring.Order(writing_to, token, log, shapes, fewer, seconds)
            written = _apart(measuring.written, order)
    return Outcome(
        shapes=[_measured(dataset.engine, shape, firsts, warm, written) for shape in shapes],
        bad=warm.bad,
        walk_pages=warm.walk_pages,
        walk_seconds=warm.walk_seconds,
        walk_aim_seconds=table.WALK_SECONDS[dataset.engine],
        writes=None if written is None else written.writes,
        peak_mb=warm.peak_mb,
    )


def _apart(work: Callable[[measuring.Order], T], order: measuring.Order) -> T:
    """The result of work in a new process, which has empty caches."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        return pool.submit(work, order).result()


def _measured(
    engine: str,
    shape: table.Shape,
    firsts: dict[str, measuring.First],
    warm: measuring.Warm,
    written: measuring.Written | None,
) -> Measured:
    aims = shape.aims
    return Measured(
        shape=shape.name,
        group=shape.group,
        total=shape.total,
        aim_ms=aims.warm[engine],
        first_aim_ms=None if aims.first is None else aims.first[engine],
        first=firsts[shape.name],
        warm=warm.rounds[shape.name],
        ratio=warm.rounds[shape.name].ratio,
        written=None if written is None else written.rounds[shape.name],
    )


def run(options: argparse.Namespace, folder: Path) -> None:
    """Measure the table on each engine, print it and write it down."""
    console = report.make_console()
    with console.status("Counting"):
        shapes = truth.shapes(options.size)
    engines: dict[str, Any] = {}
    kept = options.data is not None
    with datasets.opened(
        console, folder, options.size, with_postgres=options.postgres, kept=kept
    ) as (found, _):
        for engine, dataset in found.items():
            with console.status(f"Inside, {engine}"), dataset.copied() as copy:
                outcome = measure(
                    dataset,
                    shapes,
                    rounds=options.shape_rounds,
                    seconds=options.shape_seconds,
                    writing_to=copy,
                )
            console.rule(engine)
            report.print_shapes(console, options.size, outcome)
            engines[engine] = {"shapes": asdict(outcome)}
    result = {"size": options.size, "engines": engines}
    report.write(console, "shapes", result, options.json)


def main() -> None:
    """Run the benchmark of shapes alone."""
    parser = arguments.make_parser("benchmarks.shapes", "Measure every kind of request inside.")
    arguments.add_size(parser)
    arguments.add_shapes(parser)
    options = arguments.read(parser, sys.argv[1:])
    try:
        with datasets.folder_of(options.data) as folder:
            run(options, folder)
    except RuntimeError as error:
        sys.exit(f"benchmark: {error}")


if __name__ == "__main__":
    main()
