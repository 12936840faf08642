"""`icefloe record`."""

import contextlib
import getpass
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icefloe import files
from icefloe.serving import signals

if TYPE_CHECKING:
    from icefloe.exchange.accounts import Account
    from icefloe.exchange.commerce.recordings import Objects


def record(
    url: Annotated[str, typer.Argument(help="Where the account is: https://api.polar.sh")],
    token: Annotated[str, typer.Argument(help="Its token; - to read it from standard input.")],
    file: Annotated[Path, typer.Argument(help="The seed to write: .yaml, .json or .ndjson.")],
    *,
    keep_personal: Annotated[
        bool,
        typer.Option("--keep-personal", help="Keep names, addresses, tax numbers and comments."),
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
            seed = recordings.make_seed(*(_told(found) if keep_personal else _disguise(found)))
            seeds.read(seed)  # fails now, rather than when it is served
            opened.write(seed_files.render(seed, form).encode())
    _print(found, file)


def _print(found: "_Found", file: Path) -> None:
    counts = [f"{len(found.customers):,} customers"]
    counts += [f"{len(those):,} {noun}" for noun, those in found.objects.items() if those]
    typer.echo(f"Recorded {_list(counts)}. Serve them: icefloe serve --seed {file}")
    if found.unread:
        nouns = _list(found.unread)
        typer.echo(
            f"{nouns.capitalize()} are not recorded: the token may not read them, or what they need.",
            err=True,
        )
    if found.missed > 0:
        typer.echo(
            f"{found.missed:,} customers are not recorded, as others went meanwhile: record again.",
            err=True,
        )
    if found.ownerless:
        typer.echo(
            f"{found.ownerless:,} subscriptions and orders are not recorded:"
            " their customers are deleted.",
            err=True,
        )


def _list(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _read_token(given: str) -> str:
    if given != "-":
        return given
    return (getpass.getpass("Token: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()


@dataclass(frozen=True, slots=True)
class _Found:
    """An account.

    Attributes:
        customers: those that are not deleted.
        members: those of each team, by its id.
        objects: those of each noun of commerce.
        unread: the nouns that the token may not read, and those that need them.
        missed: how many customers were missed.
        ownerless: how many objects are left out, as their customers are deleted.
    """

    customers: list[dict[str, Any]]
    members: dict[str, list[dict[str, Any]]]
    objects: "Objects"
    unread: list[str]
    missed: int
    ownerless: int


def _read(account: "Account") -> _Found:
    from icefloe.exchange.commerce import recordings

    customers, total = _read_pages("Customers", account.read_customers())
    unread: list[str] = []
    members = _read_members(account, customers)
    if members is None:
        unread.append("members")
    read: Objects = {}
    for noun, needs in recordings.NEEDS.items():
        found = None if needs & set(unread) else _read_objects(account, noun)
        if found is None:
            unread.append(noun)
        else:
            read[noun] = found
    objects = recordings.choose(read, [customer["id"] for customer in customers])
    ownerless = sum(
        len(read[noun]) - len(objects[noun]) for noun in recordings.OF_CUSTOMERS if noun in read
    )
    return _Found(customers, members or {}, objects, unread, total - len(customers), ownerless)


def _read_pages(
    title: str, pages: Iterable[tuple[list[dict[str, Any]], int]]
) -> tuple[list[dict[str, Any]], int]:
    """All items of pages, and how many the last one says there are."""
    from icefloe.cli import progress

    items: list[dict[str, Any]] = []
    total = 0
    with progress.of_steps(title) as advance:
        for page, total in pages:
            items += page
            advance(len(items), total)
    return items, total


def _read_objects(account: "Account", noun: str) -> list[dict[str, Any]] | None:
    """The objects of a noun, or None where the token may not read them."""
    from icefloe.exchange.accounts import Refused

    try:
        return _read_pages(noun.capitalize(), account.read_objects(noun))[0]
    except Refused:
        return None


def _read_members(
    account: "Account", customers: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]] | None:
    """The members of each team, by its id, or None where the token may not read them."""
    from icefloe.cli import progress

    teams = [customer["id"] for customer in customers if customer.get("type") == "team"]
    members: dict[str, list[dict[str, Any]]] = {}
    with progress.of_steps("Members of teams") as advance:
        for done, team in enumerate(teams, start=1):
            found = account.read_members(team)
            if found is None:
                return None
            members[team] = found
            advance(done, len(teams))
    return members


_Parts = tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]], "Objects"]


def _told(found: _Found) -> _Parts:
    """What a seed is made of, as it is."""
    return found.customers, found.members, found.objects


def _disguise(found: _Found) -> _Parts:
    """What a seed is made of, with made-up values in the place of personal ones."""
    from icefloe.exchange.commerce.recordings import OF_CUSTOMERS
    from icefloe.sample.disguises import Disguises

    disguises = Disguises(found.customers)
    by_id = {customer["id"]: customer for customer in found.customers}
    held = {
        noun: [
            disguises.disguise_holding(one, by_id[one["customer_id"]])
            for one in found.objects[noun]
        ]
        for noun in OF_CUSTOMERS
        if noun in found.objects
    }
    return (
        [disguises.disguise_customer(customer) for customer in found.customers],
        {
            team: list(map(disguises.disguise_member, those))
            for team, those in found.members.items()
        },
        {**found.objects, **held},
    )
