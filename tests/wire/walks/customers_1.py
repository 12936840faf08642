"""What a user of polar-sdk 1.x does with customers."""

import dataclasses
from typing import Any

from conversation import collect, finish, run
from polar.v2026_10 import Polar, PolarAsync

Json = dict[str, Any]


def list_customers(polar: Polar, **filters: Any) -> Json:
    """A page."""
    return _page(finish(polar.customers.list(**filters)))


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
    return _whole(finish(polar.customers.get(id)))


def get_external_customer(polar: Polar, external_id: str) -> Json:
    """A customer by the user's own ID."""
    return _whole(finish(polar.customers.get_external(external_id)))


def create_customer(polar: Polar, **body: Any) -> Json:
    """A new customer."""
    return _whole(finish(polar.customers.create(**body)))


def update_customer(polar: Polar, id: str, **body: Any) -> Json:  # noqa: A002 - the client's own name
    """A customer with other values."""
    return _whole(finish(polar.customers.update(id, **body)))


def update_external_customer(polar: Polar, external_id: str, **body: Any) -> Json:
    """A customer with other values, by the user's own ID."""
    return _whole(finish(polar.customers.update_external(external_id, **body)))


def delete_customer(polar: Polar, id: str, **options: Any) -> None:  # noqa: A002 - the client's own name
    """No customer any more."""
    return finish(polar.customers.delete(id, **options))


def delete_external_customer(polar: Polar, external_id: str, **options: Any) -> None:
    """No customer any more, by the user's own ID."""
    return finish(polar.customers.delete_external(external_id, **options))


def get_state(polar: Polar, id: str) -> Json:  # noqa: A002 - the client's own name
    """A customer's state."""
    return _whole(finish(polar.customers.get_state(id)))


def get_external_state(polar: Polar, external_id: str) -> Json:
    """A customer's state by the user's own ID."""
    return _whole(finish(polar.customers.get_state_external(external_id)))


def list_payment_methods(polar: Polar, id: str, **paging: Any) -> Json:  # noqa: A002 - the client's own name
    """A page of a customer's payment methods."""
    return _page(finish(polar.customers.list_payment_methods(id, **paging)))


def list_external_payment_methods(polar: Polar, external_id: str, **paging: Any) -> Json:
    """A page of a customer's payment methods by the user's own ID."""
    return _page(finish(polar.customers.list_payment_methods_external(external_id, **paging)))


def iterate_payment_methods(polar: Polar, id: str) -> list[Json]:  # noqa: A002 - the client's own name
    """All payment methods of a customer, as the client's iterator yields them."""
    return [_whole(one) for one in collect(polar.customers.iter_list_payment_methods(id))]


def iterate_external_payment_methods(polar: Polar, external_id: str) -> list[Json]:
    """The same by the user's own ID."""
    found = polar.customers.iter_list_payment_methods_external(external_id)
    return [_whole(one) for one in collect(found)]


def export_customers(polar: Polar, **filters: Any) -> str:
    """All customers as a table."""
    return finish(polar.customers.export(**filters))


def ask_without_slash(polar: Polar) -> list[Any]:
    """The status and body of `/v1/customers`, by the HTTP client that this client was made with."""
    http = polar.customers.client
    answer = http.send_request(http.build_request("GET", "/v1/customers"))
    return [answer.status_code, answer.json()]


def _page(found: Any) -> Json:
    return {
        "items": [_whole(item) for item in found.items],
        "pagination": dataclasses.asdict(found.pagination),
    }


def _whole(shown: Any) -> Json:
    return dataclasses.asdict(shown)


ACTS = (
    list_customers,
    walk_customers,
    iterate_customers,
    iterate_customers_async,
    get_customer,
    get_external_customer,
    create_customer,
    update_customer,
    update_external_customer,
    delete_customer,
    delete_external_customer,
    get_state,
    get_external_state,
    list_payment_methods,
    list_external_payment_methods,
    iterate_payment_methods,
    iterate_external_payment_methods,
    export_customers,
    ask_without_slash,
)
