"""What a user of polar-sdk 0.x does with customers."""

from typing import Any

from conversation import run
from polar_sdk import Polar, models
from polar_sdk.types import BaseModel
from ways_0 import call

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
    return _whole(call(polar, polar.customers.get, polar.customers.get_async, id=id))


def get_external_customer(polar: Polar, external_id: str) -> Json:
    """A customer by the user's own ID."""
    return _whole(
        call(
            polar,
            polar.customers.get_external,
            polar.customers.get_external_async,
            external_id=external_id,
        )
    )


def create_customer(polar: Polar, **body: Any) -> Json:
    """A new customer."""
    return _whole(call(polar, polar.customers.create, polar.customers.create_async, request=body))


def update_customer(polar: Polar, id: str, **body: Any) -> Json:  # noqa: A002 - the client's own name
    """A customer with other values."""
    return _whole(
        call(
            polar, polar.customers.update, polar.customers.update_async, id=id, customer_update=body
        )
    )


def update_external_customer(polar: Polar, external_id: str, **body: Any) -> Json:
    """A customer with other values, by the user's own ID."""
    return _whole(
        call(
            polar,
            polar.customers.update_external,
            polar.customers.update_external_async,
            external_id=external_id,
            customer_update_external_id=body,
        )
    )


def delete_customer(polar: Polar, id: str, **options: Any) -> None:  # noqa: A002 - the client's own name
    """No customer any more."""
    return call(polar, polar.customers.delete, polar.customers.delete_async, id=id, **options)


def delete_external_customer(polar: Polar, external_id: str, **options: Any) -> None:
    """No customer any more, by the user's own ID."""
    return call(
        polar,
        polar.customers.delete_external,
        polar.customers.delete_external_async,
        external_id=external_id,
        **options,
    )


def get_state(polar: Polar, id: str) -> Json:  # noqa: A002 - the client's own name
    """A customer's state."""
    return _whole(call(polar, polar.customers.get_state, polar.customers.get_state_async, id=id))


def get_external_state(polar: Polar, external_id: str) -> Json:
    """A customer's state by the user's own ID."""
    return _whole(
        call(
            polar,
            polar.customers.get_state_external,
            polar.customers.get_state_external_async,
            external_id=external_id,
        )
    )


def list_payment_methods(polar: Polar, id: str, **paging: Any) -> Json:  # noqa: A002 - the client's own name
    """A page of a customer's payment methods."""
    return _page(
        call(
            polar,
            polar.customers.list_payment_methods,
            polar.customers.list_payment_methods_async,
            id=id,
            **paging,
        )
    )


def list_external_payment_methods(polar: Polar, external_id: str, **paging: Any) -> Json:
    """A page of a customer's payment methods by the user's own ID."""
    return _page(
        call(
            polar,
            polar.customers.list_payment_methods_external,
            polar.customers.list_payment_methods_external_async,
            external_id=external_id,
            **paging,
        )
    )


def export_customers(polar: Polar, **filters: Any) -> str:
    """All customers as a table."""
    return call(polar, polar.customers.export, polar.customers.export_async, **filters)


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


def _page(found: Any) -> Json:
    return {
        "items": [_whole(item) for item in found.result.items],
        "pagination": found.result.pagination.model_dump(mode="json"),
    }


def _whole(shown: BaseModel) -> Json:
    return shown.model_dump(mode="json", by_alias=True)


ACTS = (
    list_customers,
    walk_customers,
    walk_customers_async,
    walk_customers_from,
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
    export_customers,
    ask_without_slash,
)
