"""Views of the list of deliveries: query strings that can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from icefloe.dashboard.customers.queries import read_number
from icefloe.domain.values.listing import PageRequest
from icefloe.domain.values.webhooks import (
    EVENT_TYPES,
    HTTP_CODE_CLASSES,
    DeliveryQuery,
    HttpCodeClass,
    WebhookEventType,
)

SIZE = 25
OUTCOMES = {"delivered": True, "failed": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of the list; a filter of None lets all deliveries pass.

    Attributes:
        endpoint_id: to this endpoint.
        type: of events of this type.
        outcome: one of OUTCOMES.
        code: with a status of this class.
        text: found in the delivery's ID, the event's ID or the status; empty for all.
        after: attempted later than this.
        before: attempted earlier than this.
        page: counted from 1.
    """

    endpoint_id: UUID | None = None
    type: WebhookEventType | None = None
    outcome: str | None = None
    code: HttpCodeClass | None = None
    text: str = ""
    after: datetime | None = None
    before: datetime | None = None
    page: int = 1

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return replace(self, page=1) != View()

    @property
    def is_live(self) -> bool:
        """Whether the list refreshes itself.

        On later pages it would move away from its reader; a search for text reads every delivery.
        """
        return self.page == 1 and not self.text

    @property
    def query(self) -> DeliveryQuery:
        """What the domain is asked for."""
        return DeliveryQuery(
            page=PageRequest(self.page, SIZE),
            endpoint_ids=None if self.endpoint_id is None else (self.endpoint_id,),
            after=self.after,
            before=self.before,
            succeeded=None if self.outcome is None else OUTCOMES[self.outcome],
            query=self.text or None,
            http_code_class=self.code,
            event_types=None if self.type is None else (self.type,),
        )

    def address(self, base: str, **changes: Any) -> str:
        """The address of this view with some changes, at the list's path; what is usual is left out.

        A change of anything but the page goes back to the first page.
        """
        if changes and "page" not in changes:
            changes["page"] = 1
        view = replace(self, **changes)
        pairs = [
            ("endpoint", str(view.endpoint_id or "")),
            ("type", view.type or ""),
            ("outcome", view.outcome or ""),
            ("code", view.code or ""),
            ("q", view.text),
            ("from", render_time(view.after)),
            ("to", render_time(view.before)),
            ("page", str(view.page) if view.page > 1 else ""),
        ]
        parameters = urlencode([(name, value) for name, value in pairs if value], safe=":")
        return f"{base}?{parameters}" if parameters else base


def read_view(values: Mapping[str, str]) -> View:
    """The view of a query string; parameters that make no sense are ignored."""
    outcome = values.get("outcome")
    return View(
        endpoint_id=_find_id(values.get("endpoint", "")),
        type=next((one for one in EVENT_TYPES if one == values.get("type")), None),
        outcome=outcome if outcome in OUTCOMES else None,
        code=next((one for one in HTTP_CODE_CLASSES if one == values.get("code")), None),
        text=values.get("q", "").strip(),
        after=_find_time(values.get("from", "")),
        before=_find_time(values.get("to", "")),
        page=max(read_number(values.get("page", "")), 1),
    )


def render_time(moment: datetime | None) -> str:
    """A moment in UTC as a field for a local time holds it; empty for none."""
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")


def _find_time(text: str) -> datetime | None:
    """The moment of a field for a local time, which is in UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(microsecond=0, tzinfo=UTC) if moment.tzinfo is None else None


def _find_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
