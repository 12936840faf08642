"""The dashboard's application: its pages, files, headers, and error pages.

To add a page:

1. A function for each method, in the module of its noun: `async def show(visit: Visit) -> Response`
   for GET and `submit` for POST. It asks `visit.services` and answers with
   `visit.render("customers.html", customers=…)`, or `visit.redirect(visit.href("customers"), "Saved.")`
   after a form did its work. A form with errors is shown again with status 422, `errors` (texts by
   field name) and everything that was typed.
2. Its row in PAGES, below, with who may see it: `Page("/{slug}/customers", customers.show)` is for
   members of the organization, which is then `visit.organization`. Fixed paths come before places.
3. Its template: `{% extends "base.html" %}` with the blocks `title` and `content` (and `section`, the
   entry of the navigation that is current). Macros are in `forms.html`, `tables.html`, `empty.html` and
   `icons.html`; `{{ forms.csrf(visit) }}` goes into every `<form method="post">`.
4. What htmx asks for: `visit.render(…, block="table" if visit.is_partial else None)` gives that block
   alone. It sends the form's token as a header by itself. Every page must work without htmx.
   A part that refreshes itself while its page is open: `webhooks/live.py`.

`raise NoSuchPage` (or let the domain's NotFound through) gives the 404 page. There are no inline
scripts and no `style` attributes: the Content-Security-Policy forbids them. Moments are in UTC, by the
filters `moment`, `day` and `ago`; numbers by `number` and `plural`. Bodies are bounded by
`Page.max_bytes`; an upload is `visit.form["file"]`. Each request has its line in the log from here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Message, Receive, Scope, Send

from icefloe.dashboard import account, organizations, overview, pages, rendering, sign_in, tokens
from icefloe.dashboard.commerce import orders, products, subscriptions
from icefloe.dashboard.count_cache import CountCache
from icefloe.dashboard.customers import customers, exports, imports, members, uploads
from icefloe.dashboard.mount import PATH
from icefloe.dashboard.pages import Access, Desk, NoSuchPage, Page, Refused
from icefloe.dashboard.people import first_person, invitations, memberships
from icefloe.dashboard.rendering import Templates
from icefloe.dashboard.sessions import Cookies
from icefloe.dashboard.webhooks import deliveries, endpoints
from icefloe.domain.values import errors

if TYPE_CHECKING:
    from icefloe.dashboard.visits import Visit
    from icefloe.log import Log
    from icefloe.services import Services

PAGES: tuple[Page, ...] = (
    Page("", sign_in.go_on, access=Access.PERSON),
    Page("/sign-in", sign_in.show, sign_in.submit, Access.ANYBODY),
    Page("/sign-out", None, sign_in.sign_out, Access.PERSON),
    Page("/first/{token}", first_person.show, first_person.submit, Access.ANYBODY),
    Page("/invitations/{token}", invitations.show, invitations.submit, Access.ANYBODY),
    Page("/account", account.show, account.submit, Access.PERSON),
    Page("/organizations/new", organizations.show_new, organizations.create, Access.PERSON),
    Page("/{slug}", overview.show),
    Page("/{slug}/customers", customers.show_list),
    Page("/{slug}/customers/new", customers.show_new, customers.create),
    Page("/{slug}/customers/export.csv", exports.download_csv),
    Page("/{slug}/customers/export.excel.csv", exports.download_spreadsheet),
    Page("/{slug}/customers/export.ndjson", exports.download_ndjson),
    Page(
        "/{slug}/customers/import",
        imports.show,
        imports.submit,
        max_bytes=imports.MAX_BYTES,
        too_large="customers/import_too_large.html",
    ),
    Page(
        "/{slug}/customers/import/{upload_id}",
        imports.show_upload,
        imports.submit_upload,
    ),
    Page("/{slug}/customers/{customer_id}", customers.show),
    Page("/{slug}/customers/{customer_id}/edit", customers.show_edit, customers.update),
    Page("/{slug}/customers/{customer_id}/delete", customers.show_delete, customers.delete),
    Page(
        "/{slug}/customers/{customer_id}/members/new",
        members.show_new,
        members.add,
    ),
    Page(
        "/{slug}/customers/{customer_id}/members/{member_id}",
        members.show,
        members.update,
    ),
    Page(
        "/{slug}/customers/{customer_id}/members/{member_id}/delete",
        members.show_delete,
        members.delete,
    ),
    Page("/{slug}/products", products.show_list),
    Page("/{slug}/products/{product_id}", products.show),
    Page("/{slug}/subscriptions", subscriptions.show_list),
    Page(
        "/{slug}/subscriptions/{subscription_id}",
        subscriptions.show,
        subscriptions.change,
    ),
    Page("/{slug}/orders", orders.show_list),
    Page("/{slug}/orders/{order_id}", orders.show),
    Page(
        "/{slug}/settings",
        organizations.show_settings,
        organizations.change_settings,
        Access.OWNER_TO_SEND,
    ),
    Page("/{slug}/settings/tokens", tokens.show_all),
    Page("/{slug}/settings/tokens/new", tokens.show_new, tokens.create, Access.OWNER),
    Page("/{slug}/settings/tokens/{token_id}", tokens.show, tokens.change, Access.OWNER),
    Page("/{slug}/settings/tokens/{token_id}/revoke", tokens.show, tokens.revoke, Access.OWNER),
    Page("/{slug}/settings/webhooks", endpoints.show_all),
    Page("/{slug}/settings/webhooks/new", endpoints.show_new, endpoints.create, Access.OWNER),
    Page("/{slug}/settings/webhooks/deliveries", deliveries.show_list),
    Page(
        "/{slug}/settings/webhooks/events/{event_id}",
        deliveries.show_event,
        deliveries.redeliver,
        Access.OWNER_TO_SEND,
    ),
    Page(
        "/{slug}/settings/webhooks/{endpoint_id}",
        endpoints.show,
        endpoints.switch,
        Access.OWNER_TO_SEND,
    ),
    Page(
        "/{slug}/settings/webhooks/{endpoint_id}/edit",
        endpoints.show_edit,
        endpoints.update,
        Access.OWNER,
    ),
    Page(
        "/{slug}/settings/webhooks/{endpoint_id}/secret",
        endpoints.show_secret,
        endpoints.replace_secret,
        Access.OWNER,
    ),
    Page(
        "/{slug}/settings/webhooks/{endpoint_id}/delete",
        endpoints.show_delete,
        endpoints.delete,
        Access.OWNER,
    ),
    Page("/{slug}/settings/people", memberships.show_all, memberships.submit, Access.OWNER_TO_SEND),
    Page("/{slug}/settings/people/leave", None, memberships.leave),
    Page("/{slug}/settings/people/{person_id}", memberships.show, memberships.change, Access.OWNER),
)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_WRONG_METHOD = 405
_BUSY = 503
_FOREVER = "public, max-age=31536000, immutable"


def make_dashboard(services: Services, secret: bytes, log: Log) -> Dashboard:
    """The dashboard, over ASGI.

    Args:
        services: what the domain offers.
        secret: the server's, under which cookies are signed.
        log: where requests are noted.
    """
    now = services.clock.now
    uploads.sweep()  # a server that was killed could not do so itself
    root = services.base_path + PATH
    templates = Templates(now, root)
    threading.Thread(target=templates.prepare, name="icefloe-templates", daemon=True).start()
    counts = CountCache(services.tasks, lambda: now().timestamp())
    return Dashboard(PAGES, Desk(services, Cookies(secret, root), templates, log, counts))


class Dashboard:
    """Serves pages over ASGI."""

    def __init__(self, table: Sequence[Page], desk: Desk) -> None:
        """Make it from pages; the first whose path matches is served."""
        self._desk = desk
        self._router = Router(
            [
                Route(f"{PATH}/static/{{name}}", _Asset()),
                *(Route(PATH + page.path, _Place(page, desk)) for page in table),
            ],
            redirect_slashes=False,
            default=_Place(None, desk),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        path = scope["path"]
        if len(path) > len(PATH) + 1 and path.endswith("/"):
            scope = {**scope, "path": path.rstrip("/")}
        elif path == f"{PATH}/":
            scope = {**scope, "path": PATH}
        await self._router(scope, receive, send_with_headers)


class _Place:
    """A page as a route: every request gets an answer and a line in the log."""

    def __init__(self, page: Page | None, desk: Desk) -> None:
        self._page = page
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        visit = self._desk.receive(Request(scope, receive))
        try:
            await visit.recognise()
            response = await self._answer(visit)
        except ClientDisconnect:
            return
        except errors.StorageUnavailable:
            response = visit.render("busy.html", status=_BUSY)
        except Exception as error:  # noqa: BLE001 - the outermost handler: logged, and answered with a 500
            self._desk.log.failure("unexpected error", error)
            response = visit.render("failed.html", status=500)
        if response.status_code == _BUSY:
            response.headers["Retry-After"] = "1"
        try:
            await response(scope, receive, send)
        except ClientDisconnect:
            return
        except Exception as error:
            # Part of the answer is sent: raised, for the server to cut the connection before its end.
            self._desk.log.failure("an answer broke off", error)
            self._note(visit, 500, started)
            raise
        self._note(visit, response.status_code, started)

    def _note(self, visit: Visit, status: int, started: float) -> None:
        """Note a visit in the log."""
        self._desk.log.request(
            visit.request.method,
            PATH + self._page.path if self._page else "-",
            status,
            (time.perf_counter() - started) * 1000,
            str(visit.entered.id) if visit.entered else None,
        )

    async def _answer(self, visit: Visit) -> Response:
        try:
            return await pages.serve(self._page, visit)
        except (NoSuchPage, errors.NotFound):
            return visit.render("not_found.html", status=404)
        except errors.NotPermitted:
            # The role has changed since the page looked at it.
            return visit.render("owners_only.html", status=403)
        except Refused as refused:
            response = visit.render(refused.template, status=refused.status)
            if self._page is not None and refused.status == _WRONG_METHOD:
                response.headers["Allow"] = ", ".join(self._page.methods)
            return response


class _Asset:
    """A file that pages load; its address changes with what is in it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asset = rendering.find_asset(scope["path_params"]["name"])
        if scope["method"] not in pages.READS:
            headers = {"Allow": ", ".join(pages.READS)}
            response = Response("Method not allowed", _WRONG_METHOD, headers, "text/plain")
        elif asset is None:
            response = Response("Not found", 404, media_type="text/plain")
        else:
            headers = {"Content-Type": asset.content_type, "Cache-Control": _FOREVER}
            response = Response(asset.body, headers=headers)
        await response(scope, receive, send)
