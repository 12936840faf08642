"""The service's HTTP interface. Run it with `python -m uvicorn --factory app.main:create_app`."""

import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import (
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
)
from polar_sdk import Polar
from pydantic import BaseModel, Field

from app import pages, webhooks
from app.accounts import Account, Accounts, EmailTaken
from app.billing import Billing, Misconfigured, Rejected, Unavailable
from app.settings import Settings

_log = logging.getLogger(__name__)
_router = APIRouter()

Plan = Literal["free", "pro"]
# Whether an address is one is Polar's to say: it must take it anyway.
Email = Annotated[str, Field(min_length=3, max_length=254)]
Name = Annotated[str, Field(min_length=1, max_length=256)]


class SignUp(BaseModel):
    """What a person gives who signs up."""

    email: Email
    name: Name
    plan: Plan = "free"


class Profile(BaseModel):
    """What a person changes; what is not named stays."""

    email: Email | None = None
    name: Name | None = None
    plan: Plan | None = None


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; its settings are read from the environment unless given."""
    chosen = settings or Settings.read()

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        app.state.settings = chosen
        app.state.accounts = Accounts(chosen.database)
        try:
            async with Polar(chosen.polar_token, server_url=chosen.polar_url) as polar:
                app.state.billing = Billing(polar)
                yield
        finally:
            app.state.accounts.close()

    app = FastAPI(title="Lanternfish", lifespan=run)
    app.include_router(_router)
    app.exception_handler(EmailTaken)(_render_taken)
    app.exception_handler(Rejected)(_render_rejected)
    app.exception_handler(Unavailable)(_render_unavailable)
    app.exception_handler(Misconfigured)(_render_misconfigured)
    app.exception_handler(webhooks.Forged)(_render_forged)
    return app


def _accounts(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.accounts
    return accounts


def _billing(request: Request) -> Billing:
    billing: Billing = request.app.state.billing
    return billing


def _account(
    accounts: Annotated[Accounts, Depends(_accounts)],
    shown: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> Account:
    account = accounts.find(shown.credentials)
    if account is None:
        raise HTTPException(401, "There is no account with this key.")
    return account


def _check_admin(
    request: Request, shown: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]
) -> None:
    expected: str = request.app.state.settings.admin_password
    if not secrets.compare_digest(shown.password.encode(), expected.encode()):
        raise HTTPException(401, "Wrong password.", {"WWW-Authenticate": "Basic"})


AccountsHere = Annotated[Accounts, Depends(_accounts)]
BillingHere = Annotated[Billing, Depends(_billing)]
Asking = Annotated[Account, Depends(_account)]


@_router.post("/accounts", status_code=201)
async def sign_up(wanted: SignUp, accounts: AccountsHere, billing: BillingHere) -> dict[str, str]:
    """Open an account, and its customer at Polar.

    Where Polar cannot be reached the account is begun and not complete: signing up again with the
    same address takes it up, and makes no second customer.
    """
    account = accounts.begin(wanted.email, wanted.name, wanted.plan)
    try:
        await billing.add(account)
    except Rejected:
        accounts.abandon(account)
        raise
    return {**asdict(account), "key": accounts.complete(account)}


@_router.get("/account")
async def show(account: Asking) -> Account:
    """The account of the person who asks."""
    return account


@_router.patch("/account")
async def change(
    wanted: Profile, account: Asking, accounts: AccountsHere, billing: BillingHere
) -> Account:
    """Change the account, and its customer at Polar."""
    changed = replace(account, **wanted.model_dump(exclude_none=True))
    if accounts.is_taken(changed.email, by_other_than=account):
        raise EmailTaken
    # Polar first: what it does not take must not stand here.
    await billing.change(changed)
    accounts.save(changed)
    return changed


@_router.delete("/account", status_code=204)
async def delete(account: Asking, accounts: AccountsHere, billing: BillingHere) -> None:
    """Delete the account, and all that names the person at Polar."""
    await billing.forget(account)
    accounts.remove(account)


@_router.post("/webhooks/polar", status_code=202)
async def receive_webhook(request: Request, accounts: AccountsHere, billing: BillingHere) -> None:
    """Take over the name and the address of a customer that was changed at Polar.

    A webhook may come twice, or after newer ones: it says which customer to ask for, and what Polar
    answers is what counts. Where it cannot answer, neither do we, and Polar sends the webhook again.
    """
    secret: str = request.app.state.settings.webhook_secret
    external_id = webhooks.find_customer(await request.body(), request.headers, secret)
    account = accounts.find_by_id(external_id) if external_id else None
    if account is None:
        return
    changed = await billing.look_up(account)
    # The address is how another person signs in: then it stays theirs.
    if not accounts.is_taken(changed.email, by_other_than=account):
        accounts.save(changed)


@_router.get("/admin/customers", response_class=HTMLResponse, dependencies=[Depends(_check_admin)])
async def list_customers(
    billing: BillingHere,
    plan: Plan | None = None,
    page: Annotated[int, Query(ge=1)] = 1,
) -> str:
    """The admin's page of customers, by plan."""
    return pages.render_customers(await billing.list(plan, page), plan)


async def _render_taken(_: Request, __: EmailTaken) -> JSONResponse:
    return JSONResponse({"detail": "There is an account with this e-mail address."}, 409)


async def _render_rejected(_: Request, error: Rejected) -> JSONResponse:
    detail = [{"loc": ["body", error.field], "msg": error.reason, "type": "rejected"}]
    return JSONResponse({"detail": detail}, 422)


async def _render_unavailable(_: Request, error: Unavailable) -> JSONResponse:
    _log.warning("Polar is not available: %s", error.__cause__)
    return JSONResponse(
        {"detail": "This cannot be done right now. Please try again."},
        503,
        {"Retry-After": str(error.retry_after)},
    )


async def _render_misconfigured(_: Request, error: Misconfigured) -> JSONResponse:
    _log.error("Polar does not do what we ask: %s", error)
    return JSONResponse({"detail": "Something is wrong on our side."}, 500)


async def _render_forged(_: Request, __: webhooks.Forged) -> JSONResponse:
    return JSONResponse({"detail": "This is not signed with our secret."}, 403)
