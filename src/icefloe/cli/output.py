"""What commands print: tables for people, JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

import typer

from icefloe.domain.values.imports import Report

_SHOWN_FAILURES = 20


def print_json(value: object) -> None:
    """Print a value as JSON; moments and identifiers as text."""
    typer.echo(json.dumps(value, default=str, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, empty: str) -> None:
    """Print rows under their columns' names.

    Args:
        columns: the names.
        rows: as many values each; None is shown as a dash.
        empty: what to say where there are no rows.
    """
    if not rows:
        typer.echo(empty)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row))
    # Values are shown as they are: a name may have what Rich would take for its markup.
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 10_000  # a pipe has no width: no line is broken there
    console.print(table)


def print_failures(report: Report) -> None:
    """Print the first entries that failed, on standard error: where they stand, and why."""
    for place, reason in report.failures[:_SHOWN_FAILURES]:
        typer.echo(f"{place}: {reason}", err=True)
    hidden = report.failed - _SHOWN_FAILURES
    if hidden > 0:
        typer.echo(f"… and {hidden} more", err=True)
