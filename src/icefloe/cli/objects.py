"""The commands that products, subscriptions and orders have alike: out to files and in from them."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO
from uuid import UUID

import typer

from icefloe import files
from icefloe.cli import options
from icefloe.serving import signals

if TYPE_CHECKING:
    from icefloe.domain.commerce.exports import Exported
    from icefloe.services import Services
    from icefloe.settings import Settings

Organization = Annotated[str, typer.Option(help="Whose they are.", metavar="UUID")]


def make_group(resource: "Exported") -> typer.Typer:
    """The group of commands of a resource."""
    group = typer.Typer(
        no_args_is_help=True, help=f"{resource.capitalize()}, in and out of files."
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


def _export(
    settings: "Settings", organization_id: UUID, resource: "Exported", to: BinaryIO
) -> None:
    from icefloe.cli import progress, work

    async def run(services: "Services") -> None:
        await services.organizations.get(organization_id)
        with progress.of_unknown("Exporting") as advance:
            async for batch in services.commerce.exports.walk(organization_id, resource):
                to.writelines(line + b"\n" for line in batch)
                advance(len(batch))
        to.flush()

    work.run(settings, run)
