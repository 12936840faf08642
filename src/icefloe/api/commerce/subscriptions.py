"""The endpoints of subscriptions."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from icefloe.api import authentication, bodies
from icefloe.api.commerce import objects
from icefloe.api.commerce.schemas import subscriptions as schemas
from icefloe.api.messages import Request, Response
from icefloe.api.routing import Route
from icefloe.domain.commerce.subscriptions import Cancellation, Subscriptions
from icefloe.domain.values.access import SUBSCRIPTIONS_READ, SUBSCRIPTIONS_WRITE
from icefloe.domain.values.commerce import Filter
from icefloe.domain.values.documents import Document
from icefloe.domain.values.products import add_newer_fields
from icefloe.domain.values.subscriptions import ACTIVE, INACTIVE
from icefloe.exchange import subscription_rows

_Change = Callable[[UUID, UUID], Awaitable[bytes]]
_CSV = b"text/csv; charset=utf-8"
_ATTACHMENT = (b"content-disposition", b'attachment; filename="polar-subscriptions.csv"')


async def list_subscriptions(request: Request) -> Response:
    """List subscriptions, those that started last first."""
    asked = schemas.read_subscription_list(request.query_string)
    page = await objects.send_list(
        request,
        request.services.commerce.subscriptions,
        asked,
        asked.sorting,
        _filters_of(asked),
        metadata=asked.metadata,
    )
    return objects.answer(request, 200, page.body, add_newer_fields)


async def create_subscription(request: Request) -> Response:
    """Create a subscription to a free product. Those that cost something begin with a checkout."""
    body = await bodies.read_body(request, schemas.NEW_SUBSCRIPTION)
    subscription = await request.services.commerce.subscriptions.create(
        request.caller.organization_id, schemas.new_subscription_of(body)
    )
    return objects.answer(request, 201, subscription, add_newer_fields)


async def export_subscriptions(request: Request) -> Response:
    """Export subscriptions as CSV, those that started last first."""
    asked = schemas.read_subscription_export(request.query_string)
    organization_id = request.caller.organization_id
    filters = [
        *objects.one_of("product_id", asked.product_id),
        *objects.one_of("status", asked.status),
        *objects.one_of("cancel_at_period_end", asked.cancel_at_period_end),
        *objects.between("started_at", asked.started_after, asked.started_before),
    ]
    is_own = asked.organization_id is None or organization_id in asked.organization_id
    subscriptions = request.services.commerce.subscriptions
    batches = subscriptions.walk(organization_id, filters) if is_own else _nothing()
    parts = subscription_rows.render(batches, asked.columns, ZoneInfo(asked.timezone))
    permitted = authentication.while_valid(request, SUBSCRIPTIONS_READ, parts)
    return Response(200, content_type=_CSV, headers=[_ATTACHMENT], parts=permitted)


async def get_subscription(request: Request) -> Response:
    """Get a subscription by ID."""
    found = await objects.send(request, request.services.commerce.subscriptions)
    return objects.answer(request, 200, found.body, add_newer_fields)


async def update_subscription(request: Request) -> Response:
    """Update a subscription by ID: one thing at a time, such as its product, or its end."""
    subscription_id, body = await bodies.read_name_and_body(
        request, objects.read_id, schemas.SUBSCRIPTION_CHANGE
    )
    change = _find_change(request.services.commerce.subscriptions, body)
    subscription = await change(request.caller.organization_id, subscription_id)
    return objects.answer(request, 200, subscription, add_newer_fields)


async def revoke_subscription(request: Request) -> Response:
    """End a subscription by ID, now."""
    subscription = await request.services.commerce.subscriptions.revoke(
        request.caller.organization_id, objects.read_id(request), Cancellation()
    )
    return objects.answer(request, 200, subscription, add_newer_fields)


def _filters_of(asked: schemas.SubscriptionListParameters) -> Iterable[Filter]:
    yield from objects.one_of("product_id", asked.product_id)
    yield from objects.one_of("customer_id", asked.customer_id)
    yield from objects.one_of("external_customer_id", asked.external_customer_id)
    yield from objects.one_of("discount_id", asked.discount_id)
    if asked.active is not None:
        yield Filter("status", tuple(sorted(ACTIVE if asked.active else INACTIVE)))
    yield from objects.one_of("status", asked.status)
    yield from objects.one_of("cancel_at_period_end", asked.cancel_at_period_end)
    yield from objects.one_of("customer_cancellation_reason", asked.customer_cancellation_reason)
    yield from objects.between("canceled_at", asked.canceled_at_after, asked.canceled_at_before)
    yield from objects.between("started_at", asked.started_after, asked.started_before)


def _find_change(own: Subscriptions, body: schemas.SubscriptionChangeBody) -> _Change:
    """What a body asks for, of the subscription of an organization and with an id."""
    match body:
        case schemas.SubscriptionUpdateSeats():
            return own.refuse_seats
        case schemas.SubscriptionUpdateUnits():
            return own.refuse_units
        case schemas.SubscriptionCancel():
            if body.cancel_at_period_end:
                return partial(own.cancel, why=_reasons_of(body))
            return own.uncancel
        case schemas.SubscriptionRevoke():
            return partial(own.revoke, why=_reasons_of(body))
        case _:
            return _find_other_change(own, body)


def _find_other_change(
    own: Subscriptions,
    body: schemas.SubscriptionUpdateBase
    | schemas.SubscriptionUpdateBillingPeriod
    | schemas.SubscriptionPause
    | schemas.SubscriptionResume
    | schemas.SubscriptionUpdateClear,
) -> _Change:
    match body:
        case schemas.SubscriptionUpdateBillingPeriod():
            return partial(own.set_period_end, end=body.current_billing_period_end)
        case schemas.SubscriptionPause():
            if body.pause_at_period_end:
                return partial(own.pause, resumes_at=body.resumes_at)
            return own.unpause
        case schemas.SubscriptionResume():
            return own.resume
        case schemas.SubscriptionUpdateClear():
            return own.clear_pending
        case schemas.SubscriptionUpdateBase():
            return partial(own.update, given=schemas.change_of(body))


def _reasons_of(body: schemas.SubscriptionCancel | schemas.SubscriptionRevoke) -> Cancellation:
    return Cancellation(body.customer_cancellation_reason, body.customer_cancellation_comment)


async def _nothing() -> AsyncIterator[list[Document]]:
    """The export of another organization."""
    yield []


SUBSCRIPTION_ROUTES = [
    Route(
        method="GET",
        path="/v1/subscriptions/",
        handler=list_subscriptions,
        scopes=SUBSCRIPTIONS_READ,
        operation_id="subscriptions:list",
        parameters="SubscriptionListParameters",
        answer="ListResource_Subscription_",
        errors=(422,),
    ),
    Route(
        method="POST",
        path="/v1/subscriptions/",
        handler=create_subscription,
        scopes=SUBSCRIPTIONS_WRITE,
        operation_id="subscriptions:create",
        body="SubscriptionCreate",
        answer="Subscription",
        statuses=(201,),
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/subscriptions/export",
        handler=export_subscriptions,
        scopes=SUBSCRIPTIONS_READ,
        operation_id="subscriptions:export",
        parameters="SubscriptionExportParameters",
        answer="text/csv",
        errors=(422,),
    ),
    Route(
        method="GET",
        path="/v1/subscriptions/{id}",
        handler=get_subscription,
        scopes=SUBSCRIPTIONS_READ,
        operation_id="subscriptions:get",
        places="SubscriptionPlaces",
        answer="Subscription",
        errors=(404, 422),
    ),
    Route(
        method="PATCH",
        path="/v1/subscriptions/{id}",
        handler=update_subscription,
        scopes=SUBSCRIPTIONS_WRITE,
        operation_id="subscriptions:update",
        places="SubscriptionPlaces",
        body="SubscriptionUpdate",
        answer="Subscription",
        errors=(403, 404, 409, 422),
    ),
    Route(
        method="DELETE",
        path="/v1/subscriptions/{id}",
        handler=revoke_subscription,
        scopes=SUBSCRIPTIONS_WRITE,
        operation_id="subscriptions:revoke",
        places="SubscriptionPlaces",
        answer="Subscription",
        errors=(403, 404, 422),
    ),
]
