"""The tables that are printed, and the JSON that is written."""

import contextlib
import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks import over_http, writes

if TYPE_CHECKING:
    from benchmarks.compare import Compared
    from benchmarks.shapes import Outcome

# What the widest table takes; a narrower one would break off every word.
_WIDTH = 132
_RESULTS = Path(__file__).with_name("results")
_PACKAGES = ("icefloe", "granian", "apsw", "asyncpg", "uvloop", "pydantic")


def make_console() -> Console:
    """Where a program prints: the terminal, or a file or pipe that is wide enough for the tables."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH)


def print_table(
    console: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    words: int = 1,
) -> None:
    """Print a table.

    Args:
        console: where.
        title: what it is about.
        columns: their names.
        rows: their cells; one of a single cell is a heading.
        words: how many columns, from the left, hold words and not numbers.
    """
    table = Table(title=title)
    for at, column in enumerate(columns):
        table.add_column(column, justify="left" if at < words else "right")
    for row in rows:
        if len(row) == 1:  # the heading of those that follow
            table.add_section()
            table.add_row(f"[bold]{escape(row[0])}")
        else:
            table.add_row(*map(escape, row))
    console.print(table)


def print_shapes(console: Console, size: int, outcome: "Outcome") -> None:
    """Print what was measured inside."""
    rows: list[list[str]] = []
    group = ""
    for one in outcome.shapes:
        if one.group != group:
            group = one.group
            rows.append([group])
        rows.append(
            [
                one.shape,
                _count(one.total),
                show_ms(one.first.ms),
                _aim(one.first_aim_ms),
                show_ms(one.first.stall_ms),
                show_ms(one.warm.p50_ms),
                show_ms(one.warm.p99_ms),
                _aim(one.aim_ms),
                show_ms(one.warm.bare_p50_ms),
                _count(one.ratio),
                show_ms(None if one.written is None else one.written.p50_ms),
            ]
        )
    columns = (
        "request", "total", "first", "aim", "stall", "p50", "p99", "aim", "bare", "ours/bare",
        "written",
    )  # fmt: skip
    title = f"{size:,} customers, inside the process, ms; aims are for 1,000,000"
    print_table(console, title, columns, rows)
    bad = [
        [one.name, str(one.status), show_ms(one.ms), show_ms(one.stall_ms)] for one in outcome.bad
    ]
    print_table(console, "bad input, aim 250 ms", ("request", "status", "longest", "stall"), bad)
    walk = f"{outcome.walk_pages:,} pages in {outcome.walk_seconds:.2f} s"
    lines = [f"Walk inside: {walk} (aim {outcome.walk_aim_seconds:g} s at 1,000,000)."]
    if outcome.writes is not None:
        lines.append(
            f"Creating a customer inside: p50 {show_ms(outcome.writes.p50_ms)} ms,"
            f" p99 {show_ms(outcome.writes.p99_ms)} ms."
        )
    lines.append(f"Peak memory of the answering process: {_megabytes(outcome.peak_mb)}.\n")
    console.print("\n".join(lines), highlight=False)


def print_compared(console: Console, url: str, found: "Sequence[Compared]") -> None:
    """Print what another server reached."""
    rows: list[list[str]] = []
    group = ""
    for one in found:
        if one.group != group:
            group = one.group
            rows.append([group])
        times = map(show_ms, (one.first_ms, one.p50_ms, one.p99_ms))
        rows.append([one.shape, _count(one.total), *times, f"{one.per_second:,.0f}"])
    columns = ("request", "total", "first", "p50", "p99", "req/s")
    print_table(console, f"{escape(url)}, one connection, ms", columns, rows)


def print_lists(console: Console, size: int, lists: over_http.Lists) -> None:
    """Print what was read over HTTP."""
    rows = [
        [
            one.shape,
            one.server,
            f"{one.best_per_second:,.0f}",
            f"{one.median_per_second:,.0f}",
            f"{one.p50_ms:.2f}",
            f"{one.p99_ms:.2f}",
            f"{one.ratio:.2f}",
        ]
        for one in lists.throughput
    ]
    columns = ("list", "server", "best req/s", "median req/s", "p50 ms", "p99 ms", "of bare")
    title = f"{size:,} customers over HTTP, {over_http.CONNECTIONS} connections"
    print_table(console, title, columns, rows, words=2)
    walk = lists.walk
    console.print(
        f"Walk over HTTP at limit=100: {walk.answers:,} pages in {walk.seconds:.2f} s,"
        f" p50 {walk.p50_ms:.2f} ms, p99 {walk.p99_ms:.2f} ms.\n"
        f"Peak memory of the server: {_megabytes(lists.peak_mb)}.\n",
        highlight=False,
    )


def print_http_writes(console: Console, found: over_http.Writes) -> None:
    """Print what was written over HTTP, and read meanwhile."""
    created, meanwhile = found.created, found.meanwhile
    console.print(
        f"{over_http.CONNECTIONS} HTTP clients created {created.per_second:,.0f} customers a second,"
        f" p50 {created.p50_ms:.2f} ms, p99 {created.p99_ms:.2f} ms.\n"
        f"While another process imported {found.imported:,} customers"
        f" ({found.import_seconds:.1f} s), the list took p50 {meanwhile.p50_ms:.2f} ms,"
        f" p99 {meanwhile.p99_ms:.2f} ms, at most {meanwhile.slowest_ms:.1f} ms.\n"
        f"Peak memory of that server: {_megabytes(found.peak_mb)}.\n",
        highlight=False,
    )


def print_writes(
    console: Console, found: Sequence[writes.Writes], imports: Sequence[writes.Import]
) -> None:
    """Print what was written through the domain."""
    rows = [
        [
            str(one.writers),
            str(one.organizations),
            one.contender,
            str(one.counter_slots or "-"),
            f"{one.per_second:,.0f}",
            "-" if one.ratio is None else f"{one.ratio:.2f}",
        ]
        for one in found
    ]
    columns = ("writers", "organizations", "by", "counter slots", "per second", "of bare")
    print_table(console, "customers made per second, in one process", columns, rows, words=4)
    for each in imports:
        console.print(f"Import, {each.engine}: {each.row_us:.0f} µs a customer.", highlight=False)


def write(console: Console, kind: str, result: dict[str, Any], to: Path | None = None) -> Path:
    """Write figures as JSON, with when and on what they were taken; returns where.

    Args:
        console: shows where.
        kind: of which program they are; the file is called so.
        result: the figures.
        to: the file; a new one in the folder of results unless given.
    """
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    if to is None:
        _RESULTS.mkdir(exist_ok=True)
        sizes = f"-{result['size']}" if "size" in result else ""
        to = _RESULTS / f"{taken_at.replace(':', '')}-{kind}{sizes}.json"
    whole = {"kind": kind, "taken_at": taken_at, "machine": describe_machine(), **result}
    to.write_text(json.dumps(whole, indent=2) + "\n", "utf-8")
    console.print(f"Written to {os.path.relpath(to)}", highlight=False)
    return to


def show_ms(milliseconds: float | None) -> str:
    """Milliseconds as a table shows them: three figures where they matter."""
    if milliseconds is None:
        return "-"
    return f"{milliseconds:.3f}" if milliseconds < 1 else f"{milliseconds:.1f}"


def describe_machine() -> dict[str, Any]:
    """What the figures were taken on, as far as it bears on them."""
    versions = {}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "sqlite": apsw.sqlite_lib_version(),
        "packages": versions,
    }


def _aim(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:g}"


def _count(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number:,}" if isinstance(number, int) else f"{number:.1f}"


def _megabytes(number: float | None) -> str:
    return "not known" if number is None else f"{number:,.0f} MB"
