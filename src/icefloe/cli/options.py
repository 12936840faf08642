"""Options that several commands have, and how their values are read."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from icefloe.domain.values.errors import ConfigurationError

if TYPE_CHECKING:
    from icefloe.settings import Settings

Database = Annotated[
    str | None,
    typer.Option(help="The database: sqlite:///PATH, a path, or postgresql://…", metavar="URL"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

_DURATION = re.compile(r"(\d+)([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_settings(**flags: Any) -> "Settings":
    """The settings in force, given the command's flags. Raises ConfigurationError.

    Settings that only `serve` uses are left out: what a command writes must last.
    """
    from icefloe import database_url
    from icefloe.settings import load

    settings = load(flags).settings.model_copy(update={"temporary": False, "tls": ()})
    names = database_url.find_passed_over(settings.database)
    if names:
        typer.echo(f"icefloe: the database's URL: {', '.join(names)} passed over", err=True)
    return settings


def read_uuid(text: str, what: str) -> UUID:
    """An identifier in any of its usual forms. Raises ConfigurationError."""
    try:
        return UUID(text)
    except ValueError:
        raise ConfigurationError(
            f"{what} {text!r} is not a UUID such as 1dbfc517-0bbf-4301-9ba8-555ca42b9737"
        ) from None


def read_uuid4(text: str, what: str) -> UUID:
    """An identifier of version 4, the only one the contract knows. Raises ConfigurationError."""
    value = read_uuid(text, what)
    if value.version != 4:  # noqa: PLR2004 - the contract's version
        raise ConfigurationError(f"{what} {text!r} is not a UUID of version 4")
    return value


def read_time_from_now(text: str) -> datetime:
    """The moment that is a time span such as `30d`, `12h` or `90m` away. Raises ConfigurationError."""
    found = _DURATION.fullmatch(text.strip())
    try:
        if found is not None:
            return datetime.now(UTC) + timedelta(**{_UNITS[found[2]]: int(found[1])})
    except OverflowError:
        pass
    raise ConfigurationError(f"{text!r} is not a time span such as 30d, 12h or 90m")


def read_moment(text: str) -> datetime:
    """A moment in ISO 8601; without an offset it is in UTC. Raises ConfigurationError."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(f"{text!r} is not a moment such as 2027-01-31T12:00:00Z") from None
