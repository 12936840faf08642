"""`icefloe serve`."""

import contextlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icefloe.cli import options

if TYPE_CHECKING:
    from icefloe.settings import Settings


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port to listen on; 0 is any that is free.")
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(help="Where clients reach the server.", metavar="URL")
    ] = None,
    base_path: Annotated[
        str | None,
        typer.Option(help="The path below which a proxy serves this.", metavar="PATH"),
    ] = None,
    database: options.Database = None,
    temporary: Annotated[
        bool, typer.Option("--temporary", help="Keep everything in a folder that goes at the end.")
    ] = False,
    read_database: Annotated[
        list[str] | None,
        typer.Option(help="A hot standby that answers reads; may be given again.", metavar="URL"),
    ] = None,
    tls: Annotated[
        list[str] | None,
        typer.Option(help="A name to speak HTTPS under; may be given again.", metavar="NAME"),
    ] = None,
    dashboard: Annotated[
        bool | None,
        typer.Option("--dashboard/--no-dashboard", help="Whether there are pages for people."),
    ] = None,
    deliver: Annotated[
        bool | None,
        typer.Option("--deliver/--no-deliver", help="Whether webhooks are sent by this server."),
    ] = None,
    control: Annotated[
        bool, typer.Option("--control", help="Let tests treat the server as they need.")
    ] = False,
    workers: Annotated[int | None, typer.Option(help="How many processes answer requests.")] = None,
    log_format: Annotated[
        str | None, typer.Option(help="text, json, or auto: text on a terminal.")
    ] = None,
    rate_limit: Annotated[
        str | None,
        typer.Option(
            help="How often an organization may ask: production, sandbox or such as 100/min.",
            metavar="RATE",
        ),
    ] = None,
    seed: Annotated[
        list[Path] | None,
        typer.Option(help="A file of customers to begin with; may be given again.", metavar="FILE"),
    ] = None,
    webhook: Annotated[
        list[str] | None,
        typer.Option(
            help="Where to send what happens in the first organization; may be given again.",
            metavar="URL",
        ),
    ] = None,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", help="Stop when the program that started it has gone.")
    ] = False,
) -> None:
    """Serve the API until stopped with Ctrl-C."""
    from icefloe.serving import address, scratch, seeding, server, signals
    from icefloe.serving import tls as https
    from icefloe.settings import load

    if with_parent:
        signals.end_with_parent()
    loaded = load(
        {
            "host": host,
            "port": port,
            "public_url": public_url,
            "base_path": base_path,
            "database": database,
            "temporary": temporary or None,
            "read_database": tuple(read_database) if read_database else None,
            "tls": tuple(tls) if tls else None,
            "dashboard": dashboard,
            "deliver": deliver,
            "control": control or None,
            "workers": workers,
            "log_format": log_format,
            "rate_limit": rate_limit,
            "seed": tuple(seed) if seed else None,
            "webhook": tuple(webhook) if webhook else None,
        }
    )
    seeds = seeding.read_seeds(loaded.settings)
    _note_passed_over(loaded.settings)
    with contextlib.ExitStack() as cleanup:
        signals.clean_up_early(cleanup)
        settings = https.settle(loaded, scratch.settle(loaded, cleanup))
        server.run(_with_control_key(address.take(settings, cleanup)), cleanup, seeds)


def _note_passed_over(settings: "Settings") -> None:
    """Log the options of the databases' URLs that have no effect here. Raises ConfigurationError."""
    from icefloe import database_url
    from icefloe.log import Log

    urls = (settings.database, *settings.read_database)
    names = [name for url in urls for name in database_url.find_passed_over(url)]
    if names:
        log = Log(settings.log_format)
        log.event("passed over", setting="database", names=", ".join(dict.fromkeys(names)))
        log.close()


def _with_control_key(settings: "Settings") -> "Settings":
    """The settings with a key for the control API; a new one is made and printed if none is set."""
    if not settings.control or settings.control_key is not None:
        return settings
    from pydantic import SecretStr

    key = secrets.token_urlsafe(24)
    # On standard output, as others read the log; and at once, for a program that waits for it.
    typer.echo(f"control key: {key}")
    return settings.model_copy(update={"control_key": SecretStr(key)})
