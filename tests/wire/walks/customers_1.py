"""What a user of polar-sdk 1.x does with customers."""

import dataclasses
from typing import Any

from conversation import run
from polar.v2026_10 import Polar, PolarAsync
from polar.v2026_10.outputs import Customer, ListResourceCustomer

Json = dict[str, Any]


def list_customers(polar: Polar, **filters: Any) -> Json:
    """A page."""
    return _page(polar.customers.list(**filters))


def walk_customers(polar: Polar, **filters: Any) -> list[Json]:
    """All pages, by their numbers up to the last."""
    pages = [polar.customers.list(**filters)]
    while len(pages) < pages[0].pagination.max_page:
        pages.append(polar.customers.list(page=len(pages) + 1, **filters))
    return [_page(page) for page in pages]


def iterate_customers(polar: Polar, **filters: Any) -> list[Json]:
    """All customers, as `iter_list` yields them."""
    return [_whole(customer) for customer in polar.customers.iter_list(**filters)]


def iterate_customers_async(polar: PolarAsync, **filters: Any) -> list[Json]:
    """All customers, as the asynchronous client's `iter_list` yields them."""

    async def iterate() -> list[Json]:
        found = polar.customers.iter_list(**filters)
        return [_whole(customer) async for customer in found]

    return run(iterate())


def get_customer(polar: Polar, id: str) -> Json:  # noqa: A002 - the client's own name
    """A customer."""
    return _whole(polar.customers.get(id))


def get_external_customer(polar: Polar, external_id: str) -> Json:
    """A customer by the user's own ID."""
    return _whole(polar.customers.get_external(external_id))


def ask_without_slash(polar: Polar) -> list[Any]:
    """The status and body of `/v1/customers`, by the HTTP client that this client was made with."""
    http = polar.customers.client
    answer = http.send_request(http.build_request("GET", "/v1/customers"))
    return [answer.status_code, answer.json()]


def _page(found: ListResourceCustomer) -> Json:
    return {
        "items": [_whole(customer) for customer in found.items],
        "pagination": dataclasses.asdict(found.pagination),
    }


def _whole(customer: Customer) -> Json:
    return dataclasses.asdict(customer)


ACTS = (
    list_customers,
    walk_customers,
    iterate_customers,
    iterate_customers_async,
    get_customer,
    get_external_customer,
    ask_without_slash,
)
