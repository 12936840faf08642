"""Faults, as a test adds them: errors, delays, cut connections, changed fields."""

import types
from typing import Any, Literal, Self, TypedDict, Unpack

from icefloe.testing.control import Control


class Match(TypedDict, total=False):
    """Which requests a fault applies to; every request by default.

    Attributes:
        method: of the request, such as `GET`.
        path: a pattern for its path: `*` stands for anything, such as `/v1/customers/*`.
        times: how many requests it applies to; no limit by default.
        skip: how many matching requests pass before it begins.
    """

    method: str
    path: str
    times: int
    skip: int


class Fault:
    """A fault that was added; in a `with` block, it is removed at the end of it.

    Attributes:
        id: what the server calls it by.
        kind: such as `status`.
    """

    def __init__(self, control: Control, made: dict[str, Any]) -> None:
        self._control = control
        self._made = made
        self.id: str = made["id"]
        self.kind: str = made["kind"]

    @property
    def left(self) -> int | None:
        """How many more requests it applies to; None means no limit."""
        for one in self._control.get("faults")["items"]:
            if one["id"] == self.id:
                left: int | None = one["left"]
                return left
        return 0

    def remove(self) -> None:
        """Remove the fault; nothing happens if it is gone already."""
        if any(one["id"] == self.id for one in self._control.get("faults")["items"]):
            self._control.delete(f"faults/{self.id}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.remove()

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self._made.items() if name != "id")
        return f"<Fault {told}>"


class FaultList:
    """Faults of one organization; all that match apply, in the order they were added."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(self, kind: str, **fields: Any) -> Fault:
        """Add a fault by its kind and fields, as the control API names them.

        Raises:
            Refused: there is no such kind, or a field cannot be so.
        """
        return Fault(self._control, self._control.post("faults", {"kind": kind, **fields}))

    def all(self) -> list[Fault]:
        """The faults that are not used up, in the order they were added."""
        return [Fault(self._control, one) for one in self._control.get("faults")["items"]]

    def clear(self) -> None:
        """Remove all faults."""
        self._control.delete("faults")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.all()}>"


class Faults(FaultList):
    """The faults of requests: what goes wrong when the application asks."""

    def status(
        self, status: int, *, retry_after: int | None = None, **match: Unpack[Match]
    ) -> Fault:
        """Answer with a status from 400 on, and do nothing; 429 and 503 may say when to try again."""
        more = {} if retry_after is None else {"retry_after": retry_after}
        return self.add("status", status=status, **more, **match)

    def delay(self, seconds: float, **match: Unpack[Match]) -> Fault:
        """Let real seconds pass before the answer."""
        return self.add("delay", seconds=seconds, **match)

    def drop(self, *, after: bool = False, **match: Unpack[Match]) -> Fault:
        """End the connection without an answer: before the request has acted, or after it."""
        return self.add("drop", after=after, **match)

    def cut(self, at: float = 0.5, **match: Unpack[Match]) -> Fault:
        """End the connection amid the answer's body, after this part of it; the request has acted."""
        return self.add("cut", at=at, **match)

    def content_type(self, content_type: str = "text/html", **match: Unpack[Match]) -> Fault:
        """Send the ordinary body under another type."""
        return self.add("content_type", content_type=content_type, **match)

    def field(
        self,
        field: str,
        change: Literal["missing", "null", "unknown", "value"] = "missing",
        *,
        value: object = None,
        **match: Unpack[Match],
    ) -> Fault:
        """Change a field of each customer and member in the answer.

        Args:
            field: its name; dots go into objects, as in `billing_address.city`.
            change: leave it out, make it null, give it an unknown value, or `value`.
            value: the new value, with `change="value"`.
            match: which requests it applies to.
        """
        more = {"value": value} if change == "value" else {}
        return self.add("field", field=field, change=change, **more, **match)

    def token(
        self, reason: Literal["expired", "revoked"] = "expired", **match: Unpack[Match]
    ) -> Fault:
        """Refuse the token, as if it had expired or been revoked."""
        return self.add("token", reason=reason, **match)

    def stale(self, **match: Unpack[Match]) -> Fault:
        """Answer reads as everything stands now, whatever is written afterwards."""
        return self.add("stale", **match)
