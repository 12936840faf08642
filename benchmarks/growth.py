"""Measures how the times grow with the number of customers, and draws it.

python -m benchmarks.growth --sizes 1000 10000
python -m benchmarks.growth --plot benchmarks/results/some-growth.json
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import arguments, datasets, plot, report, shapes, truth

SIZES = (1_000, 10_000, 100_000, 1_000_000, 5_000_000)
# PostgreSQL's import of more takes longer than what there is to learn from it.
_MOST_ON_POSTGRES = 1_000_000
_PLOT = Path(__file__).parents[1] / "docs" / "growth.svg"
_TITLES = {datasets.SQLITE: "SQLite", datasets.POSTGRES: "PostgreSQL"}


def measure(console: Console, options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """Every shape with every size on every engine: a list of figures, each with all of these."""
    found = []
    for size in options.sizes:
        with console.status(f"Counting {size:,} customers"):
            requests = truth.shapes(size)
        with_postgres = options.postgres and size <= _MOST_ON_POSTGRES
        kept = options.data is not None
        with datasets.opened(console, folder, size, with_postgres=with_postgres, kept=kept) as (
            sets,
            _,
        ):
            for engine, dataset in sets.items():
                with console.status(f"{size:,} customers, {engine}"):
                    outcome = shapes.measure(
                        dataset,
                        requests,
                        rounds=options.shape_rounds,
                        seconds=options.shape_seconds,
                        writing_to=None,
                    )
                found += [_figures(engine, size, one) for one in outcome.shapes]
    return found


def _figures(engine: str, size: int, one: shapes.Measured) -> dict[str, Any]:
    return {
        "engine": engine,
        "size": size,
        "group": one.group,
        "shape": one.shape,
        "first_ms": one.first.ms,
        "p50_ms": one.warm.p50_ms,
        "p99_ms": one.warm.p99_ms,
        "bare_p50_ms": one.warm.bare_p50_ms,
    }


def print_growth(console: Console, figures: Sequence[dict[str, Any]]) -> None:
    """Print a table for each engine: a row for each shape, a column for each size."""
    for engine in dict.fromkeys(each["engine"] for each in figures):
        own = [each for each in figures if each["engine"] == engine]
        sizes = sorted({each["size"] for each in own})
        times = {(each["group"], each["shape"], each["size"]): each["p50_ms"] for each in own}
        rows: list[list[str]] = []
        group = ""
        for kind, shape in dict.fromkeys((each["group"], each["shape"]) for each in own):
            if kind != group:
                group = kind
                rows.append([group])
            rows.append([shape, *(report.show_ms(times.get((kind, shape, at))) for at in sizes)])
        title = f"{_TITLES[engine]}: p50 inside the process, ms, by customers"
        report.print_table(console, title, ("request", *(f"{at:,}" for at in sizes)), rows)


def draw(figures: Sequence[dict[str, Any]]) -> str:
    """The picture of the figures: for each engine the slowest shape of each group, by size."""
    panels = []
    for engine in dict.fromkeys(each["engine"] for each in figures):
        slowest: dict[str, dict[int, float]] = {}
        for each in figures:
            if each["engine"] == engine:
                line = slowest.setdefault(each["group"], {})
                line[each["size"]] = max(each["p50_ms"], line.get(each["size"], 0.0))
        lines = [plot.Line(group, sorted(line.items())) for group, line in slowest.items()]
        panels.append(plot.Panel(_TITLES[engine], lines))
    return plot.draw(panels, title="Milliseconds until the answer, by number of customers")


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for; `SIZES` in the environment are the default sizes."""
    parser = arguments.make_parser("benchmarks.growth", "Measure every kind of request by size.")
    arguments.add_shapes(parser)
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[int(word) for word in os.environ.get("SIZES", "").split()] or list(SIZES),
        help="customers in the organization, one after the other (default: $SIZES, else all)",
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw the figures in FILE, and measure nothing"
    )
    parser.add_argument(
        "--svg", type=Path, default=_PLOT, help="where the picture goes (default: docs/growth.svg)"
    )
    return arguments.read(parser, words)


def main() -> None:
    """Measure, print, write down and draw; or draw alone."""
    options = read_options(sys.argv[1:])
    console = report.make_console()
    try:
        if options.plot is None:
            with datasets.folder_of(options.data) as folder:
                figures = measure(console, options, folder)
            report.write(console, "growth", {"growth": figures}, options.json)
        else:
            figures = json.loads(options.plot.read_text("utf-8"))["growth"]
    except RuntimeError as error:
        sys.exit(f"benchmark: {error}")
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"benchmark: {options.plot} holds no growth: {error}")
    print_growth(console, figures)
    options.svg.write_text(draw(figures), "utf-8")
    console.print(f"Drawn in {os.path.relpath(options.svg)}", highlight=False)


if __name__ == "__main__":
    main()
