"""The rules of a subscription's life: each makes the next document of one, or says why it cannot be."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from icefloe.domain.values import errors, moments, periods
from icefloe.domain.values.documents import read_moment
from icefloe.domain.values.errors import RulesBroken, Violation
from icefloe.domain.values.subscriptions import ACTIVE, SubscriptionStatus

if TYPE_CHECKING:
    from icefloe.domain.values.documents import Document


def require_going_on(subscription: Document) -> None:
    """Raises AlreadyCanceledSubscription for one that has ended, or is set to end."""
    if subscription["ended_at"] is not None or subscription["cancel_at_period_end"]:
        raise errors.AlreadyCanceledSubscription


def begin_period(subscription: Document, now: datetime) -> Document:
    """The subscription with a period that begins now."""
    end = periods.add(
        now, subscription["recurring_interval"], subscription["recurring_interval_count"]
    )
    return {
        **subscription,
        "current_period_start": moments.render(now),
        "current_period_end": moments.render(end),
    }


def cancel(
    subscription: Document, now: datetime, reason: str | None, comment: str | None
) -> Document:
    """The subscription, set to end with its period. Raises AlreadyCanceledSubscription."""
    require_going_on(subscription)
    return {
        **subscription,
        "modified_at": moments.render(now),
        "cancel_at_period_end": True,
        "canceled_at": moments.render(now),
        "ends_at": subscription["current_period_end"],
        "customer_cancellation_reason": reason,
        "customer_cancellation_comment": comment,
    }


def uncancel(subscription: Document, now: datetime) -> Document:
    """The subscription, no longer set to end.

    Raises:
        SubscriptionEnded: it has ended.
        SubscriptionNotCanceled: it is not set to end.
    """
    if subscription["ended_at"] is not None:
        raise errors.SubscriptionEnded
    if not subscription["cancel_at_period_end"]:
        raise errors.SubscriptionNotCanceled
    return {
        **subscription,
        "modified_at": moments.render(now),
        "cancel_at_period_end": False,
        "canceled_at": None,
        "ends_at": None,
        "customer_cancellation_reason": None,
        "customer_cancellation_comment": None,
    }


def revoke(
    subscription: Document, now: datetime, reason: str | None = None, comment: str | None = None
) -> Document:
    """The subscription, ended now. Raises AlreadyCanceledSubscription."""
    if subscription["ended_at"] is not None:
        raise errors.AlreadyCanceledSubscription
    moment = moments.render(now)
    return {
        **subscription,
        "modified_at": moment,
        "status": SubscriptionStatus.canceled,
        "canceled_at": subscription["canceled_at"] or moment,
        "ends_at": moment,
        "ended_at": moment,
        "customer_cancellation_reason": reason or subscription["customer_cancellation_reason"],
        "customer_cancellation_comment": comment or subscription["customer_cancellation_comment"],
    }


def pause(subscription: Document, now: datetime, resumes_at: datetime | None) -> Document:
    """The subscription, set to pause after its period. Raises CannotPauseSubscription."""
    is_pausable = (
        subscription["status"] == SubscriptionStatus.active
        and not subscription["cancel_at_period_end"]
        and not subscription["pause_at_period_end"]
    )
    if not is_pausable:
        raise errors.CannotPauseSubscription
    return {
        **subscription,
        "modified_at": moments.render(now),
        "pause_at_period_end": True,
        "resumes_at": None if resumes_at is None else moments.render(resumes_at),
    }


def unpause(subscription: Document, now: datetime) -> Document:
    """The subscription, no longer set to pause. Raises NoScheduledPause."""
    if not subscription["pause_at_period_end"]:
        raise errors.NoScheduledPause
    return {
        **subscription,
        "modified_at": moments.render(now),
        "pause_at_period_end": False,
        "resumes_at": None,
    }


def resume(subscription: Document, now: datetime) -> Document:
    """The paused subscription, active in a period that begins now. Raises NotPausedSubscription."""
    if subscription["status"] != SubscriptionStatus.paused:
        raise errors.NotPausedSubscription
    resumed = {
        **subscription,
        "modified_at": moments.render(now),
        "status": SubscriptionStatus.active,
        "paused_at": None,
        "resumes_at": None,
    }
    return begin_period(resumed, now)


def set_period_end(subscription: Document, now: datetime, end: datetime) -> Document:
    """The subscription with another end of its period. Raises AlreadyCanceledSubscription."""
    require_going_on(subscription)
    return {
        **subscription,
        "modified_at": moments.render(now),
        "current_period_end": moments.render(end),
    }


def clear_pending(subscription: Document) -> Document:
    """The subscription without the change that its next period would bring. Raises RulesBroken."""
    if subscription["pending_update"] is None:
        message = "This subscription has no pending update to clear."
        raise RulesBroken(Violation("value_error", ("body", "pending_update"), message))
    return {**subscription, "pending_update": None}


def set_trial_end(subscription: Document, now: datetime, end: datetime) -> Document:
    """The subscription, on trial until a moment.

    Raises:
        InactiveSubscription: it is neither active nor on trial.
        RulesBroken: the trial of one that is active would end before its period does.
    """
    _require_active(subscription)
    is_trialing = subscription["status"] == SubscriptionStatus.trialing
    if not is_trialing and end <= read_moment(subscription["current_period_end"]):
        message = "Trial end must be after the current period end."
        raise RulesBroken(Violation("value_error", ("body", "trial_end"), message, end.isoformat()))
    moment = moments.render(end)
    return {
        **subscription,
        "modified_at": moments.render(now),
        "status": SubscriptionStatus.trialing,
        "trial_end": moment,
        "current_period_end": moment,
        "ends_at": moment if subscription["cancel_at_period_end"] else None,
    }


def end_trial(subscription: Document, now: datetime) -> Document:
    """The subscription, active in a period that begins now.

    Raises:
        InactiveSubscription: it is neither active nor on trial.
        RulesBroken: it is not on trial.
    """
    _require_active(subscription)
    if subscription["status"] != SubscriptionStatus.trialing:
        message = "The subscription is not currently trialing."
        raise RulesBroken(Violation("value_error", ("body", "trial_end"), message, "now"))
    active = {
        **subscription,
        "modified_at": moments.render(now),
        "status": SubscriptionStatus.active,
        "trial_end": moments.render(now),
    }
    return begin_period(active, now)


def _require_active(subscription: Document) -> None:
    if subscription["status"] not in ACTIVE:
        raise errors.InactiveSubscription(subscription["id"])
