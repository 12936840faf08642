"""How fast lists of subscriptions and orders answer, and a customer's state.

python -m benchmarks.commerce

Requests go to the application within its own process. Beside each stands the bare limit of a list: one
statement that reads ten documents of an index, without a server and without a count.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import UUID, uuid4

import apsw
from rich.console import Console

from benchmarks import arguments, datasets, inside, postgres, report
from icefloe.assembly import open_services
from icefloe.domain.ports.storage import Tables
from icefloe.domain.values import moments
from icefloe.domain.values.commerce import ObjectQuery, Order
from icefloe.domain.values.customers import NewCustomer
from icefloe.domain.values.documents import Document, read
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.orders import NewOrder
from icefloe.domain.values.products import NewProduct
from icefloe.domain.values.subscriptions import NewSubscription
from icefloe.services import Services

_AIM_FIRST_MS = 1.0
_AIM_ANY_MS = 10.0
_AIM_STATE_MS = 0.3
_CUSTOMERS = 1_000
_PRODUCTS = 20
_CHUNK = 1_000
_ASKED = 30
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_STEP = timedelta(minutes=5)
_STATUSES = ("active", "active", "active", "canceled", "past_due")
_SCOPES = (
    "subscriptions:read",
    "orders:read",
    "products:read",
    "customers:read",
    "customers:write",
)
_PRICE = {
    "amount_type": "fixed", "price_currency": "usd", "tax_behavior": None, "price_amount": 0,
}  # fmt: skip
_NEW_PRODUCT: NewProduct = {
    "name": "Product",
    "description": None, "visibility": "public", "recurring_interval": "month",
    "recurring_interval_count": 1, "trial_interval": None, "trial_interval_count": None,
    "meter_interval": None, "metadata": {}, "prices": [_PRICE], "medias": [],
    "attached_custom_fields": [],
}  # fmt: skip
_OLDEST = ObjectQuery(page=PageRequest(limit=1), sorting=(Order("created_at", descending=True),))
# `{page}` is a page in the middle, `{last}` the last one.
_LISTS = (
    "",
    "?limit=100",
    "?page={page}",
    "?page={last}",
    "?customer_id={customer}",
    "?external_customer_id=u1",
    "?product_id={product}",
    "?product_id={product}&sorting=customer",
)
_SUBSCRIPTIONS = (
    *_LISTS, "?active=true", "?active=true&page=50", "?status=past_due", "?cancel_at_period_end=true",
    *(f"?sorting={name}" for name in (
        "started_at", "status", "-current_period_end", "amount", "customer", "product",
    )),
)  # fmt: skip
_ORDERS = (
    *_LISTS, "?status=paid", "?product_billing_type=recurring",
    *(f"?sorting={name}" for name in (
        "created_at", "status", "-amount", "invoice_number", "customer", "product", "subscription",
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """How fast one kind of request is answered: median and slowest of 30, in milliseconds."""

    engine: str
    asked: str
    ms: float
    slowest_ms: float


@dataclass(frozen=True, slots=True)
class World:
    """The organization that is asked about.

    Attributes:
        token: reads it.
        places: the values that paths of requests name.
    """

    token: str
    places: dict[str, str]


async def _set_up(database: str, count: int) -> World:
    """Make an organization with so many subscriptions and orders."""
    services = await open_services(datasets.settings(database))
    try:
        organization = await services.organizations.create("Commerce")
        _, token = await services.tokens.create(organization.id, "benchmark", _SCOPES)
        subject = await services.tokens.authenticate(token)
        customers = [
            _id_of(
                await services.customer_writes.create(
                    subject,
                    NewCustomer(email=f"customer{number}@example.com", external_id=f"u{number}"),
                )
            )
            for number in range(_CUSTOMERS)
        ]
        products = [
            _id_of(
                await services.commerce.products.create(
                    organization.id, {**_NEW_PRODUCT, "name": f"Product {number}"}
                )
            )
            for number in range(_PRODUCTS)
        ]
        await _add_objects(services, organization.id, customers, products, count)
    finally:
        await services.stop()
    middle, last = count // 20, count // 10
    places = {"customer": customers[1], "product": products[1], "page": middle, "last": last}
    return World(token, {name: str(place) for name, place in places.items()})


def _id_of(document: bytes) -> UUID:
    return UUID(read(document)["id"])


async def _add_objects(
    services: Services,
    organization_id: UUID,
    customers: list[UUID],
    products: list[UUID],
    count: int,
) -> None:
    """Store copies of one subscription and one order for all customers and products."""
    await services.commerce.subscriptions.create(
        organization_id,
        NewSubscription(product_id=products[0], customer_id=customers[0], metadata={}),
    )
    await services.commerce.orders.create(
        organization_id, NewOrder(customer_id=customers[0], product_id=products[0])
    )
    for resource in ("subscriptions", "orders"):
        for first in range(0, count, _CHUNK):
            numbers = range(first, min(first + _CHUNK, count))

            async def work(
                tables: Tables, resource: str = resource, numbers: range = numbers
            ) -> None:
                table = tables.commerce.table(resource)
                [original, *_] = await table.find_matching(organization_id, _OLDEST)
                for number in numbers:
                    customer, product = customers[number % _CUSTOMERS], products[number % _PRODUCTS]
                    await table.add(
                        organization_id, original | _find_changes(number, customer, product)
                    )

            await services.storage.write(work)


def _find_changes(number: int, customer: UUID, product: UUID) -> Document:
    """How the so-manieth subscription or order differs from the first."""
    moment = moments.render(_BEGIN + number * _STEP)
    return {
        "id": str(uuid4()),
        "created_at": moment,
        "started_at": moment,
        "customer_id": str(customer),
        "product_id": str(product),
        "amount": number * 7 % 10_000,
        "net_amount": number * 7 % 10_000,
        "status": _STATUSES[number % len(_STATUSES)],
        "invoice_number": f"AB-{number:08}",
    }


async def _measure(
    databases: dict[str, str], folder: Path, count: int
) -> tuple[list[Question], float]:
    """How fast requests are answered, and the bare limit of a list in milliseconds."""
    questions, bare = [], 0.0
    for engine, database in databases.items():
        world = await _set_up(database, count)
        if engine == datasets.SQLITE:
            bare = _find_bare(database.removeprefix("sqlite:///"))
        dataset = datasets.Dataset(engine, database, _CUSTOMERS)
        async with inside.started(dataset, world.token, folder / "log") as asked:
            for path in (
                "customers/{customer}/state",
                *[f"subscriptions/{query}" for query in _SUBSCRIPTIONS],
                *[f"orders/{query}" for query in _ORDERS],
            ):
                times = await _ask(asked, f"/v1/{path.format(**world.places)}")
                questions.append(Question(engine, path, statistics.median(times), max(times)))
    return questions, bare


def _find_bare(file: str) -> float:
    """The milliseconds in which SQLite alone reads the ten latest documents of all subscriptions."""
    connection = apsw.Connection(file)
    [(organization_id,)] = connection.execute("SELECT id FROM organizations")
    times = []
    for _ in range(_ASKED):
        started = time.perf_counter()
        connection.execute(
            "SELECT document FROM subscriptions WHERE organization_id = ? AND deleted_at IS NULL"
            " ORDER BY started_at DESC, sequence DESC LIMIT 10",
            (organization_id,),
        ).fetchall()
        times.append((time.perf_counter() - started) * 1000)
    connection.close()
    return statistics.median(times)


async def _ask(asked: inside.Inside, path: str) -> list[float]:
    """The milliseconds of each of 30 requests."""
    times = []
    for _ in range(_ASKED):
        answer = await asked.get(path)
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"{path}: {answer.body.decode()}")
        times.append(answer.ms)
    return times


@contextlib.contextmanager
def _databases(folder: Path, *, with_postgres: bool) -> Iterator[dict[str, str]]:
    """An empty database of each engine."""
    with contextlib.ExitStack() as stack:
        found = {datasets.SQLITE: f"sqlite:///{folder / 'commerce.db'}"}
        server = stack.enter_context(postgres.running_server()) if with_postgres else None
        if server is not None:
            found[datasets.POSTGRES] = stack.enter_context(postgres.database(server))
        yield found


def print_found(console: Console, count: int, questions: list[Question], bare: float) -> None:
    """Print the table."""
    rows = [[one.engine, one.asked, f"{one.ms:.2f}", f"{one.slowest_ms:.2f}"] for one in questions]
    rows.append([datasets.SQLITE, "bare limit", f"{bare:.2f}", ""])
    title = (
        f"Milliseconds, {count:,} subscriptions and orders"
        f" (aims: page 1 {_AIM_FIRST_MS:.0f}, any page {_AIM_ANY_MS:.0f}, state {_AIM_STATE_MS})"
    )
    report.print_table(console, title, ["engine", "asked", "median", "slowest"], rows, words=2)


def run(console: Console, options: argparse.Namespace) -> None:
    """Measure, print, and write it down."""
    with (
        tempfile.TemporaryDirectory(prefix="icefloe-benchmark-") as name,
        _databases(Path(name), with_postgres=options.postgres) as databases,
        console.status("Commerce"),
    ):
        questions, bare = inside.run(_measure(databases, Path(name), options.count))
    print_found(console, options.count, questions, bare)
    result = {"questions": [asdict(one) for one in questions], "bare_ms": bare}
    report.write(console, "commerce", {"count": options.count, **result}, options.json)


def main() -> None:
    """Measure commerce."""
    parser = arguments.make_parser(
        "benchmarks.commerce", "Measure lists of subscriptions and orders."
    )
    parser.add_argument(
        "--count",
        type=int,
        default=10_000,
        help="subscriptions, and as many orders (default: 10,000)",
    )
    parser.add_argument(
        "--no-postgres", dest="postgres", action="store_false", help="measure SQLite alone"
    )
    run(report.make_console(), arguments.read(parser, sys.argv[1:]))


if __name__ == "__main__":
    main()
