"""The customers at Polar, one for each account, and what goes wrong with them in our own words."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from polar_sdk import Polar
from polar_sdk.models import (
    CustomerIndividualCreate,
    HTTPValidationError,
    ListResourceCustomer,
    NoResponseError,
    PolarError,
    ResourceNotFound,
    ResponseValidationError,
)

from app.accounts import Account

T = TypeVar("T")

_PAGE = 50
# A person waits for the answer: longer pauses are theirs to make.
_PATIENCE_SECONDS = 3
_TRY_AGAIN_SECONDS = 5


class Unavailable(Exception):
    """Polar cannot be asked now, or did not answer as it does.

    Attributes:
        retry_after: when to ask again, in whole seconds.
    """

    def __init__(self, retry_after: int = _TRY_AGAIN_SECONDS) -> None:
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


class Rejected(Exception):
    """Polar does not take a value.

    Attributes:
        field: whose value it is: `email`, `name` and so on.
        reason: in Polar's words.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Misconfigured(Exception):
    """Polar does not take our token or our question: nothing the person who asks can do about."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A line of the list."""

    email: str
    name: str
    plan: str
    since: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, counted from 1."""

    customers: list[Customer]
    number: int
    last: int
    total: int


class Billing:
    """The customers at Polar."""

    def __init__(self, polar: Polar) -> None:
        self._customers = polar.customers

    async def add(self, account: Account) -> None:
        """Give the account a customer, unless it has one; may be called again after a failure.

        Raises:
            Rejected: Polar does not take a value, or another account's customer has the address.
            Unavailable, Misconfigured: as for every method here.
        """
        try:
            await _ask(
                lambda: self._customers.create_async(
                    request=CustomerIndividualCreate(
                        email=account.email,
                        name=account.name,
                        external_id=account.id,
                        metadata={"plan": account.plan},
                    )
                )
            )
        except Rejected:
            # An earlier attempt may have made it and lost the answer; or the person bought
            # something before they had an account, and has a customer without an external ID.
            customer = await self._find(account.id) or await self._find_by_email(account.email)
            if customer is None or customer.external_id not in (None, account.id):
                raise
            await self._update(customer, account)

    async def change(self, account: Account) -> None:
        """Make the account's customer what the account is."""
        customer = await self._find(account.id)
        if customer is None:  # removed in Polar's dashboard
            await self.add(account)
        else:
            await self._update(customer, account)

    async def look_up(self, account: Account) -> Account:
        """The account with the name and the address that its customer has now at Polar."""
        customer = await self._find(account.id)
        if customer is None:
            return account
        return replace(
            account, name=customer.name or account.name, email=customer.email or account.email
        )

    async def forget(self, account: Account) -> None:
        """Delete the account's customer, and what names the person in past orders."""
        with suppress(ResourceNotFound):  # an earlier attempt did it
            await _ask(
                lambda: self._customers.delete_external_async(
                    external_id=account.id, anonymize=True
                )
            )

    async def list(self, plan: str | None, page: int) -> Page:
        """A page of all customers, or of those with a plan, newest first."""
        found = await self._list(
            metadata={"plan": plan} if plan else None,
            sorting=["-created_at"],
            page=page,
            limit=_PAGE,
        )
        return Page(
            [
                Customer(
                    one.email or "",
                    one.name or "",
                    str(one.metadata.get("plan", "")),
                    one.created_at.date().isoformat(),
                )
                for one in found.items
            ],
            number=page,
            last=found.pagination.max_page,
            total=found.pagination.total_count,
        )

    async def _find(self, external_id: str) -> Any | None:
        try:
            return await _ask(lambda: self._customers.get_external_async(external_id=external_id))
        except ResourceNotFound:
            return None

    async def _find_by_email(self, email: str) -> Any | None:
        found = await self._list(email=email, limit=1)
        return next(iter(found.items), None)

    async def _list(self, **filters: Any) -> ListResourceCustomer:
        found = await _ask(lambda: self._customers.list_async(**filters))
        if found is None:  # which the client's types allow for
            raise Unavailable
        return found.result

    async def _update(self, customer: Any, account: Account) -> None:
        # Metadata is replaced as a whole, and some of it may not be ours.
        metadata = {**customer.metadata, "plan": account.plan}
        await _ask(
            lambda: self._customers.update_async(
                id=customer.id,
                customer_update={
                    "email": account.email,
                    "name": account.name,
                    "external_id": account.id,
                    "metadata": metadata,
                },
            )
        )


async def _ask(ask: Callable[[], Awaitable[T]]) -> T:
    """What Polar answers; when it asks us to slow down, we do so for as long as a person waits.

    Raises:
        ResourceNotFound: as the client has it; what that means depends on the question.
        Unavailable, Rejected, Misconfigured: everything else.
    """
    patience = _PATIENCE_SECONDS
    while True:
        try:
            return await ask()
        except ResourceNotFound:
            raise
        except HTTPValidationError as error:
            raise _rejected(error) from error
        except ResponseValidationError as error:
            raise Unavailable from error
        except PolarError as error:
            if not error.raw_response.is_client_error:
                # Down; or no JSON where that was to be expected, a proxy's page for one.
                raise Unavailable from error
            if error.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                raise Misconfigured(str(error)) from error
            # This client has retries of its own, but they do not look at `Retry-After`.
            said = error.headers.get("Retry-After", "")
            wait = max(1, int(said)) if said.isdecimal() else 1
            if wait > patience:
                raise Unavailable(wait) from error
        except (httpx.RequestError, NoResponseError) as error:
            # This client lets what goes wrong on the way through as it is.
            raise Unavailable from error
        patience -= wait
        await asyncio.sleep(wait)


def _rejected(error: HTTPValidationError) -> Rejected:
    for problem in error.data.detail or []:
        return Rejected(str(problem.loc[-1]), problem.msg)
    return Rejected("", "not accepted")
