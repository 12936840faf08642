"""`icefloe record`."""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from icefloe.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from icefloe.exchange.accounts import Account


def record(
    url: Annotated[str, typer.Argument(help="Where the account is: https://api.polar.sh")],
    token: Annotated[str, typer.Argument(help="Its token; - to read it from standard input.")],
    file: Annotated[Path, typer.Argument(help="The seed to write: .yaml, .json or .ndjson.")],
    *,
    keep_personal: Annotated[
        bool, typer.Option("--keep-personal", help="Keep names, addresses and tax numbers.")
    ] = False,
) -> None:
    """Make a seed from a live account. Whoever is in it gets a made-up name and address."""
    from icefloe.exchange import recordings, seed_files, seeds
    from icefloe.exchange.accounts import Account

    form = seed_files.find_form(file)
    with Account(url, _read_token(token)) as account, _written_aside(file) as aside:
        customers, members, has_all = _read(account)
        if not keep_personal:
            customers, members = _disguise(customers, members)
        seed = recordings.make_seed(customers, members)
        seeds.read(seed)  # what cannot be served is told now
        aside.write(seed_files.render(seed, form))
    typer.echo(f"Recorded {len(customers):,} customers. Serve them: icefloe serve --seed {file}")
    if not has_all:
        typer.echo("Members are not recorded: the token may not read them.", err=True)


def _read_token(given: str) -> str:
    if given != "-":
        return given
    return (getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()


def _read(
    account: "Account",
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]], bool]:
    """The customers, the members of each team by its id, and whether these could be read."""
    from icefloe.cli import progress

    customers: list[dict[str, Any]] = []
    with progress.of_steps("Customers") as advance:
        for page, total in account.read_customers():
            customers += page
            advance(len(customers), total)
    teams = [customer["id"] for customer in customers if customer.get("type") == "team"]
    members: dict[str, list[dict[str, Any]]] = {}
    with progress.of_steps("Members of teams") as advance:
        for done, team in enumerate(teams, start=1):
            found = account.read_members(team)
            if found is None:
                return customers, {}, False
            members[team] = found
            advance(done, len(teams))
    return customers, members, True


def _disguise(
    customers: list[dict[str, Any]], members: dict[str, list[dict[str, Any]]]
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    from icefloe.sample.disguises import Disguises

    disguises = Disguises(customers)
    return (
        [disguises.disguise_customer(customer) for customer in customers],
        {team: list(map(disguises.disguise_member, those)) for team, those in members.items()},
    )


@contextmanager
def _written_aside(file: Path) -> Iterator[TextIO]:
    """A file to write to, which takes the other's place at the end, if it comes to that."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        opened = aside.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error
    try:
        with opened:
            yield opened
        aside.replace(file)
    except OSError as error:
        raise ConfigurationError(f"cannot write {file}: {error.strerror}") from error
    finally:
        aside.unlink(missing_ok=True)
