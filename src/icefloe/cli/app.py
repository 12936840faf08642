"""The commands, and what a user sees when one fails."""

import contextlib
import importlib
import os
import sys
from typing import Annotated, Any

import typer

from icefloe.domain.values.errors import IcefloeError

_USER_ERROR = 2
_INTERRUPTED = 130
# As Typer ends when it finds out itself.
_READER_GONE = 1

# In the order of the help. Each command is a function in the module of its name, each group the `app`
# in its own.
_COMMANDS = {
    "serve": "serve",
    "deliver": "deliver",
    "demo": "demo",
    "record": "record",
    "settings": "show_settings",
    "tls": "show_authority",
    "listen": "listen",
    "trigger": "trigger",
}
_GROUPS = (
    "organizations",
    "tokens",
    "webhooks",
    "people",
    "customers",
    "products",
    "subscriptions",
    "orders",
    "database",
)


def make_app(named: str | None = None) -> typer.Typer:
    """The command line.

    Args:
        named: the command that will run, if that is known: the others are left out, as importing
            them takes longer than most commands do.
    """
    app = typer.Typer(
        name="icefloe",
        help="Polar's Customers API on your own machine.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        # Plain text: to draw boxes, Rich needs twice as long as all the rest.
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(_main)
    is_known = named in _COMMANDS or named in _GROUPS
    for name, function in _COMMANDS.items():
        if name == named or not is_known:
            app.command(name=name)(getattr(_import(name), function))
    for name in _GROUPS:
        if name == named or not is_known:
            app.add_typer(_import(name).app, name=name)
    return app


def _import(name: str) -> Any:
    return importlib.import_module(f"icefloe.cli.{name}")


def _main(
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        from icefloe.version import __version__

        typer.echo(__version__)
        raise typer.Exit


def run(arguments: list[str]) -> int:
    """Run a command; returns the exit status."""
    if not arguments:
        arguments = ["--help"]
    try:
        status = make_app(arguments[0])(arguments, standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as exit_:
        return exit_.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    except typer.TyperException as error:
        tell = getattr(error, "format_message", error.__str__)
        return _fail(tell(), _hint(error))
    except IcefloeError as error:
        return _fail(str(error))
    except OSError as error:
        _discard_output()
        return _READER_GONE if isinstance(error, BrokenPipeError) else _fail(_describe(error))
    return status if isinstance(status, int) else 0


def _fail(message: str, hint: str = "") -> int:
    line = " ".join(f"icefloe: {message}{hint}".split())
    # What the command line has that is no text is shown as the shell would write it.
    shown = line.encode(errors="backslashreplace").decode()
    print(shown, file=sys.stderr)  # noqa: T201 - the one line a user sees
    return _USER_ERROR


def _describe(error: OSError) -> str:
    """What the machine refuses, for people: of a file that it names, else of standard output."""
    reason = error.strerror or str(error)
    if error.filename is None:
        return f"cannot write the output: {reason}"
    return f"cannot use {error.filename}: {reason}"


def _discard_output() -> None:
    """Let what is still to be written go nowhere: Python would complain when it ends."""
    with contextlib.suppress(OSError, ValueError):  # it is no file, in tests
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _hint(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see '{context.command_path} --help')" if context is not None else ""
