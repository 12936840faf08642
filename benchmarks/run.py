"""Measures Icefloe on made-up customers and prints what it found; README.md says how to read it.

python -m benchmarks.run --size 100000
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import (
    arguments,
    datasets,
    over_http,
    postgres,
    report,
    shapes,
    table,
    truth,
    writes,
)


def measure_engine(
    console: Console,
    dataset: datasets.Dataset,
    requests: Sequence[table.Shape],
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Measure and print everything that reads one engine's dataset; what goes into the report."""
    console.rule(dataset.engine)
    with dataset.copied() as copy:
        with console.status(f"{dataset.engine}: inside the process"):
            inner = shapes.measure(
                dataset,
                requests,
                rounds=options.shape_rounds,
                seconds=options.shape_seconds,
                writing_to=copy,
            )
        report.print_shapes(console, dataset.size, inner)
        with console.status(f"{dataset.engine}: over HTTP"):
            lists = over_http.measure_lists(dataset, rounds=options.rounds, seconds=options.seconds)
            written = over_http.measure_writes(copy, seconds=2 * options.seconds)
    report.print_lists(console, dataset.size, lists)
    report.print_http_writes(console, written)
    return {
        "shapes": asdict(inner),
        "http": asdict(lists),
        "http_writes": {**asdict(written), "created_per_second": written.created.per_second},
    }


def measure_writes(
    console: Console, databases: dict[str, str], options: argparse.Namespace
) -> dict[str, Any]:
    """Measure imports and writes on every engine, and print it; what goes into the report."""
    with console.status("Writes"):
        found, imports = writes.measure(
            databases,
            rounds=options.write_rounds,
            seconds=options.seconds,
            counter_slots=(1,),
            import_size=options.size,
        )
    report.print_writes(console, found, imports)
    return {
        "writes": [asdict(one) for one in found],
        "imports": [{**asdict(each), "row_us": each.row_us} for each in imports],
    }


def run(options: argparse.Namespace, folder: Path) -> None:
    """Measure everything on datasets in the folder, print it and write it down."""
    console = report.make_console()
    with console.status("Counting"):
        requests = truth.shapes(options.size)
    kept = options.data is not None
    with contextlib.ExitStack() as stack:
        found, server = stack.enter_context(
            datasets.opened(
                console, folder, options.size, with_postgres=options.postgres, kept=kept
            )
        )
        engines = {
            engine: measure_engine(console, dataset, requests, options)
            for engine, dataset in found.items()
        }
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="icefloe-writes-"))
        empty = {datasets.SQLITE: str(Path(scratch, "writes.db"))}
        if server is not None:
            empty[datasets.POSTGRES] = stack.enter_context(postgres.database(server))
        version = None if server is None else postgres.find_version(server)
        outcome = measure_writes(console, empty, options)
    result = {
        "size": options.size,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "connections": over_http.CONNECTIONS,
        "postgres": version,
        "engines": engines,
        **outcome,
    }
    report.write(console, "run", result, options.json)


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for; `SIZE` in the environment is the default size."""
    parser = arguments.make_parser(
        "benchmarks.run", "Measure Icefloe inside, over HTTP, and beside the bare limits."
    )
    arguments.add_size(parser)
    arguments.add_shapes(parser)
    arguments.add_rounds(parser)
    return arguments.read(parser, words)


def main() -> None:
    """Run the benchmark."""
    options = read_options(sys.argv[1:])
    try:
        with datasets.folder_of(options.data) as folder:
            run(options, folder)
    except RuntimeError as error:
        sys.exit(f"benchmark: {error}")


if __name__ == "__main__":
    main()
