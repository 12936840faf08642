"""`icefloe products`, `subscriptions` and `orders`: out to files and in from them."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.commerce.asking import find_items, make_customer, make_discount, make_product
from cli.shop import FREE, make_shop, make_subscription
from icefloe.domain.commerce import exports
from icefloe.domain.ports.storage import Tables
from icefloe.services import Services
from support import (
    CLI,
    Engine,
    Organization,
    Server,
    Told,
    make_organization_of,
    run,
    run_cli,
    run_here,
)

pytestmark = pytest.mark.processes

NOUNS = ("products", "subscriptions", "orders")
OTHER = "1dbfc517-0bbf-4301-9ba8-555ca42b9737"


@pytest.fixture
def organization(server: Server, services: Services) -> Organization:
    """An organization that has nothing on the server that all tests share."""
    return make_organization_of(server, services)


@pytest.fixture
def shop(organization: Organization) -> Organization:
    """An organization with some of everything that is exported."""
    make_shop(organization)
    return organization


def export(noun: str, database: str, organization_id: UUID) -> str:
    """What an export writes."""
    told = run_here(noun, "export", "--organization", str(organization_id), "--database", database)
    assert told.err == ""
    return told.out


def lines_of(objects: Iterable[Any]) -> str:
    """Objects as NDJSON."""
    return "".join(json.dumps(one) + "\n" for one in objects)


def shown(organization: Organization, server: Server, noun: str) -> list[dict[str, Any]]:
    """The objects of an export."""
    return [
        json.loads(line) for line in export(noun, server.database, organization.id).splitlines()
    ]


def find_product(organization: Organization, name: str) -> str:
    """The id of the product with a name."""
    (found,) = find_items(organization.get(f"/v1/products/?query={name}"))
    product_id: str = found["id"]
    return product_id


def place_many(organization: Organization, count: int) -> list[str]:
    """Many subscriptions of one customer, stored at once; their ids, in order."""
    product = make_product(organization, prices=FREE)
    made = make_subscription(organization, make_customer(organization), product)
    ids = [str(uuid4()) for _ in range(count - 1)]

    async def work(tables: Tables) -> None:
        table = tables.commerce.subscriptions
        document = await table.find(organization.id, UUID(made["id"]))
        assert document is not None
        for one in ids:
            await table.add(organization.id, {**document, "id": one})

    run(organization.services.storage.write(work))
    return [made["id"], *ids]


def sorted_as(items: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same items in the order of others, by their ids."""
    by_id = {one["id"]: one for one in items}
    assert by_id.keys() == {one["id"] for one in others}
    return [by_id[one["id"]] for one in others]


class TestExport:
    """`icefloe products export`, and its neighbours'."""

    @pytest.mark.parametrize("noun", NOUNS)
    def test_nothing(self, organization: Organization, server: Server, noun: str) -> None:
        """Without objects an export is empty."""
        assert export(noun, server.database, organization.id) == ""

    @pytest.mark.parametrize("noun", NOUNS)
    def test_the_wire_s_form(self, shop: Organization, server: Server, noun: str) -> None:
        """Each line is what the API answers, the oldest first, with what an import needs behind."""
        items = find_items(shop.get(f"/v1/{noun}/?limit=100"))

        exported = shown(shop, server, noun)

        more = {"meters", "discount_products"} if noun == "products" else {"discount_products"}
        for one, item in zip(exported, sorted_as(items, exported), strict=True):
            assert list(one)[: len(item)] == list(item)
            assert {key: one[key] for key in item} == item
            assert one.keys() - item.keys() <= more

    def test_what_lies_beneath(self, shop: Organization, server: Server) -> None:
        """A product has its meters whole; a subscription the products that its discount is for."""
        products = {one["name"]: one for one in shown(shop, server, "products")}
        subscriptions = shown(shop, server, "subscriptions")

        assert [one["name"] for one in products["Free"]["meters"]] == ["Tokens"]
        assert [one["filter"]["conjunction"] for one in products["Used"]["meters"]] == ["and"]
        assert "meters" not in products["Book"]
        assert subscriptions[0]["discount_products"] == [products["Free"]["id"]]
        assert "discount_products" not in subscriptions[1]

    def test_many(self, organization: Organization, server: Server) -> None:
        """More than a batch of them: each is there once, in the order in which they were stored."""
        ids = place_many(organization, 450)

        assert [one["id"] for one in shown(organization, server, "subscriptions")] == ids

    def test_in_batches(self, organization: Organization) -> None:
        """No more than some hundred objects are in memory at once."""
        place_many(organization, 450)

        async def count() -> list[int]:
            store = organization.services.storage
            batches = exports.walk(store, organization.id, "subscriptions")
            return [len(batch) async for batch in batches]

        assert run(count()) == [200, 200, 50]

    def test_to_a_file(self, shop: Organization, server: Server, tmp_path: Path) -> None:
        """A file has what standard output would have, and only its owner can read it."""
        file = tmp_path / "orders.ndjson"
        run_here(
            "orders", "export", file, "--organization", str(shop.id), "--database", server.database
        )

        assert file.read_text("utf-8") == export("orders", server.database, shop.id)
        assert file.stat().st_mode & 0o777 == 0o600

    def test_unknown_organization(self, server: Server) -> None:
        """An organization that is not there is told of in one line."""
        told = run_here(
            "products",
            "export",
            "--organization",
            OTHER,
            "--database",
            server.database,
            check=False,
        )

        assert told.mistake == f"there is no organization {OTHER}"


@pytest.fixture
def mirror(engine: Engine, shop: Organization, server: Server) -> Callable[..., Told]:
    """Runs a command about an organization with the shop's id and customers, on another database."""

    def command(*words: str | Path, **options: Any) -> Told:
        flags = ("--organization", str(shop.id), "--database", engine.database)
        return run_here(*words, *flags, **options)

    run_here(
        "organizations", "create", "Mirror", "--id", str(shop.id), "--database", engine.database
    )
    customers = export("customers", server.database, shop.id)
    command("customers", "import", "-", given=customers)
    return command


class TestImport:
    """`icefloe products import`, and its neighbours'."""

    def test_round_trip(
        self, shop: Organization, server: Server, mirror: Callable[..., Told]
    ) -> None:
        """What was exported is imported into another database, and exported to the same bytes."""
        for noun in NOUNS:
            exported = export(noun, server.database, shop.id)
            count = exported.count("\n")

            told = mirror(noun, "import", "-", given=exported)
            assert (told.out, told.err) == (f"Added {count}, updated 0, unchanged 0.\n", "")
            assert mirror(noun, "export").out == exported
            again = mirror(noun, "import", "-", given=exported)
            assert again.out == f"Added 0, updated 0, unchanged {count}.\n"
            assert mirror(noun, "export").out == exported

    def test_pages(self, shop: Organization, mirror: Callable[..., Told]) -> None:
        """Pages of the API are imported as they were answered, though they have less."""
        page = shop.get("/v1/products/?limit=100").json()
        page["items"] = [one for one in page["items"] if one["name"] in {"Book", "Seats"}]

        told = mirror("products", "import", "-", given=json.dumps(page, indent=1))

        assert (told.out, told.err) == ("Added 2, updated 0, unchanged 0.\n", "")

    @pytest.mark.parametrize("noun", ["subscriptions", "orders"])
    def test_without_products(
        self, shop: Organization, mirror: Callable[..., Told], noun: str
    ) -> None:
        """What names a product that is not there is refused, by its place in the page."""
        page = shop.get(f"/v1/{noun}/?product_id={find_product(shop, 'Free')}")

        told = mirror(noun, "import", "-", given=page.text, check=False)

        assert told.status == 2
        assert told.out == "Added 0, updated 0, unchanged 0.\n"
        assert told.err.startswith("line 1, item 1: product_id: Product does not exist.\n")

    def test_a_change(
        self, shop: Organization, server: Server, mirror: Callable[..., Told]
    ) -> None:
        """An object that is there gets the values of its line, and the rest stays as it is."""
        mirror("products", "import", "-", given=export("products", server.database, shop.id))
        book = next(one for one in shown(shop, server, "products") if one["name"] == "Book")

        told = mirror("products", "import", "-", given=lines_of([book | {"name": "Map"}]))

        assert told.out == "Added 0, updated 1, unchanged 0.\n"
        exported = [json.loads(line) for line in mirror("products", "export").out.splitlines()]
        assert [one["name"] for one in exported][-1] == "Map"
        assert exported[-1] == book | {"name": "Map"}

    def test_what_is_there_already(
        self, shop: Organization, server: Server, mirror: Callable[..., Told]
    ) -> None:
        """A benefit that is there stays as it is, whatever a product's line shows of it."""
        mirror("products", "import", "-", given=export("products", server.database, shop.id))
        free = next(one for one in shown(shop, server, "products") if one["name"] == "Free")
        renamed = [one | {"description": "Other"} for one in free["benefits"]]

        told = mirror("products", "import", "-", given=lines_of([free | {"benefits": renamed}]))

        assert told.out == "Added 0, updated 0, unchanged 1.\n"
        assert mirror("products", "export").out == export("products", server.database, shop.id)

    def test_what_follows(
        self, shop: Organization, server: Server, engine: Engine, mirror: Callable[..., Told]
    ) -> None:
        """Customers with active subscriptions are active and have their benefits; nothing is told."""
        for noun in NOUNS:
            mirror(noun, "import", "-", given=export(noun, server.database, shop.id))

        found = run(read_mirror(engine, shop.id))

        assert found == (["ada"], ["Key", "Support", "Tokens"], [])


async def read_mirror(
    engine: Engine, organization_id: UUID
) -> tuple[list[str | None], list[str], list[str]]:
    """Active customers by external id, the benefits they have, and the types of events of commerce."""
    store = await engine.open()
    try:
        return await store.read(partial(_read_mirror, organization_id))
    finally:
        await store.close()


async def _read_mirror(
    organization_id: UUID, tables: Tables
) -> tuple[list[str | None], list[str], list[str]]:
    customers = await tables.customers.find_all(organization_id)
    grants = await tables.commerce.benefit_grants.find_all(organization_id)
    ids = [one.document["benefit_id"] for one in grants if one.document["is_granted"]]
    texts = await tables.commerce.benefits.find_texts(organization_id, map(UUID, ids))
    events = await tables.events.find_all(organization_id)
    return (
        [one.external_id for one in customers if one.is_active],
        sorted(json.loads(text)["description"] for text in texts.values()),
        [one.type for one in events if not one.type.startswith(("customer", "member"))],
    )


class TestCustomers:
    """How a subscription finds its customer."""

    def take(
        self, organization: Organization, server: Server, **values: Any
    ) -> tuple[Told, dict[str, Any]]:
        """What an import tells of a subscription that names its customer so, and the customer."""
        product = make_product(organization, prices=FREE)
        ada = make_customer(organization)
        line = {"id": str(uuid4()), "product_id": product["id"], **values}
        told = run_here(
            "subscriptions", "import", "-", "--organization", str(organization.id),
            "--database", server.database, given=lines_of([line]), check=False,
        )  # fmt: skip
        return told, ada

    @pytest.mark.parametrize(
        "shown",
        [
            {"external_id": "ada"},
            {"email": "ADA@example.com"},
            {"external_id": "other", "email": "ada@example.com"},
            {"id": OTHER, "external_id": "ada", "email": "bob@example.com"},
        ],
    )
    def test_by_name(
        self, organization: Organization, server: Server, shown: dict[str, Any]
    ) -> None:
        """A customer with another id is found by its external id, or else its e-mail address."""
        told, ada = self.take(organization, server, customer=shown)

        assert (told.out, told.err) == ("Added 1, updated 0, unchanged 0.\n", "")
        (made,) = find_items(organization.get("/v1/subscriptions/"))
        assert made["customer_id"] == ada["id"]
        assert made["status"] == "active"

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"customer_id": OTHER},
            {"customer": {"external_id": "bob", "email": "b@example.com"}},
        ],
    )
    def test_nobody(
        self, organization: Organization, server: Server, values: dict[str, Any]
    ) -> None:
        """Without such a customer the line is refused, without the values of its names."""
        told, _ = self.take(organization, server, **values)

        assert told.status == 2
        assert told.err.splitlines()[0] == (
            "line 1: customer: there is none with this id, external_id or email;"
            " import customers first"
        )


class TestBadFiles:
    """What can be wrong with a file."""

    def take(
        self, organization: Organization, server: Server, noun: str, content: str, *flags: str
    ) -> Told:
        """What an import of a text tells."""
        return run_here(
            noun, "import", "-", "--organization", str(organization.id),
            "--database", server.database, *flags, given=content, check=False,
        )  # fmt: skip

    def test_some_lines(self, organization: Organization, server: Server) -> None:
        """Bad lines are told of by their numbers, and the others are stored."""
        right = {"id": OTHER, "name": "Right"}
        wrong: list[Any] = [
            {"name": "Without id"},
            {"id": str(uuid4()), "visibility": "secret"},
            {"id": str(uuid4()), "prices": [{"id": str(uuid4()), "amount_type": "fixed"}]},
            {
                "id": str(uuid4()),
                "prices": [
                    {
                        "id": str(uuid4()),
                        "amount_type": "metered_unit",
                        "unit_amount": "1",
                        "meter_id": OTHER,
                    }
                ],
            },
            {"id": str(uuid4()), "name": "a\0b"},
            {"id": str(uuid4()), "trial_interval_count": 0},
            {
                "id": str(uuid4()),
                "prices": [{"id": OTHER, "amount_type": "fixed", "price_amount": -1}],
            },
            [],
            7,
        ]

        told = self.take(
            organization, server, "products", lines_of([*wrong, right]) + "{\n" + lines_of([right])
        )

        assert told.out == "Added 1, updated 0, unchanged 1.\n"
        *problems, last = told.err.splitlines()
        assert problems == [
            "line 1: id: is needed",
            "line 2: visibility: must be draft, private or public",
            "line 3: prices.0: price_amount: is needed",
            "line 4: prices.0.meter_id: Meter does not exist.",
            "line 5: name: must not contain a NUL character",
            "line 6: trial_interval_count: must be at least 1",
            "line 7: prices.0.price_amount: must be at least 0",
            "line 9: must be an object: keys and values",
            "line 11: not JSON from character 1 on",
        ]
        assert last == (
            "icefloe: 9 bad lines of -, the rest is stored;"
            " when they are mended, import the file again"
        )

    def test_as_json(self, organization: Organization, server: Server) -> None:
        """With --json the report has everything that people are told."""
        content = lines_of([{"id": OTHER, "nmae": "Pro", "prices": []}, {"id": "1"}])

        told = self.take(organization, server, "products", content, "--json")

        assert told.status == 2
        assert told.json == {
            "added": 1,
            "updated": 0,
            "skipped": 0,
            "failed": 1,
            "failures": [
                ["line 2", "id: must be a UUID such as 1dbfc517-0bbf-4301-9ba8-555ca42b9737"]
            ],
            "left_out": ["nmae"],
        }

    def test_a_doubled_code(self, organization: Organization, server: Server) -> None:
        """A discount whose code another has is refused with the line that brings it."""
        make_discount(organization, code="TEN10")
        product, ada = make_product(organization, prices=FREE), make_customer(organization)
        usual = {"customer_id": ada["id"], "product_id": product["id"]}
        discount = {"id": str(uuid4()), "code": "ten10"}
        content = lines_of(
            [
                {"id": str(uuid4()), **usual},
                {"id": str(uuid4()), **usual, "discount": discount},
                {"id": str(uuid4()), **usual},
            ]
        )

        told = self.take(organization, server, "subscriptions", content)

        assert told.out == "Added 2, updated 0, unchanged 0.\n"
        assert told.err.splitlines()[0].startswith("line 2: discount.code: ")

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            ("id,name\n1,Pro\n", "the file: is not JSON"),
            ('{\n"id"', "line 2: not JSON from character 5 on"),
            ('{"id": 1, "id": 2}\n', "line 1: id: there are two such keys"),
        ],
    )
    def test_no_objects(
        self, organization: Organization, server: Server, content: str, problem: str
    ) -> None:
        """A file of another kind is told of in one line."""
        told = self.take(organization, server, "orders", content)

        assert told.status == 2
        assert told.err.splitlines()[0] == problem

    def test_unknown_organization(self, server: Server) -> None:
        """An organization that is not there is told of in one line."""
        told = run_here(
            "orders", "import", "-", "--organization", OTHER, "--database", server.database,
            given="", check=False,
        )  # fmt: skip

        assert told.mistake == f"there is no organization {OTHER}"

    def test_no_file(self, organization: Organization, server: Server, tmp_path: Path) -> None:
        """A file that is not there is told of in one line."""
        told = run_here(
            "orders", "import", tmp_path / "none", "--organization", str(organization.id),
            "--database", server.database, check=False,
        )  # fmt: skip

        assert told.mistake == f"there is no file {tmp_path / 'none'}"


def test_another_process(shop: Organization, server: Server, tmp_path: Path) -> None:
    """The command line beside the running server exports, and imports what the server then shows."""
    flags = ("--organization", str(shop.id), "--database", server.database)
    file = tmp_path / "products.ndjson"
    run_cli("products", "export", str(file), *flags)
    file.write_text(file.read_text("utf-8").replace('"name":"Free"', '"name":"Gratis"'), "utf-8")

    done = run_cli("products", "import", str(file), *flags)

    assert (done.stdout, done.stderr) == ("Added 0, updated 1, unchanged 4.\n", "")
    names = [one["name"] for one in find_items(shop.get("/v1/products/?sorting=created_at"))]
    assert names == ["Gratis", "Used", "Seats", "Units", "Book"]


def test_interrupted(organization: Organization, server: Server, tmp_path: Path) -> None:
    """Ctrl-C ends an import without a word; what it has stored is whole, and it can go on later."""
    flags = ("--organization", str(organization.id), "--database", server.database)
    file = tmp_path / "products.ndjson"
    file.write_text(lines_of({"id": str(uuid4()), "name": f"P{at}"} for at in range(5000)), "utf-8")
    words = [str(CLI), "products", "import", str(file), *flags]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def count() -> int:
        answer = organization.get("/v1/products/?limit=1")
        total: int = answer.json()["pagination"]["total_count"]
        return total

    while process.poll() is None and count() == 0:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)

    assert (process.returncode, out, err) == (130, "", "")
    assert count() % 100 == 0
    assert 0 < count() < 5000
