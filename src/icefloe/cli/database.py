"""`icefloe database`."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from icefloe.cli import options, output
from icefloe.domain.errors import IncompatibleDatabase

app = typer.Typer(
    no_args_is_help=True, help="The database: its state, its soundness, copies of it."
)

_SHOWN_FINDINGS = 20


@app.command(name="status")
def show_status(*, database: options.Database = None, as_json: options.AsJson = False) -> None:
    """Show the file, its size and its migrations."""
    from icefloe.storage.sqlite import maintenance

    status = maintenance.find_status(_path(database))
    if as_json:
        shown = asdict(status)
        shown["pending"] = [{"number": m.number, "name": m.name} for m in status.pending]
        output.print_json(shown)
        return
    typer.echo(f"{status.path}  {status.size / 1e6:,.1f} MB  SQLite {status.sqlite_version}")
    output.print_table(
        ["Migration", "Name", "Applied"],
        [(m.number, m.name, f"{m.applied_at:%Y-%m-%d %H:%M}") for m in status.applied]
        + [(m.number, m.name, "pending: icefloe database migrate") for m in status.pending],
        empty="No migration has been applied: icefloe database migrate",
    )


@app.command(name="migrate")
def migrate(*, database: options.Database = None) -> None:
    """Bring the database up to date. `serve` does so by itself when it starts."""
    from icefloe.storage.sqlite import maintenance

    applied = maintenance.migrate(_path(database), datetime.now(UTC))
    for migration in applied:
        typer.echo(f"Applied {migration.number}: {migration.name}.")
    if not applied:
        typer.echo("The database is up to date.")


@app.command(name="check")
def check(*, database: options.Database = None, as_json: options.AsJson = False) -> None:
    """See that every document, counter and index row agrees with its customer."""
    from icefloe.cli import progress
    from icefloe.storage.sqlite import maintenance

    path = _path(database)
    with progress.of_unknown("Checking") as advance:
        findings = maintenance.find_disagreements(path, advance)
    if as_json:
        output.print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings[:_SHOWN_FINDINGS]:
            who = finding.customer_id or f"organization {finding.organization_id}"
            typer.echo(f"{who}: {finding.problem}")
    if findings:
        raise IncompatibleDatabase(f"{len(findings)} things in {path} do not agree")
    if not as_json:
        typer.echo("Everything agrees.")


@app.command(name="backup")
def back_up(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    *,
    database: options.Database = None,
) -> None:
    """Copy the database as it is at one moment, while the server runs.

    The secret beside the database is not part of it: keep a copy of that too.
    """
    from icefloe.cli import progress
    from icefloe.storage.sqlite import maintenance

    with progress.of_steps("Copying") as advance:
        maintenance.back_up(_path(database), file, advance)
    typer.echo(f"Copied to {file}.")


def _path(database: str | None) -> Path:
    from icefloe.storage.open import sqlite_path

    return sqlite_path(options.read_settings(database=database).database)
