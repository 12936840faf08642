"""The totals that answers must have, counted from the made-up customers without a database."""

import itertools
from collections.abc import Iterable

from benchmarks import data, table

# How many different customers the shapes that name one ask for, so that no answer is remembered.
_VARIED = 300


def shapes(size: int) -> list[table.Shape]:
    """The table of requests for `size` made-up customers, with the exact total of each list."""
    examples = _examples(size)
    asked: set[table.Filters] = set()

    def note(filters: table.Filters) -> int:
        asked.add(filters)
        return 0

    # Asked for once to learn what there is to count: counting reads all customers, so once only.
    table.shapes(examples, note)
    return table.shapes(examples, count(size, asked).__getitem__)


def count(size: int, asked: Iterable[table.Filters]) -> dict[table.Filters, int]:
    """How many of `size` made-up customers each of the filters keeps."""
    totals = dict.fromkeys(asked, 0)
    narrow = [filters for filters in totals if filters != table.EVERYBODY]
    for number in range(size):
        customer = data.customer(number, size)
        for filters in narrow:
            if filters.matches(customer, is_active=data.is_active(number)):
                totals[filters] += 1
    return totals | {table.EVERYBODY: size}


def _examples(size: int) -> table.Examples:
    some = [size * at // _VARIED for at in range(_VARIED)]
    active = filter(data.is_active, range(size))
    return table.Examples(
        ids=tuple(map(data.customer_id, some)),
        emails=tuple(map(data.email, some)),
        external_ids=tuple(data.external_id(number) for number in some),
        unique=tuple(("user_id", data.user_id(number)) for number in some),
        common=("plan", "pro"),
        two=(("plan", "pro"), ("seats", "7")),
        plan_and_word=(("plan", "enterprise"), data.COMMON_WORD),
        rare=data.RARE_WORD,
        fresh=tuple(dict.fromkeys(data.email(number).split(".")[1] for number in some)),
        texts=(data.COMMON_WORD, "a", "qu"),
        subscribed=tuple(map(data.customer_id, itertools.islice(active, _VARIED))),
    )
