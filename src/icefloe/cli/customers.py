"""`icefloe customers`."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO
from uuid import UUID

import typer

from icefloe import files
from icefloe.cli import options, output
from icefloe.domain.values.errors import ConfigurationError
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.serving import signals

if TYPE_CHECKING:
    from icefloe.exchange.files import CustomerFile, Preview
    from icefloe.exchange.mappings import Choices, Mapping
    from icefloe.services import Services
    from icefloe.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Customers, in and out of files.")

_SHOWN_CELL = 40
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
Organization = Annotated[str, typer.Option(help="Whose customers they are.", metavar="UUID")]


@app.command(name="import")
def import_customers(
    file: Annotated[
        Path,
        typer.Argument(help="CSV, NDJSON or pages of the API; - is standard input."),
    ],
    *,
    organization: Organization,
    on_conflict: Annotated[
        OnConflict, typer.Option(help="What to do with a customer that exists already.")
    ] = OnConflict.FAIL,
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="COLUMN=FIELD",
            help="What a column becomes: a field, metadata.KEY, or nothing to leave it out.",
        ),
    ] = None,
    metadata_from: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Take a column into the metadata, under its own name."),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(help="The text's encoding, such as cp1252; found out unless given."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show the columns, three rows and the result; store nothing."
        ),
    ] = False,
    database: options.Database = None,
    as_json: options.AsJson = False,
) -> None:
    """Import customers from a file.

    All of them are imported, or none where a line is wrong.
    """
    organization_id = options.read_uuid(organization, "organization")
    choices = _read_choices(mapped or [], metadata_from or [], encoding)
    settings = options.read_settings(database=database)

    from icefloe.exchange import sources
    from icefloe.exchange.files import CustomerFile

    with sources.opened(file) as path:
        preview = CustomerFile(path, choices=choices).find_preview()
        if dry_run and preview is not None and not as_json:
            _print_preview(preview)
        report = _run_import(settings, path, choices, organization_id, on_conflict, dry_run=dry_run)
        if preview is not None:
            words = preview.mapping.in_words_of_the_file
            report.failures = [(place, words(reason)) for place, reason in report.failures]
        if as_json:
            shown: dict[str, Any] = {**asdict(report), "dry_run": dry_run}
            if dry_run:
                shown |= _render_preview(preview, CustomerFile(path, choices=choices))
            output.print_json(shown)
        else:
            _print_report(report, dry_run=dry_run)
    if report.failed:
        raise ConfigurationError(_refusal(file, report, preview.mapping if preview else None))


def _read_choices(
    mapped: Sequence[str], metadata_from: Sequence[str], encoding: str | None
) -> "Choices":
    """What the command's options say about the file. Raises ConfigurationError."""
    from icefloe.exchange import encodings, mappings

    for name in metadata_from:
        if not name.strip():
            raise ConfigurationError("--metadata-from needs the name of a column")
    kept = [(name.strip(), mappings.METADATA) for name in metadata_from]
    return mappings.Choices(
        (*kept, *map(mappings.read_choice, mapped)),
        None if encoding is None else encodings.check(encoding),
    )


def _run_import(
    settings: "Settings",
    path: Path,
    choices: "Choices",
    organization_id: UUID,
    on_conflict: OnConflict,
    *,
    dry_run: bool,
) -> Report:
    from icefloe.cli import progress, work
    from icefloe.exchange.files import CustomerFile

    # The program itself is here to stay. Customers come and go in such numbers that the garbage
    # collector would look through all of it again and again: a tenth of the time.
    gc.freeze()
    with progress.of_bytes("Importing", path) as advance:
        source = CustomerFile(path, advance, choices)

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
                # The storage's thread reads on until it is interrupted.
                source.interrupt()
                raise

        return work.run(settings, run)


def _print_preview(preview: "Preview") -> None:
    """Print what becomes of each column, and the first rows beside it."""
    kind = preview.mapping.export or "A table"
    separator = _SEPARATORS.get(preview.separator, preview.separator)
    typer.echo(f"{kind}: cells between {separator}, in {preview.encoding.upper()}.\n")
    rows = [
        (column.name, _shown_target(column.target), *(_cut(row[at]) for row in preview.rows))
        for at, column in enumerate(preview.mapping.columns)
    ]
    heads = [f"Row {number}" for number in range(1, len(preview.rows) + 1)]
    output.print_table(("Column", "Becomes", *heads), rows, empty="")
    typer.echo()


def _shown_target(target: str | None) -> str:
    if target is None:
        return "? (unknown)"
    return target or "(left out)"


def _cut(cell: str) -> str:
    from icefloe.exchange.problems import printable

    shown = printable(cell)
    return shown if len(shown) <= _SHOWN_CELL else shown[: _SHOWN_CELL - 1] + "…"


def _render_preview(preview: "Preview | None", file: "CustomerFile") -> dict[str, Any]:
    """What a dry run shows to programs: columns of a table, and the first customers of any file."""
    if preview is None:
        return {"export": None, "columns": [], "rows": file.find_first()}
    return {
        "export": preview.mapping.export,
        "columns": [
            {"column": column.name, "field": column.target} for column in preview.mapping.columns
        ],
        "rows": preview.records,
    }


def _refusal(file: Path, report: Report, mapping: "Mapping | None") -> str:
    """What ends a failed import: how many lines are wrong, and what to do about unknown columns."""
    unknown = mapping.unknown if mapping is not None and mapping.problems else ()
    if mapping is not None and unknown and len(unknown) < len(mapping.columns):
        name = unknown[0]
        count = "1 column is" if len(unknown) == 1 else f"{len(unknown)} columns are"
        return (
            f"{count} unknown: nothing of {file} was stored;"
            f' say what each becomes by --map "{name}=FIELD" or --metadata-from "{name}",'
            f' or leave it out by --map "{name}="'
        )
    count = "1 bad line" if report.failed == 1 else f"{report.failed} bad lines"
    return f"{count}: nothing of {file} was stored"


def _print_report(report: Report, *, dry_run: bool) -> None:
    output.print_failures(report)
    if not report.failed:
        verb = "Would have added" if dry_run else "Added"
        typer.echo(f"{verb} {report.added}, updated {report.updated}, skipped {report.skipped}.")


@app.command(name="export")
def export_customers(
    file: Annotated[
        Path | None,
        typer.Argument(help="Where to write; standard output unless given, or -."),
    ] = None,
    *,
    organization: Organization,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="ndjson (usual) has everything; csv is the reference's export."
        ),
    ] = None,
    excel: Annotated[
        bool,
        typer.Option("--excel", help="CSV for spreadsheets: in UTF-8 that they know, no formulas."),
    ] = False,
    database: options.Database = None,
) -> None:
    """Write customers to a file. NDJSON can be imported again, to the same bytes."""
    if form not in {None, "ndjson", "csv"}:
        raise ConfigurationError(f"there is no format {form!r}; use ndjson or csv")
    if excel and form == "ndjson":
        raise ConfigurationError("--excel is for CSV; leave out --format ndjson")
    organization_id = options.read_uuid(organization, "organization")
    settings = options.read_settings(database=database)
    as_csv = excel or form == "csv"
    if file is None or str(file) == "-":
        _export(settings, organization_id, sys.stdout.buffer, as_csv=as_csv, excel=excel)
        return
    with contextlib.ExitStack() as cleanup:
        signals.clean_up_early(cleanup)
        with files.writing(file, cleanup) as opened:
            _export(settings, organization_id, opened, as_csv=as_csv, excel=excel)


def _export(
    settings: "Settings", organization_id: UUID, to: BinaryIO, *, as_csv: bool, excel: bool
) -> None:
    from icefloe.cli import progress, work
    from icefloe.exchange import exports

    async def run(services: "Services") -> None:
        await services.organizations.get(organization_id)
        parts = (
            exports.render_csv(services.customers, organization_id, for_spreadsheet=excel)
            if as_csv
            else exports.render_ndjson(services.customers, organization_id)
        )
        with progress.of_unknown("Exporting") as advance:
            async for part in parts:
                to.write(part)
                advance(part.count(b"\n"))
        to.flush()

    work.run(settings, run)
