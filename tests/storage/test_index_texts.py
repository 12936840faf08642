"""What is too long for an index is found and ordered all the same, on every engine."""

import random
from typing import Any
from uuid import UUID

from icefloe.domain.ports.storage import Storage
from icefloe.domain.values.listing import CustomerQuery, MetadataFilter, Sort
from icefloe.storage import index_texts
from support import add_customer, customer_of, documents_of, run

# Nothing that a database could make shorter by packing it.
CHANCE = random.Random(7)  # noqa: S311 - the same each time


def long_text(length: int) -> str:
    """A text of so many letters that follow no rule."""
    return "".join(chr(CHANCE.randrange(0x4E00, 0x9FA5)) for _ in range(length))


def test_long_values(store: Storage, organization_id: UUID) -> None:
    """Customers whose names, metadata and keys are longer than any index row are kept and found."""
    value, key, name = long_text(3000), long_text(700), long_text(2000)
    long = customer_of(organization_id, 1, name=name, metadata={key: value, "plain": "x"})
    other = customer_of(organization_id, 2, name=name[:-1], metadata={key: value[:-1]})

    async def main() -> list[list[dict[str, Any]]]:
        await store.write(lambda tables: add_customer(tables, long))
        await store.write(lambda tables: add_customer(tables, other))
        pages = []
        for query in (
            CustomerQuery(metadata=(MetadataFilter(key, (value,)),)),
            CustomerQuery(metadata=(MetadataFilter(key, (value[:-1], value)),)),
            CustomerQuery(query=name),
            CustomerQuery(sorting=(Sort("name", descending=False),)),
        ):
            page = await store.read(
                lambda tables, query=query: tables.customers.find_page(organization_id, query),  # type: ignore[misc]
                long=True,
            )
            pages.append(documents_of(page))
            assert page.total_count == len(pages[-1])
        return pages

    one, both, searched, ordered = run(main())

    assert len(one) == len(searched) == 1
    assert one[0]["id"] == str(long.id)
    assert one == searched
    assert len(both) == len(ordered) == 2


def test_short_texts_stay() -> None:
    """A text that fits is kept as it is; one that does not is told apart from every other."""
    assert index_texts.of_metadata_value("é" * 1000) == "é" * 1000
    assert index_texts.of_metadata_key("k" * 400) == "k" * 400
    texts = {index_texts.of_metadata_value("x" * length) for length in range(1990, 2010)}
    assert len(texts) == 20
    assert max(len(text) for text in texts) == 2000
