"""How long the dashboard's pages take in the server, however many customers there are.

python -m benchmarks.dashboard --size 1000000

A person who is signed in asks for each page, within the application's own process. The time includes
the session, the person's organizations, the data, the page and the line in the log.
"""

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from rich.console import Console

from benchmarks import arguments, data, datasets, inside, report, table, truth
from icefloe.assembly import open_services

_AIM_MS = 100.0
_LEAST = 5
_EMAIL, _PASSWORD = "bench@example.com", "an oak, a boat, eleven geese"
_OK, _SEE_OTHER = 200, 303
_TOKEN = re.compile(rb'name="csrf" value="([^"]+)"')
# What the API's parameters are called in the address of the dashboard's list.
_NAMES = {"sorting": "sort", "page": "page"}
# As many customers as the API's list has, so that the same pages are the last.
_SIZE = ("size", "10")
_FORM = (b"content-type", b"application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be asked for.

    Attributes:
        name: what the table calls it.
        path: behind the organization's own part.
        says: what has to stand on it.
    """

    name: str
    path: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """How long a page takes, in milliseconds.

    Attributes:
        page: what it is called.
        size: how many bytes it has.
        first_ms: the first answer of services that have just been opened and remember nothing.
        p50_ms: half of the later answers took no longer.
        p99_ms: 99 of 100 of them took no longer.
        aim_ms: what half of them should not take.
    """

    page: str
    size: int
    first_ms: float
    p50_ms: float
    p99_ms: float
    aim_ms: float = _AIM_MS


class Person:
    """A person who is signed in and looks at one organization."""

    def __init__(self, asked: inside.Inside, home: str) -> None:
        self._asked = asked
        self._home = home
        self._cookies: dict[bytes, bytes] = {}

    async def sign_in(self) -> None:
        """Sign in by the form, as a browser does. Raises RuntimeError where that fails."""
        form = await self._ask("GET", "/dashboard/sign-in")
        token = _TOKEN.search(form.body)
        if token is None:
            raise RuntimeError("the sign-in page has no form")
        fields = {"csrf": token[1].decode(), "email": _EMAIL, "password": _PASSWORD}
        answer = await self._ask("POST", "/dashboard/sign-in", urlencode(fields).encode())
        if answer.status != _SEE_OTHER:
            raise RuntimeError(f"signing in was answered {answer.status}")

    async def look(self, page: Page) -> inside.Answer:
        """A page. Raises RuntimeError where that is not to be had."""
        answer = await self._ask("GET", self._home + page.path)
        if answer.status != _OK:
            raise RuntimeError(f"{page.name} was answered {answer.status}")
        if page.says.encode() not in answer.body:
            raise RuntimeError(f"{page.name} does not say {page.says}")
        return answer

    async def _ask(self, method: str, path: str, body: bytes = b"") -> inside.Answer:
        cookie = b"; ".join(b"=".join(pair) for pair in self._cookies.items())
        headers = [(b"host", b"127.0.0.1:8000"), (b"cookie", cookie), *([_FORM] if body else [])]
        answer = await self._asked.ask(method, path, headers, body)
        for name, value in answer.headers:
            if name.lower() == b"set-cookie":
                pair, _, _ = value.partition(b";")
                key, _, kept = pair.partition(b"=")
                self._cookies[key] = kept
        return answer


def pages(size: int) -> list[Page]:
    """What is looked at."""
    customer = f"/customers/{data.customer_id(size // 2)}"
    return [
        Page("overview", ""),
        Page("overview, by month", "?by=month"),
        *(_list(shape) for shape in truth.shapes(size) if _is_list_of_one_order(shape)),
        Page("one customer", customer),
        Page("one customer's form", f"{customer}/edit"),
        Page("access tokens", "/settings/tokens"),
        Page("people", "/settings/people"),
    ]


def _is_list_of_one_order(shape: table.Shape) -> bool:
    """Whether a shape is a list as the dashboard shows it, too: it sorts by one criterion."""
    path, _, query = shape.paths[0].partition("?")
    return path == table.PATH and query.count("sorting=") <= 1


def _list(shape: table.Shape) -> Page:
    """The page that shows what a request's list holds."""
    filters = shape.filters or table.EVERYBODY
    pairs = [("metadata", f"{key}={value}") for key, value in filters.metadata]
    pairs += [("email", filters.email)] if filters.email else []
    pairs += [("q", filters.query)] if filters.query else []
    pairs += [("active", str(filters.active).lower())] if filters.active is not None else []
    asked = dict(parse_qsl(shape.paths[0].partition("?")[2]))
    pairs += [(ours, asked[theirs]) for theirs, ours in _NAMES.items() if theirs in asked]
    says = "" if shape.total is None else f"{shape.total:,} customer"
    return Page(f"customers, {shape.name}", f"/customers?{urlencode([*pairs, _SIZE])}", says)


async def _measure(
    dataset: datasets.Dataset, log: Path, rounds: int, seconds: float
) -> list[Found]:
    home = await _prepare(dataset)
    wanted = pages(dataset.size)
    first = {page: await _first(dataset, log, home, page) for page in wanted}
    async with inside.started(dataset, "", log) as asked:
        person = Person(asked, home)
        await person.sign_in()
        return [await _rounds(person, page, first[page], rounds, seconds) for page in wanted]


async def _prepare(dataset: datasets.Dataset) -> str:
    """Create a person who may see the large organization; returns the address of its pages."""
    services = await open_services(datasets.settings(dataset.database))
    try:
        await services.people.create(_EMAIL, _PASSWORD, roles={data.ORGANIZATION_ID: "owner"})
        organization = await services.organizations.get(data.ORGANIZATION_ID)
    finally:
        await services.stop()
    return f"/dashboard/{organization.slug}"


async def _first(dataset: datasets.Dataset, log: Path, home: str, page: Page) -> float:
    async with inside.started(dataset, "", log) as asked:
        person = Person(asked, home)
        await person.sign_in()
        return (await person.look(page)).ms


async def _rounds(
    person: Person, page: Page, first_ms: float, rounds: int, seconds: float
) -> Found:
    size = len((await person.look(page)).body)
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < rounds and (len(taken) < _LEAST or time.perf_counter() - began < seconds):
        taken.append((await person.look(page)).ms)
    return Found(page.name, size, first_ms, inside.share(taken, 0.5), inside.share(taken, 0.99))


def print_found(console: Console, engine: str, found: Sequence[Found]) -> None:
    """Print the table."""
    rows = [
        [
            one.page,
            f"{one.size / 1000:.1f}",
            *(report.show_ms(each) for each in (one.first_ms, one.p50_ms, one.p99_ms)),
            f"< {one.aim_ms:g}",
        ]
        for one in found
    ]
    columns = ["page", "kB", "first", "p50", "p99", "aim"]
    report.print_table(console, f"The dashboard's pages on {engine}, ms", columns, rows)


def run(options: argparse.Namespace, folder: Path) -> None:
    """Measure every page on each engine, print it and write it down."""
    console = report.make_console()
    kept = options.data is not None
    engines = {}
    with datasets.opened(
        console, folder, options.size, with_postgres=options.postgres, kept=kept
    ) as (found, _):
        for engine, dataset in found.items():
            with (
                dataset.copied() as copy,
                tempfile.TemporaryDirectory(prefix="icefloe-benchmark-log-") as scratch,
                console.status(f"{engine}: the dashboard"),
            ):
                log = Path(scratch, "log")
                measured = inside.run(
                    _measure(copy, log, options.shape_rounds, options.shape_seconds)
                )
            print_found(console, engine, measured)
            engines[engine] = [asdict(one) for one in measured]
    report.write(console, "dashboard", {"size": options.size, "engines": engines}, options.json)


def main() -> None:
    """Measure the dashboard."""
    parser = arguments.make_parser("benchmarks.dashboard", "Measure the dashboard's pages.")
    arguments.add_size(parser)
    arguments.add_shapes(parser)
    options = arguments.read(parser, sys.argv[1:])
    try:
        with datasets.folder_of(options.data) as folder:
            run(options, folder)
    except RuntimeError as error:
        sys.exit(f"benchmark: {error}")


if __name__ == "__main__":
    main()
