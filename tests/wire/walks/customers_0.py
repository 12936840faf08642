"""What a user of polar-sdk 0.x does with customers."""

from typing import Any

from conversation import run
from polar_sdk import Polar, models

Json = dict[str, Any]


def list_customers(polar: Polar, **filters: Any) -> Json:
    """A page."""
    return _page(polar.customers.list(**_typed(filters)))


def walk_customers(polar: Polar, **filters: Any) -> list[Json]:
    """All pages, as `next()` leads to them."""
    pages = []
    found = polar.customers.list(**_typed(filters))
    while found is not None:
        pages.append(_page(found))
        found = found.next()
    return pages


def walk_customers_async(polar: Polar, **filters: Any) -> list[Json]:
    """All pages by the asynchronous methods; `next()` is not one of them, even there."""

    async def walk() -> list[Json]:
        pages = []
        found = await polar.customers.list_async(**_typed(filters))
        while found is not None:
            pages.append(_page(found))
            found = found.next()
        return pages

    return run(walk())


def walk_customers_from(polar: Polar, url: str, **filters: Any) -> list[Json]:
    """Two pages, of which the first is asked with a server of its own."""
    first = polar.customers.list(server_url=url, **_typed(filters))
    second = first.next()
    return [_page(first), _page(second)]


def get_customer(polar: Polar, id: str) -> Json:  # noqa: A002 - the client's own name
    """A customer."""
    return _whole(polar.customers.get(id=id))


def get_external_customer(polar: Polar, external_id: str) -> Json:
    """A customer by the user's own ID."""
    return _whole(polar.customers.get_external(external_id=external_id))


def ask_without_slash(polar: Polar) -> list[Any]:
    """The status and body of `/v1/customers`, by the HTTP client that this client was made with."""
    configuration = polar.sdk_configuration
    answer = configuration.client.get(
        f"{configuration.server_url}/v1/customers",
        headers={"Authorization": f"Bearer {configuration.security.access_token}"},
    )
    return [answer.status_code, answer.json()]


def _typed(filters: Json) -> Json:
    """The filters with the enumeration that the client's types ask for."""
    if "sorting" in filters:
        order = [models.CustomerSortProperty(name) for name in filters["sorting"]]
        return {**filters, "sorting": order}
    return filters


def _page(found: models.CustomersListResponse) -> Json:
    return {
        "items": [_whole(customer) for customer in found.result.items],
        "pagination": found.result.pagination.model_dump(mode="json"),
    }


def _whole(customer: models.Customer) -> Json:
    return customer.model_dump(mode="json", by_alias=True)


ACTS = (
    list_customers,
    walk_customers,
    walk_customers_async,
    walk_customers_from,
    get_customer,
    get_external_customer,
    ask_without_slash,
)
