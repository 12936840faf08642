"""Asks any server that speaks the contract for the table's lists over HTTP, reading only.

python -m benchmarks.compare https://api.example.com polar_oat_…

It takes the values to ask for from the server's own first pages, so it works with any data.
"""

import argparse
import http.client
import json
import math
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rich.console import Console

from benchmarks import arguments, inside, report, table

_OK = 200
_TIMEOUT_SECONDS = 60.0
_MISTAKE = 2
_NO_URL = "no URL such as http://127.0.0.1:8000"
# Two pages each of the newest, of the oldest and of those first by name are looked at.
_LOOKED_AT = (("-created_at", 1), ("-created_at", 2), ("created_at", 1), ("name", 1), ("name", 2))
_VARIED = 100
_WORD = re.compile(r"[^\W_]{3,}")


class Unusable(Exception):
    """The server cannot be compared; says why in one line."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A shape's figures over HTTP.

    Attributes:
        shape: its name.
        group: which kinds it belongs with.
        total: how many customers its list has, by the server; None where it asks for one.
        first_ms: the first answer, in milliseconds.
        p50_ms: half of the later answers took no longer, in milliseconds.
        p99_ms: 99 of 100 took no longer, in milliseconds.
        per_second: later answers per second, one after the other.
        rounds: how many later answers there were.
    """

    shape: str
    group: str
    total: int | None
    first_ms: float
    p50_ms: float
    p99_ms: float
    per_second: float
    rounds: int


class Client:
    """One connection to one server, which stays open."""

    def __init__(self, url: str, token: str) -> None:
        """Name a server by its URL, with nothing behind the host but where the API begins.

        Raises:
            Unusable: that is no such URL, or no header can hold the token.
        """
        parts = _read_url(url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self._connection = kinds[parts.scheme](
            parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS
        )
        self._prefix = parts.path.rstrip("/")
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if not token or not token.isascii() or not token.isprintable():
            raise Unusable("there is no token to ask with, or it has characters that no token has")

    def get(self, path: str) -> bytes:
        """The body of the answer to a request.

        Raises:
            Unusable: there is no answer, or none with status 200.
        """
        try:
            self._connection.request("GET", self._prefix + path, headers=self._headers)
            answer = self._connection.getresponse()
            body: bytes = answer.read()
        except (OSError, http.client.HTTPException) as error:
            told = str(error) or type(error).__name__
            raise Unusable(f"{self._url} does not answer: {told}") from None
        if answer.status != _OK:
            raise Unusable(_explain(self._url, path, answer.status))
        return body

    def get_page(self, path: str) -> tuple[list[dict[str, Any]], int]:
        """The customers on a page, and how many there are on all. Raises Unusable."""
        body = self.get(path)
        try:
            page = json.loads(body)
            return page["items"], page["pagination"]["total_count"]
        except (ValueError, KeyError, TypeError):
            raise Unusable(f"{self._url} answers with something else than customers") from None

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


def _read_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        raise Unusable(f"{url!r}: {_NO_URL}") from None
    if not is_usable:
        raise Unusable(f"{url!r}: {_NO_URL}")
    return parts


def _explain(url: str, path: str, status: int) -> str:
    told = {
        401: "the token is not valid there",
        403: "the token may not read customers; it needs customers:read",
        404: "there is no customers API there",
        429: "it takes no more requests for now",
    }
    return f"{url} answered {status} to {path.partition('?')[0]}: {told.get(status, 'not a 200')}"


def pick(client: Client) -> table.Examples:
    """Values to ask for, from the server's own first pages.

    Raises:
        Unusable: the server has no customers.
    """
    seen: dict[str, dict[str, Any]] = {}
    for name, page in _LOOKED_AT:
        items, _ = client.get_page(table.path_of(sorting=(name,), page=page, limit=100))
        seen |= {customer["id"]: customer for customer in items}
    if not seen:
        raise Unusable("the token's organization has no customers")
    customers = list(seen.values())
    addresses = [customer["email"] for customer in customers if customer["email"]]
    external = [customer["external_id"] for customer in customers if customer["external_id"]]
    words = Counter(word for customer in customers for word in set(_words_of(customer["name"])))
    rarest = sorted(words, key=lambda word: (words[word], word))
    # Most addresses have a part of their own.
    parts = Counter(part for address in addresses for part in set(_words_of(address)))
    pairs = Counter(pair for customer in customers for pair in _pairs_of(customer))
    common = max(pairs, key=lambda pair: (pairs[pair], pair), default=None)
    texts = _common_texts(addresses, rarest)
    return table.Examples(
        ids=tuple(list(seen)[:_VARIED]),
        emails=tuple(addresses[:_VARIED]),
        external_ids=tuple(external[:_VARIED]),
        unique=tuple(_unique(pairs, customers)),
        common=common,
        two=_two(common, pairs, customers),
        plan_and_word=(common, texts[0]) if common and texts else None,
        rare=rarest[0] if rarest else None,
        fresh=tuple([part for part, count in parts.items() if count == 1][:_VARIED]),
        texts=texts,
    )


def _words_of(text: str | None) -> list[str]:
    return [word.lower() for word in _WORD.findall(text or "")]


def _pairs_of(customer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The metadata that filters can ask for: a key in brackets ends with the first bracket."""
    return [
        (key, value if isinstance(value, str) else json.dumps(value))
        for key, value in customer["metadata"].items()
        if "]" not in key
    ]


def _unique(
    pairs: Counter[tuple[str, str]], customers: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Pairs of the key whose values tell most of the customers apart that were looked at."""
    alone = Counter(key for (key, _), count in pairs.items() if count == 1)
    if not alone or len(customers) == 1:
        return []
    key = max(alone, key=lambda name: (alone[name], name))
    return [pair for pair, count in pairs.items() if pair[0] == key and count == 1][:_VARIED]


def _two(
    common: tuple[str, str] | None,
    pairs: Counter[tuple[str, str]],
    customers: Sequence[Mapping[str, Any]],
) -> tuple[tuple[str, str], ...]:
    """The common pair and the commonest other with another key, beside it in some customer."""
    if common is None:
        return ()
    beside = {
        pair
        for customer in customers
        if common in (own := _pairs_of(customer))
        for pair in own
        if pair[0] != common[0]
    }
    return (common, max(beside, key=lambda pair: (pairs[pair], pair))) if beside else ()


def _common_texts(addresses: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """The end of most addresses, the commonest letter, and two letters that a rare word begins with."""
    ends = Counter(address.rpartition(".")[2].lower() for address in addresses)
    letters = Counter("".join(words))
    found = [ends.most_common(1)[0][0]] if ends else []
    found += [letters.most_common(1)[0][0]] if letters else []
    found += [words[0][:2]] if words else []
    return tuple(dict.fromkeys(found))


def measure(client: Client, *, rounds: int, seconds: float) -> list[Compared]:
    """The table, over one connection.

    Args:
        client: the connection to the server.
        rounds: later answers of each shape at most.
        seconds: for each shape at most, though one later answer.

    Raises:
        Unusable: an answer was not a 200, or the server has no customers.
    """
    totals: dict[table.Filters, int] = {}
    firsts: dict[str, float] = {}

    def total_of(filters: table.Filters) -> int:
        if filters not in totals:
            # The first request with these filters: a server may remember what it finds out now.
            path = table.path_of(filters)
            began = time.perf_counter()
            _, totals[filters] = client.get_page(path)
            firsts[path] = (time.perf_counter() - began) * 1000
        return totals[filters]

    shapes = table.shapes(pick(client), total_of)
    return [_ask(client, shape, firsts.get(shape.paths[0]), rounds, seconds) for shape in shapes]


def _ask(
    client: Client, shape: table.Shape, first: float | None, rounds: int, seconds: float
) -> Compared:
    if first is None:
        first = _time(client, shape.paths[0])
    later: list[float] = []
    for at in range(rounds):
        later.append(_time(client, shape.paths[(at + 1) % len(shape.paths)]))
        if sum(later) > seconds * 1000:
            break
    return Compared(
        shape=shape.name,
        group=shape.group,
        total=shape.total,
        first_ms=first,
        p50_ms=inside.share(later, 0.5),
        p99_ms=inside.share(later, 0.99),
        per_second=len(later) * 1000 / sum(later),
        rounds=len(later),
    )


def _time(client: Client, path: str) -> float:
    """How long an answer took, in milliseconds."""
    began = time.perf_counter()
    client.get(path)
    return (time.perf_counter() - began) * 1000


def measure_walk(client: Client, pages: int) -> tuple[int, float]:
    """Reads so many pages of the list at limit=100, or all: how many, and how many seconds it took."""
    _, total = client.get_page(table.path_of(limit=1))
    pages = min(pages, math.ceil(total / table.WALK_LIMIT))
    began = time.perf_counter()
    for page in range(1, pages + 1):
        client.get(table.path_of(page=page, limit=table.WALK_LIMIT))
    return pages, time.perf_counter() - began


def run(console: Console, options: argparse.Namespace) -> None:
    """Measure a server, print it and write it down. Raises Unusable."""
    client = Client(options.url, options.token)
    try:
        found = measure(client, rounds=options.rounds, seconds=options.seconds)
        pages, seconds = measure_walk(client, options.pages)
    finally:
        client.close()
    report.print_compared(console, options.url, found)
    console.print(f"Walk at limit=100: {pages:,} pages in {seconds:.2f} s.", highlight=False)
    result = {
        "url": options.url,
        "shapes": [asdict(one) for one in found],
        "walk": {"pages": pages, "seconds": seconds},
    }
    report.write(console, "compare", result, options.json)


def main() -> None:
    """Compare; a URL or a token that does not work is one line and exit status 2."""
    parser = arguments.make_parser(
        "benchmarks.compare", "Measure any server that speaks the contract, reading only."
    )
    parser.add_argument(
        "url",
        nargs="?",
        default=os.environ.get("URL", ""),
        help="where it answers, such as http://127.0.0.1:8000 (default: $URL)",
    )
    parser.add_argument(
        "token",
        nargs="?",
        default=os.environ.get("TOKEN", ""),
        help="a token with the scope customers:read (default: $TOKEN)",
    )
    arguments.add_comparison(parser)
    try:
        run(report.make_console(), arguments.read(parser, sys.argv[1:]))
    except Unusable as error:
        print(f"compare: {error}", file=sys.stderr)
        sys.exit(_MISTAKE)


if __name__ == "__main__":
    main()
