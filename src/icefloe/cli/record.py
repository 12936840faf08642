"""`icefloe record`."""

import contextlib
import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icefloe import files
from icefloe.serving import signals

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
    """Make a seed from a live account.

    Its customers get made-up names, addresses and tax numbers.
    """
    from icefloe.exchange import recordings, seed_files, seeds
    from icefloe.exchange.accounts import Account

    form = seed_files.find_form(file)
    with contextlib.ExitStack() as cleanup:
        signals.clean_up_early(cleanup)
        account = cleanup.enter_context(contextlib.closing(Account(url, _read_token(token))))
        with files.writing(file, cleanup) as opened:
            found = _read(account)
            customers, members = found.customers, found.members
            if not keep_personal:
                customers, members = _disguise(customers, members)
            seed = recordings.make_seed(customers, members)
            seeds.read(seed)  # fails now, rather than when it is served
            opened.write(seed_files.render(seed, form).encode())
    typer.echo(f"Recorded {len(customers):,} customers. Serve them: icefloe serve --seed {file}")
    if not found.has_members:
        typer.echo("Members are not recorded: the token may not read them.", err=True)
    if found.missed > 0:
        typer.echo(
            f"{found.missed:,} customers are not recorded, as others went meanwhile: record again.",
            err=True,
        )


def _read_token(given: str) -> str:
    if given != "-":
        return given
    return (getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()


@dataclass(frozen=True, slots=True)
class _Found:
    """An account: its customers, the members of each team by its id, and how much was missed."""

    customers: list[dict[str, Any]]
    members: dict[str, list[dict[str, Any]]]
    has_members: bool
    missed: int


def _read(account: "Account") -> _Found:
    from icefloe.cli import progress

    customers: list[dict[str, Any]] = []
    total = 0
    with progress.of_steps("Customers") as advance:
        for page, total in account.read_customers():
            customers += page
            advance(len(customers), total)
    missed = total - len(customers)
    teams = [customer["id"] for customer in customers if customer.get("type") == "team"]
    members: dict[str, list[dict[str, Any]]] = {}
    with progress.of_steps("Members of teams") as advance:
        for done, team in enumerate(teams, start=1):
            found = account.read_members(team)
            if found is None:
                return _Found(customers, {}, has_members=False, missed=missed)
            members[team] = found
            advance(done, len(teams))
    return _Found(customers, members, has_members=True, missed=missed)


def _disguise(
    customers: list[dict[str, Any]], members: dict[str, list[dict[str, Any]]]
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    from icefloe.sample.disguises import Disguises

    disguises = Disguises(customers)
    return (
        [disguises.disguise_customer(customer) for customer in customers],
        {team: list(map(disguises.disguise_member, those)) for team, those in members.items()},
    )
