"""What every engine promises of the objects of commerce, whatever the resource."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from catalogue import NOW, benefit, discount, meter, product
from icefloe.domain.organizations import Organizations
from icefloe.domain.ports.storage import Storage, Tables
from icefloe.domain.values import errors
from icefloe.domain.values.clock import Clock
from icefloe.domain.values.commerce import Filter, ObjectQuery, Order
from icefloe.domain.values.documents import Document, Embedded, render
from icefloe.domain.values.listing import EMPTY_PAGE, MetadataFilter, Page, PageRequest
from icefloe.storage.open import open_maintenance
from support import Engine, run

ALL = PageRequest(limit=100)


def add(store: Storage, organization_id: UUID, resource: str, *documents: Document) -> None:
    """Insert objects of a resource."""

    async def work(tables: Tables) -> None:
        for document in documents:
            await tables.commerce.table(resource).add(organization_id, document)

    run(store.write(work))


def find_page(store: Storage, organization_id: UUID, resource: str, **query: Any) -> Page:
    """The page that a query asks for."""
    asked = ObjectQuery(**({"page": ALL} | query))
    return run(
        store.read(lambda tables: tables.commerce.table(resource).find_page(organization_id, asked))
    )


def find_names(store: Storage, organization_id: UUID, **query: Any) -> list[str]:
    """The names of the meters on the page that a query asks for."""
    page = find_page(store, organization_id, "meters", **query)
    return [one["name"] for one in json.loads(b"[%b]" % page.items)]


def find_findings(engine: Engine) -> list[Any]:
    """What `icefloe database check` says."""
    return run(open_maintenance(engine.database).find_disagreements(lambda _: None))


class TestObjects:
    """Objects one by one."""

    def test_find(self, store: Storage, organization_id: UUID) -> None:
        """An object comes back as it was stored, its metadata in the canonical order."""
        added = meter("Ä \x01 meter", metadata={"bb": 1, "a": 1.0})
        add(store, organization_id, "meters", added)
        object_id = UUID(added["id"])

        found = run(
            store.read(lambda tables: tables.commerce.meters.find(organization_id, object_id))
        )
        assert found is not None
        assert found == added
        assert list(found["metadata"]) == ["a", "bb"]
        text = run(
            store.read(lambda tables: tables.commerce.meters.find_text(organization_id, object_id))
        )
        assert text is not None
        assert json.loads(text) == added

    def test_find_others(self, store: Storage, organization_id: UUID) -> None:
        """Neither an unknown id nor one of another organization finds anything."""
        other = run(Organizations(store, Clock()).create("Other")).id
        added = meter("One")
        add(store, other, "meters", added)

        for wanted in (UUID(added["id"]), uuid4()):
            found = run(
                store.read(lambda tables: tables.commerce.meters.find(organization_id, wanted))  # noqa: B023 - run at once
            )
            assert found is None

    def test_add_twice(self, store: Storage, organization_id: UUID) -> None:
        """A second object with the same id is refused."""
        added = meter("One")
        add(store, organization_id, "meters", added)

        with pytest.raises(errors.Duplicate) as refused:
            add(store, organization_id, "meters", added)
        assert refused.value.field == "id"

    def test_find_following(self, store: Storage, organization_id: UUID) -> None:
        """Objects follow one another in the order of insertion, but for those that are deleted."""
        added = [meter(name) for name in ("C", "B", "A", "D")]
        other = run(Organizations(store, Clock()).create("Other")).id
        for one in added:
            add(store, organization_id, "meters", one)
            add(store, other, "meters", meter("Other"))
        run(
            store.write(
                lambda tables: tables.commerce.meters.delete(organization_id, added[1], NOW)
            )
        )

        def find(position: int, limit: int) -> list[tuple[int, bytes]]:
            return run(
                store.read(
                    lambda tables: tables.commerce.meters.find_following(
                        organization_id, position, limit
                    )
                )
            )

        first = find(-1, 2)
        assert [json.loads(text)["name"] for _, text in first] == ["C", "A"]
        assert [json.loads(text)["name"] for _, text in find(first[-1][0], 2)] == ["D"]
        assert find(find(-1, 9)[-1][0], 2) == []

    def test_add_to_none(self, store: Storage) -> None:
        """No object can be added to an organization that is not there."""
        with pytest.raises((errors.OrganizationNotFound, errors.StorageUnavailable)):
            add(store, uuid4(), "meters", meter("One"))

    def test_replace(self, store: Storage, organization_id: UUID) -> None:
        """A new document brings its columns, its metadata and its links with it."""
        first, second = benefit("First"), benefit("Second")
        added = product("Old", [first], metadata={"a": 1})
        add(store, organization_id, "benefits", first, second)
        add(store, organization_id, "products", added)
        links = [Embedded("benefits", UUID(second["id"]))]
        changed = {**added, "name": "New", "metadata": {"b": 2}, "benefits": links}

        run(store.write(lambda tables: tables.commerce.products.replace(organization_id, changed)))

        def count(**query: Any) -> int:
            return find_page(store, organization_id, "products", **query).total_count

        assert count() == count(text="new") == 1
        assert count(text="old") == 0
        assert count(metadata=(MetadataFilter("b", ("2",)),)) == 1
        assert count(metadata=(MetadataFilter("a", ("1",)),)) == 0
        assert count(filters=(Filter("benefit_id", (UUID(second["id"]),)),)) == 1
        assert count(filters=(Filter("benefit_id", (UUID(first["id"]),)),)) == 0

    def test_delete(self, store: Storage, organization_id: UUID) -> None:
        """A deleted object is in no list and found by no id, but its text stays for others."""
        added = meter("One", metadata={"a": 1})
        add(store, organization_id, "meters", added)
        object_id = UUID(added["id"])

        run(store.write(lambda tables: tables.commerce.meters.delete(organization_id, added, NOW)))

        assert find_page(store, organization_id, "meters") == EMPTY_PAGE
        assert (
            run(store.read(lambda tables: tables.commerce.meters.find(organization_id, object_id)))
            is None
        )
        texts = run(
            store.read(
                lambda tables: tables.commerce.meters.find_texts(organization_id, [object_id])
            )
        )
        assert texts == {object_id: render(added)}

    def test_unique(self, store: Storage, organization_id: UUID) -> None:
        """A unique text is refused in any letter case, and free again after a deletion."""
        taken = discount("One", "TEN")
        add(store, organization_id, "discounts", taken, discount("None", None))
        add(store, organization_id, "discounts", discount("None too", None))

        with pytest.raises(errors.Duplicate) as refused:
            add(store, organization_id, "discounts", discount("Two", "ten"))
        assert refused.value.field == "code"
        run(
            store.write(
                lambda tables: tables.commerce.discounts.delete(organization_id, taken, NOW)
            )
        )
        add(store, organization_id, "discounts", discount("Two", "ten"))

    def test_add_at_once(self, store: Storage, organization_id: UUID) -> None:
        """Concurrent writers lose no object, and none of the count."""

        async def add_all() -> None:
            def add_one(number: int) -> Any:
                one = meter(f"Meter {number}")
                return store.write(lambda tables: tables.commerce.meters.add(organization_id, one))

            await asyncio.gather(*[add_one(number) for number in range(20)])

        run(add_all())

        page = find_page(store, organization_id, "meters")
        assert page.total_count == len(json.loads(b"[%b]" % page.items)) == 20


class TestPages:
    """Lists."""

    def test_default(self, store: Storage, organization_id: UUID) -> None:
        """By default the newest object comes first; of equals, the last inserted."""
        added = [meter("a1", after=1), meter("c2", after=2), meter("b2", after=2)]
        add(store, organization_id, "meters", *added)

        assert find_names(store, organization_id) == ["b2", "c2", "a1"]

    def test_sorting(self, store: Storage, organization_id: UUID) -> None:
        """Several criteria count in their order, each up or down, by the reference's text order."""
        added = [
            meter("b", after=1),
            meter("A", after=2),
            meter("b", after=3),
            meter("a b", after=4),
        ]
        add(store, organization_id, "meters", *added)
        by_name = (Order("name"), Order("created_at", descending=True))

        page = find_page(store, organization_id, "meters", sorting=by_name)
        assert [one["id"] for one in json.loads(b"[%b]" % page.items)] == [
            added[at]["id"] for at in (1, 3, 2, 0)
        ]
        assert find_names(store, organization_id, sorting=(Order("name", descending=True),)) == [
            "b", "b", "a b", "A",
        ]  # fmt: skip

    def test_absent_last(self, store: Storage, organization_id: UUID) -> None:
        """What has no value to sort by comes last, and first in descending order."""
        added = [discount("a", None), discount("b", "ZZZ"), discount("c", "aaa")]
        add(store, organization_id, "discounts", *added)

        def names(*, descending: bool) -> list[str]:
            page = find_page(
                store, organization_id, "discounts", sorting=(Order("code", descending),)
            )
            return [one["name"] for one in json.loads(b"[%b]" % page.items)]

        assert names(descending=False) == ["c", "b", "a"]
        assert names(descending=True) == ["a", "b", "c"]

    @pytest.mark.parametrize("sorting", [("name", False), ("name", True), ("created_at", True)])
    def test_walk(self, store: Storage, organization_id: UUID, sorting: tuple[str, bool]) -> None:
        """The pages hold each object once, from the list's beginning and from its end."""
        add(
            store,
            organization_id,
            "meters",
            *[meter(f"m{n // 3}", after=n // 2) for n in range(23)],
        )
        order = (Order(*sorting),)
        whole = json.loads(
            b"[%b]" % find_page(store, organization_id, "meters", sorting=order).items
        )

        walked = []
        for number in range(1, 7):
            page = find_page(
                store, organization_id, "meters", sorting=order, page=PageRequest(number, 5)
            )
            assert page.total_count == 23
            walked += json.loads(b"[%b]" % page.items)
        assert walked == whole

    def test_filters(self, store: Storage, organization_id: UUID) -> None:
        """Columns are filtered by one of several values or by none of them, and moments by bounds."""
        added = [meter("one"), meter("two", after=10, archived_at="2026-01-01T00:00:00Z")]
        add(store, organization_id, "meters", *added)
        first = UUID(added[0]["id"])
        later = NOW + timedelta(seconds=10)
        for wanted, names in (
            (Filter("is_archived", (True,)), ["two"]),
            (Filter("is_archived", (True, False)), ["two", "one"]),
            (Filter("id", (first, uuid4())), ["one"]),
            (Filter("id", (first,), "none of"), ["two"]),
            (Filter("id", ()), []),
            (Filter("id", (), "none of"), ["two", "one"]),
            (Filter("created_at", (later,), "from"), ["two"]),
            (Filter("created_at", (NOW,), "until"), ["one"]),
        ):
            assert find_names(store, organization_id, filters=(wanted,)) == names

    def test_filters_together(self, store: Storage, organization_id: UUID) -> None:
        """All filters must hold at once."""
        add(store, organization_id, "meters", meter("one", metadata={"a": 1}), meter("one more"))

        query = {"text": "ONE", "filters": (Filter("is_archived", (False,)),)}
        assert find_names(store, organization_id, **query) == ["one more", "one"]
        query["metadata"] = (MetadataFilter("a", ("1", "2")),)
        assert find_names(store, organization_id, **query) == ["one"]

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            (r"\%", ["50% OFF"]),
            (r"\_", ["a_b"]),
            ("a_b", ["axb", "a_b"]),
            ("A%B", ["axb", "a_b"]),
            (r"c\\d", ["c\\d"]),
            ("50% off", ["50% OFF"]),
            ("ÄRGER", ["ärger"]),
            ("nothing", []),
            ("\0", []),
        ],
    )
    def test_text(self, store: Storage, organization_id: UUID, text: str, names: list[str]) -> None:
        """A text is found in any case; `%` is any text and `_` one character, unless escaped."""
        add(
            store,
            organization_id,
            "meters",
            *map(meter, ("50% OFF", "a_b", "c\\d", "ärger", "axb")),
        )

        assert find_names(store, organization_id, text=text) == names

    def test_no_text(self, store: Storage, organization_id: UUID) -> None:
        """An empty text narrows nothing."""
        add(store, organization_id, "meters", meter("one"))

        assert find_names(store, organization_id, text="") == ["one"]

    def test_beyond(self, store: Storage, organization_id: UUID) -> None:
        """A page behind the last one is empty and says how many objects there are."""
        add(store, organization_id, "meters", meter("one"))

        for number in (2, 10**30):
            page = find_page(store, organization_id, "meters", page=PageRequest(number, 10))
            assert page == Page(b"", 1)

    def test_many(self, store: Storage, organization_id: UUID) -> None:
        """Pages of a long list are as those of a short one, however they are filtered and sorted."""
        add(store, organization_id, "meters", *[meter(f"m{n:04}", after=n) for n in range(2_100)])

        last = {"page": PageRequest(210, 10)}
        assert find_names(store, organization_id, **last) == [f"m{n:04}" for n in range(9, -1, -1)]
        by_name = {"sorting": (Order("name"), Order("created_at"))}
        assert find_names(store, organization_id, **last, **by_name)[0] == "m2090"
        assert find_names(store, organization_id, text="m209") == [
            f"m{n}" for n in range(2_099, 2_089, -1)
        ]


class TestUpkeep:
    """What operators do."""

    def test_remove(self, store: Storage, organization_id: UUID) -> None:
        """Clearing an organization deletes its objects, and another's stay."""
        other = run(Organizations(store, Clock()).create("Other")).id
        for one in (organization_id, other):
            add(store, one, "meters", meter("One", metadata={"a": 1}))

        run(store.write(lambda tables: tables.clear(organization_id)))

        assert find_page(store, organization_id, "meters") == EMPTY_PAGE
        assert find_page(store, other, "meters").total_count == 1

    def test_check(self, engine: Engine, store: Storage, organization_id: UUID) -> None:
        """The check finds nothing wrong with what was added, changed and deleted."""
        one, two = benefit("One", metadata={"a": 1}), benefit("Two")
        add(store, organization_id, "benefits", one, two)
        add(store, organization_id, "products", product("P", [one, two], metadata={"b": True}))
        run(store.write(lambda tables: tables.commerce.benefits.delete(organization_id, two, NOW)))

        assert find_findings(engine) == []
