"""`icefloe database`."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icefloe.cli import options, output
from icefloe.domain.values.errors import IncompatibleDatabase

if TYPE_CHECKING:
    from icefloe.storage.upkeep.maintenance import Maintenance

app = typer.Typer(
    no_args_is_help=True, help="The database: its state, its soundness, copies of it."
)

_SHOWN_FINDINGS = 20


@app.command(name="status")
def show_status(*, database: options.Database = None, as_json: options.AsJson = False) -> None:
    """Show the database, its size and its migrations."""
    status = asyncio.run(_open(database).find_status())
    if as_json:
        shown = asdict(status)
        shown["pending"] = [{"number": m.number, "name": m.name} for m in status.pending]
        output.print_json(shown)
        return
    typer.echo(status.title)
    if not status.applied:
        typer.echo("No migration has been applied: icefloe database migrate")
        return
    output.print_table(
        ["Migration", "Name", "Applied"],
        [(m.number, m.name, f"{m.applied_at:%Y-%m-%d %H:%M}") for m in status.applied]
        + [(m.number, m.name, "pending: icefloe database migrate") for m in status.pending],
        empty="",
    )


@app.command(name="migrate")
def migrate(*, database: options.Database = None) -> None:
    """Bring the database up to date. `serve` does so by itself when it starts."""
    applied = asyncio.run(_open(database).migrate(datetime.now(UTC)))
    for migration in applied:
        typer.echo(f"Applied {migration.number}: {migration.name}.")
    if not applied:
        typer.echo("The database is up to date.")


@app.command(name="check")
def check(*, database: options.Database = None, as_json: options.AsJson = False) -> None:
    """See that all rows agree with each other.

    Every document, counter and index row must agree with its customer.
    """
    from icefloe.cli import progress

    maintenance = _open(database)
    with progress.of_unknown("Checking") as advance:
        findings = asyncio.run(maintenance.find_disagreements(advance))
    if as_json:
        output.print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings[:_SHOWN_FINDINGS]:
            typer.echo(f"{finding.about}: {finding.problem}")
    if findings:
        raise IncompatibleDatabase(f"{len(findings)} things in {maintenance.name} do not agree")
    if not as_json:
        typer.echo("Everything agrees.")


@app.command(name="backup")
def back_up(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    *,
    database: options.Database = None,
) -> None:
    """Copy a SQLite database while the server runs.

    The copy is of one moment.
    The secret beside the database is not part of it: keep a copy of that too.
    """
    from icefloe.cli import progress

    with progress.of_steps("Copying") as advance:
        asyncio.run(_open(database).back_up(file, advance))
    typer.echo(f"Copied to {file}.")


@app.command(name="restore")
def restore(
    file: Annotated[Path, typer.Argument(help="The copy; it stays as it is.")],
    *,
    database: options.Database = None,
) -> None:
    """Put a backup in the place of a SQLite database.

    Nothing may have the database open. The backup is checked first, and brought up to date.
    The database that was there stays beside it.
    """
    from icefloe.cli import progress

    maintenance = _open(database)
    with progress.of_steps("Restoring") as advance:
        old = asyncio.run(maintenance.restore(file, datetime.now(UTC), advance))
    typer.echo(f"Restored {maintenance.name} from {file}.")
    if old is not None:
        typer.echo(f"What was there is in {old}.")
    typer.echo(
        "The secret is not part of a backup: tokens keep working only under the same secret."
    )


@app.command(name="copy")
def copy(
    source: Annotated[str, typer.Argument(help="A database's URL; it must be up to date.")],
    target: Annotated[
        str, typer.Argument(help="The URL of one without organizations; a file is made if missing.")
    ],
    *,
    as_json: options.AsJson = False,
) -> None:
    """Copy everything into another database.

    Either may be SQLite or PostgreSQL.

    The secret is not part of it: tokens are valid under the same secret only.
    """
    from icefloe.cli import progress
    from icefloe.storage.open import copy_database

    with progress.of_steps("Copying") as advance:
        copied = asyncio.run(copy_database(source, target, datetime.now(UTC), advance))
    if as_json:
        output.print_json(copied)
        return
    output.print_table(["Table", "Rows"], [(t, f"{n:,}") for t, n in copied.items()], empty="")
    typer.echo("The secret is not copied: tokens keep working only under the same secret.")


def _open(database: str | None) -> "Maintenance":
    from icefloe.storage.open import open_maintenance

    return open_maintenance(options.read_settings(database=database).database)
