"""The commands that products, subscriptions and orders have alike: out to files and in from them."""

import contextlib
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO
from uuid import UUID

import typer

from icefloe import files
from icefloe.cli import options, output
from icefloe.domain.values.errors import ConfigurationError
from icefloe.domain.values.imports import Report
from icefloe.serving import signals

if TYPE_CHECKING:
    from icefloe.domain.commerce.exports import Exported
    from icefloe.services import Services
    from icefloe.settings import Settings

Organization = Annotated[str, typer.Option(help="Whose they are.", metavar="UUID")]


def make_group(resource: "Exported") -> typer.Typer:
    """The group of commands of a resource."""
    group = typer.Typer(no_args_is_help=True, help=f"{resource.capitalize()}, in and out of files.")

    @group.command(name="import", help=f"Import {resource} from a file, without webhooks.")
    def import_objects(
        file: Annotated[
            Path, typer.Argument(help="NDJSON or pages of the API; - is standard input.")
        ],
        *,
        organization: Organization,
        database: options.Database = None,
        as_json: options.AsJson = False,
    ) -> None:
        organization_id = options.read_uuid(organization, "organization")
        settings = options.read_settings(database=database)

        from icefloe.exchange import sources

        with sources.opened(file) as path:
            report, left_out = _import(settings, organization_id, resource, path)
        if as_json:
            output.print_json({**asdict(report), "left_out": left_out})
        else:
            _print_report(report, left_out)
        if report.failed:
            bad = "1 bad line" if report.failed == 1 else f"{report.failed} bad lines"
            raise ConfigurationError(
                f"{bad} of {file}, the rest is stored; when they are mended, import the file again"
            )

    @group.command(name="export", help=f"Write all {resource} to a file, in NDJSON.")
    def export_objects(
        file: Annotated[
            Path | None,
            typer.Argument(help="Where to write; standard output unless given, or -."),
        ] = None,
        *,
        organization: Organization,
        database: options.Database = None,
    ) -> None:
        organization_id = options.read_uuid(organization, "organization")
        settings = options.read_settings(database=database)
        if file is None or str(file) == "-":
            _export(settings, organization_id, resource, sys.stdout.buffer)
            return
        with contextlib.ExitStack() as cleanup:
            signals.clean_up_early(cleanup)
            with files.writing(file, cleanup) as opened:
                _export(settings, organization_id, resource, opened)

    return group


def _import(
    settings: "Settings", organization_id: UUID, resource: "Exported", path: Path
) -> tuple[Report, list[str]]:
    """What became of a file's objects, and the keys of theirs that mean nothing here."""
    from icefloe.cli import progress, work
    from icefloe.domain.commerce.placing.imports import ObjectImports
    from icefloe.exchange.commerce.entries import EntryReader
    from icefloe.exchange.json_files import JsonFile

    with progress.of_bytes("Importing", path) as advance:
        entries = EntryReader(resource, JsonFile(path, advance))

        async def run(services: "Services") -> Report:
            imports = ObjectImports(services.storage, services.placing)
            return await imports.run(organization_id, entries)

        return work.run(settings, run), list(entries.left_out)


def _print_report(report: Report, left_out: list[str]) -> None:
    from icefloe.exchange.problems import printable

    output.print_failures(report)
    if left_out:
        names = ", ".join(map(printable, left_out))
        typer.echo(f"Left out, as they mean nothing here: {names}", err=True)
    typer.echo(f"Added {report.added}, updated {report.updated}, unchanged {report.skipped}.")


def _export(
    settings: "Settings", organization_id: UUID, resource: "Exported", to: BinaryIO
) -> None:
    from icefloe.cli import progress, work
    from icefloe.domain.commerce import exports

    async def run(services: "Services") -> None:
        await services.organizations.get(organization_id)
        with progress.of_unknown("Exporting") as advance:
            async for batch in exports.walk(services.storage, organization_id, resource):
                to.writelines(line + b"\n" for line in batch)
                advance(len(batch))
        to.flush()

    work.run(settings, run)
