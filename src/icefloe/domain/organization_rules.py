"""What an organization may change about itself, and what follows from it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from icefloe.domain.values import errors
from icefloe.domain.values.organizations import (
    DEFAULT_PROFILE,
    Organization,
    OrganizationChange,
    Profile,
)
from icefloe.domain.values.unset import UNSET

_RESET = "reset"


def apply(found: Organization, change: OrganizationChange, now: datetime) -> Organization:
    """The organization after a change; the same one where nothing changes.

    The first change sets `modified_at` even if it changes nothing: the reference notes by it that
    the organization has been set up.

    Raises:
        RulesBroken: the change breaks rules.
        NotPermitted, DisputeAutoAcceptNotEnabled: it asks for what no organization here has.
    """
    _check(change)
    changed = replace(
        found,
        name=found.name if change.name is UNSET else change.name,
        profile=_changed_profile(found, change),
    )
    if changed == found and found.modified_at is not None:
        return found
    return replace(changed, modified_at=now)


def refuse_named(organization_id: UUID | None) -> None:
    """Check that a body names no organization, which its token does. Raises RulesBroken."""
    if organization_id is not None:
        raise errors.RulesBroken(
            errors.Violation(
                "organization_token",
                ("body", "organization_id"),
                "Setting organization_id is disallowed when using an organization token.",
                str(organization_id),
            )
        )


def _check(change: OrganizationChange) -> None:
    if change.features.get("seat_based_pricing_enabled") is False:
        raise _broken(
            ("feature_settings", "seat_based_pricing_enabled"),
            "Seat-based pricing cannot be switched off.",
            value=False,
        )
    behavior = change.settings.get("subscription_settings", {}).get("proration_behavior")
    if behavior == _RESET:
        raise _broken(
            ("subscription_settings", "proration_behavior"),
            "The 'reset' proration behavior is not enabled for this organization.",
            value=behavior,
        )
    if change.enforces_single_sign_on:
        raise errors.NotPermitted("Single sign-on cannot be enforced: this server has none.")
    if change.accepts_disputes_below is not None:
        raise errors.DisputeAutoAcceptNotEnabled


def _changed_profile(found: Organization, change: OrganizationChange) -> Profile:
    settings = {**found.settings, **change.settings}
    settings["feature_settings"] = {**settings["feature_settings"], **change.features}
    return {name: value for name, value in settings.items() if value != DEFAULT_PROFILE[name]}


def _broken(place: tuple[str, ...], message: str, value: object) -> errors.RulesBroken:
    return errors.RulesBroken(errors.Violation("value_error", ("body", *place), message, value))
