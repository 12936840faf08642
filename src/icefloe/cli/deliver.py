"""`icefloe deliver`."""

from typing import Annotated

import typer

from icefloe.cli import options


def deliver(
    *,
    database: options.Database = None,
    log_format: Annotated[
        str | None, typer.Option(help="text, json, or auto: text on a terminal.")
    ] = None,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", help="Stop when the program that started it has gone.")
    ] = False,
) -> None:
    """Send webhooks until stopped with Ctrl-C.

    It does so for the servers on the same database that run with `--no-deliver`.
    """
    from icefloe.serving import delivering, signals

    if with_parent:
        signals.end_with_parent()
    delivering.run(options.read_settings(database=database, log_format=log_format))
