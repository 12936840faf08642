"""What every engine promises of customers: who collides with whom, and what is kept beside them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import errors
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.customers import Customer
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter
from icefloe.domain.values.tax_ids import TaxID
from support import add_customer, customer_of, documents_of, run

DELETED_AT = datetime(2026, 2, 1, tzinfo=UTC)


class Kept:
    """What a test does to the customers of one organization."""

    def __init__(self, store: Storage, organization_id: UUID) -> None:
        self.store = store
        self.organization_id = organization_id

    def add(self, number: int = 1, **values: Any) -> Customer:
        """Keep a customer."""
        customer = customer_of(self.organization_id, number, **values)
        run(self.store.write(lambda tables: add_customer(tables, customer)))
        return customer

    def replace(self, customer: Customer) -> None:
        """Keep new values of a customer."""
        run(self.store.write(lambda tables: tables.customers.replace(customer, customer.email)))

    def find(self, customer_id: UUID) -> Customer | None:
        """A customer by id."""
        return run(
            self.store.read(lambda tables: tables.customers.find(self.organization_id, customer_id))
        )

    def find_names(self, **query: Any) -> list[str]:
        """The names of those whom a query finds; the total must agree."""
        page = run(
            self.store.read(
                lambda tables: tables.customers.find_page(
                    self.organization_id, CustomerQuery(**query)
                )
            )
        )
        found = documents_of(page)
        assert page.total_count == len(found)
        return [document["name"] for document in found]


@pytest.fixture
def kept(store: Storage, organization_id: UUID) -> Kept:
    """An organization without customers."""
    return Kept(store, organization_id)


def test_everything_comes_back(kept: Kept) -> None:
    """Every value of a customer is read back as it was kept."""
    full = kept.add(
        1,
        created_at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        modified_at=datetime(1969, 7, 20, 20, 17, 40, 1, tzinfo=UTC),
        deleted_at=datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        type="team",
        email="Ünï@Exämple.com",
        email_verified=True,
        external_id="a/b 'c' \"d\" ; --",
        name="\u0301 名 \n\t \U0001f9ca",
        billing_name="",
        billing_address=Address(country="FR", line1="1 Quai", city="Brest"),
        tax_id=TaxID("FR61954506077", "eu_vat"),
        locale="fr-FR",
        metadata={"a": "ü", "b": 10**30, "c": 1.5, "d": True, "e": 0.0},
        default_payment_method_id=uuid4(),
        first_user_event_at=datetime(1, 1, 1, tzinfo=UTC),
    )
    least = kept.add(2, type="team", email=None, name=None, external_id=None)

    assert kept.find(full.id) == full
    assert kept.find(least.id) == least
    assert kept.find(uuid4()) is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "CUSTOMER1@example.com"}, "email"),
        ({"email": "customer1@EXAMPLE.com"}, "email"),
        ({"external_id": "usr_1"}, "external_id"),
        ({"id": UUID("3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f")}, "id"),
    ],
)
class TestDuplicates:
    """What is one customer's alone within an organization."""

    @pytest.fixture(autouse=True)
    def _first(self, kept: Kept) -> None:
        kept.add(1, id=UUID("3f2c1d60-1b2a-4c3d-8e4f-5a6b7c8d9e0f"))

    def test_added(self, kept: Kept, values: dict[str, Any], field: str) -> None:
        """Another customer with the same is refused, and the field is named."""
        with pytest.raises(errors.Duplicate) as refused:
            kept.add(2, **values)

        assert refused.value.field == field
        assert kept.find_names() == ["Customer 1"]

    def test_replaced(self, kept: Kept, values: dict[str, Any], field: str) -> None:
        """A customer cannot be given what another has, and stays as it was."""
        other = kept.add(2)
        if field == "id":
            return

        with pytest.raises(errors.Duplicate) as refused:
            kept.replace(replace(other, name="Renamed", **values))

        assert refused.value.field == field
        assert kept.find(other.id) == other
        assert kept.find_names(query="customer") == ["Customer 2", "Customer 1"]

    @pytest.mark.usefixtures("field")
    def test_elsewhere(self, kept: Kept, values: dict[str, Any]) -> None:
        """Another organization may have the same."""
        other = run(Organizations(kept.store, Clock()).create("Others"))

        theirs = Kept(kept.store, other.id)
        theirs.add(1, **values)

        assert theirs.find_names() == kept.find_names() == ["Customer 1"]

    @pytest.mark.usefixtures("field")
    def test_deleted(self, kept: Kept, values: dict[str, Any]) -> None:
        """A deleted customer has nothing that another could not have, but for its id."""
        kept.add(2, **{**values, "id": uuid4()}, deleted_at=DELETED_AT)
        kept.add(3, **{**values, "id": uuid4()}, deleted_at=DELETED_AT)

        assert kept.find_names() == ["Customer 1"]


def test_nothing_is_no_duplicate(kept: Kept) -> None:
    """Customers without an address or an external id are not in one another's way."""
    for number in range(3):
        kept.add(number, type="team", email=None, external_id=None)

    assert len(kept.find_names()) == 3


def test_external_ids_have_cases(kept: Kept) -> None:
    """External ids that differ in case are different."""
    kept.add(1, external_id="A")
    kept.add(2, external_id="a")

    assert len(kept.find_names()) == 2


def test_found_by_everything_it_has(kept: Kept) -> None:
    """A new customer is found by its address, its texts and its metadata."""
    kept.add(1, billing_name="Billed", metadata={"a": 1})

    assert kept.find_names(email="CUSTOMER1@example.com") == ["Customer 1"]
    for text in ("customer1@", "CUSTOMER 1", "billed", "usr_"):
        assert kept.find_names(query=text) == ["Customer 1"]
    assert kept.find_names(metadata=(MetadataFilter("a", ("2", "1")),)) == ["Customer 1"]


def test_found_by_what_it_has_now(kept: Kept) -> None:
    """A changed customer is found by its new values, and no more by its old ones."""
    first = kept.add(1, billing_name="Billed", metadata={"a": 1, "b": 2})

    kept.replace(
        replace(
            first,
            name="New",
            email="new@x.com",
            billing_name=None,
            external_id=None,
            metadata={"b": 3},
        )
    )

    assert kept.find_names(email="customer1@example.com") == []
    for text in ("customer", "billed", "usr_"):
        assert kept.find_names(query=text) == []
    assert kept.find_names(metadata=(MetadataFilter("a", ("1",)),)) == []
    assert kept.find_names(metadata=(MetadataFilter("b", ("2",)),)) == []
    assert kept.find_names(email="new@x.com") == ["New"]
    assert kept.find_names(query="NEW") == ["New"]
    assert kept.find_names(metadata=(MetadataFilter("b", ("3",)),)) == ["New"]


def test_deleted_and_brought_back(kept: Kept) -> None:
    """A deleted customer is found by nothing; brought back, by everything."""
    first = kept.add(1, metadata={"a": 1})
    queries: list[dict[str, Any]] = [
        {},
        {"query": "customer"},
        {"email": "customer1@example.com"},
        {"metadata": (MetadataFilter("a", ("1",)),)},
    ]

    kept.replace(replace(first, deleted_at=DELETED_AT))
    assert [kept.find_names(**query) for query in queries] == [[]] * 4
    kept.replace(replace(first, deleted_at=DELETED_AT, name="Still deleted"))
    assert kept.find_names() == []

    kept.replace(first)
    assert [kept.find_names(**query) for query in queries] == [["Customer 1"]] * 4


def test_replaced_but_not_there(kept: Kept) -> None:
    """Only a customer that is there can be given new values."""
    with pytest.raises(errors.CustomerNotFound):
        kept.replace(customer_of(kept.organization_id))


def test_documents(kept: Kept) -> None:
    """A customer's document is found by id and by external id, unless deleted or another's."""
    first = kept.add(1)
    kept.add(2, deleted_at=DELETED_AT)

    async def work(tables: Tables) -> list[bytes | None]:
        here, elsewhere = kept.organization_id, uuid4()
        found = tables.customers
        return [
            await found.find_document(here, first.id),
            await found.find_external_document(here, "usr_1"),
            await found.find_document(elsewhere, first.id),
            await found.find_external_document(elsewhere, "usr_1"),
            await found.find_external_document(here, "USR_1"),
            await found.find_external_document(here, "usr_2"),
        ]

    by_id, by_external_id, *nothing = run(kept.store.read(work))
    assert by_id is not None
    assert by_id == by_external_id
    assert json.loads(by_id)["id"] == str(first.id)
    assert nothing == [None] * 4


def test_find_same(kept: Kept) -> None:
    """Those whom a customer collides with are found, by id first, each once."""
    first, second, third = (kept.add(number) for number in (1, 2, 3))
    kept.add(4, deleted_at=DELETED_AT)

    def find(**values: Any) -> list[str | None]:
        wanted = customer_of(kept.organization_id, 9, **values)
        found = run(kept.store.read(lambda tables: tables.customers.find_same(wanted)))
        return [one.name for one in found]

    assert find() == []
    assert find(id=third.id, external_id="usr_2", email="CUSTOMER1@example.com") == [
        third.name, second.name, first.name,
    ]  # fmt: skip
    assert find(id=first.id, external_id="usr_1", email=first.email) == [first.name]
    assert find(external_id="usr_4", email="customer4@example.com") == []
    assert find(external_id="usr_1", email=first.email, deleted_at=DELETED_AT) == []
    assert find(external_id=None, email=None, type="team") == []


def test_batches(kept: Kept) -> None:
    """Everybody comes in the order they were kept, batch by batch, with the owner."""
    for number in (3, 1, 2):
        kept.add(number)
    kept.add(4, deleted_at=DELETED_AT)

    def walk(*, with_deleted: bool) -> list[str]:
        names, position = [], -1
        while batch := run(
            kept.store.read(
                lambda tables: tables.customers.find_batch(
                    kept.organization_id,
                    position,  # noqa: B023 - it is read before it changes
                    2,
                    with_deleted=with_deleted,
                )
            )
        ):
            for record in batch:
                customer = json.loads(record.document)
                assert record.owner.customer_id == UUID(customer["id"])
                names.append(customer["name"])
            position = batch[-1].position
        return names

    assert walk(with_deleted=True) == ["Customer 3", "Customer 1", "Customer 2", "Customer 4"]
    assert walk(with_deleted=False) == ["Customer 3", "Customer 1", "Customer 2"]


def test_batches_by_time(kept: Kept) -> None:
    """Those not deleted come by the time they were made, those of one moment as they were kept."""
    moment = datetime(1960, 1, 1, tzinfo=UTC)
    kept.add(3)
    for number in (7, 6, 5):
        kept.add(number, created_at=moment)
    kept.add(1)
    kept.add(4, deleted_at=DELETED_AT)

    names: list[str] = []
    after: tuple[int, int] | None = None
    while batch := run(
        kept.store.read(
            lambda tables: tables.customers.find_batch_by_time(
                kept.organization_id,
                after,  # noqa: B023 - it is read before it changes
                2,
            )
        )
    ):
        names += [json.loads(document)["name"] for _, document in batch]
        after = batch[-1][0]

    assert names == [f"Customer {number}" for number in (7, 6, 5, 1, 3)]


def test_hostile_text(kept: Kept) -> None:
    """Text that is SQL, a wildcard or a pattern is text, in values and in filters."""
    hostile = ["'; DROP TABLE customers; --", "%", "_", "\\", '"', "$1", "?1", "[a-z]*", ":x"]
    for number, text in enumerate(hostile):
        kept.add(number, name=text, external_id=f"{text}{number}", metadata={f"k{text}": text})

    for number, text in enumerate(hostile):
        assert text in kept.find_names(query=text)
        assert kept.find_names(query=f"{text}{number}") == [text]
        assert kept.find_names(metadata=(MetadataFilter(f"k{text}", (text,)),)) == [text]
