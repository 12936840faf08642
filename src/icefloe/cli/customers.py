"""`icefloe customers`."""

import asyncio
import gc
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO
from uuid import UUID

import typer

from icefloe.cli import options, output
from icefloe.domain.imports import OnConflict, Report
from icefloe.domain.values.errors import ConfigurationError
from icefloe.settings import Settings

if TYPE_CHECKING:
    from icefloe.services import Services

app = typer.Typer(no_args_is_help=True, help="Customers, in and out of files.")

_SHOWN_FAILURES = 20
Organization = Annotated[str, typer.Option(help="Whose customers they are.", metavar="UUID")]


@app.command(name="import")
def import_customers(
    file: Annotated[Path, typer.Argument(help="NDJSON, pages of the API, or a CSV export.")],
    *,
    organization: Organization,
    on_conflict: Annotated[
        OnConflict, typer.Option(help="What to do with a customer who is here already.")
    ] = OnConflict.FAIL,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Find out what would come of it; keep nothing.")
    ] = False,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """Take in customers from a file: all of it, or nothing where a line is wrong."""
    organization_id = options.read_uuid(organization, "organization")
    settings = options.read_settings(database=database)

    from icefloe.cli import progress, work
    from icefloe.exchange.files import CustomerFile

    # The program itself is here to stay. Customers come and go in such numbers that the collector
    # would look through all of it again and again: a tenth of the time.
    gc.freeze()
    with progress.of_bytes("Importing", file) as advance:
        source = CustomerFile(file, advance)

        async def run(services: "Services") -> Report:
            try:
                return await services.imports.run(
                    organization_id,
                    lambda: source,
                    on_conflict=on_conflict,
                    dry_run=dry_run,
                    file=source if source.is_large else None,
                )
            except asyncio.CancelledError:
                # The storage's thread goes on reading until it is told.
                source.interrupt()
                raise

        report = work.run(settings, run)
    if as_json:
        output.print_json({**asdict(report), "dry_run": dry_run})
    else:
        _print_report(report, dry_run=dry_run)
    if report.failed:
        raise ConfigurationError(f"{report.failed} bad lines: nothing of {file} was kept")


def _print_report(report: Report, *, dry_run: bool) -> None:
    for place, reason in report.failures[:_SHOWN_FAILURES]:
        typer.echo(f"{place}: {reason}", err=True)
    hidden = report.failed - _SHOWN_FAILURES
    if hidden > 0:
        typer.echo(f"… and {hidden} more", err=True)
    if not report.failed:
        verb = "Would have added" if dry_run else "Added"
        typer.echo(f"{verb} {report.added}, updated {report.updated}, skipped {report.skipped}.")


@app.command(name="export")
def export_customers(
    file: Annotated[
        Path | None, typer.Argument(help="Where to write; standard output unless given.")
    ] = None,
    *,
    organization: Organization,
    form: Annotated[
        str, typer.Option("--format", help="ndjson has everything; csv is the reference's export.")
    ] = "ndjson",
    database: options.Database = None,
) -> None:
    """Write customers to a file. NDJSON can be imported again, to the same bytes."""
    if form not in {"ndjson", "csv"}:
        raise ConfigurationError(f"there is no format {form!r}; use ndjson or csv")
    organization_id = options.read_uuid(organization, "organization")
    settings = options.read_settings(database=database)
    if file is None:
        _export(settings, organization_id, form, sys.stdout.buffer)
        return
    try:
        opened = file.open("wb")
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error
    with opened:
        _export(settings, organization_id, form, opened)


def _export(settings: Settings, organization_id: UUID, form: str, to: BinaryIO) -> None:
    from icefloe.cli import progress, work
    from icefloe.exchange import exports

    render = exports.render_csv if form == "csv" else exports.render_ndjson

    async def run(services: "Services") -> None:
        await services.organizations.get(organization_id)
        with progress.of_unknown("Exporting") as advance:
            async for part in render(services.customers, organization_id):
                to.write(part)
                advance(part.count(b"\n"))
        to.flush()

    work.run(settings, run)
