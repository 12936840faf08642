"""Where webhooks may be sent: the rules of the URLs of endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def require_usable(url: str, place: Sequence[str], *, public_only: bool) -> None:
    """Check a standardised URL. Raises RulesBroken."""


def require_enablable(url: str, *, public_only: bool) -> None:
    """Check the URL of an endpoint that should be enabled. Raises RulesBroken."""
