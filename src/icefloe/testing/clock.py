"""The time that an organization goes by, as a test sets it."""

from datetime import datetime, timedelta
from typing import Any

from icefloe.testing import moments
from icefloe.testing.control import Control


class Clock:
    """An organization's clock: what its server takes for now in `created_at` and all other times.

    It is the machine's until a test changes it, and no other organization's clock changes with it.
    """

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def now(self) -> datetime:
        """The present moment of this organization, in UTC."""
        return moments.from_wire(self._read()["now"])

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        frozen: bool = self._read()["is_frozen"]
        return frozen

    @property
    def speed(self) -> float:
        """How many of its seconds pass in a real one while it runs."""
        speed: float = self._read()["speed"]
        return speed

    @property
    def tick(self) -> float:
        """By how many seconds each request that writes moves it on."""
        tick: float = self._read()["tick"]
        return tick

    def freeze(self, at: moments.Moment | None = None, *, tick: float | None = None) -> datetime:
        """Stand still, at a moment or where it is; gives that moment.

        Args:
            at: where to stand still; the present moment unless given.
            tick: by how many seconds each request that writes moves it on from now on.
        """
        change: dict[str, Any] = {"is_frozen": True}
        if at is not None:
            change["now"] = moments.to_wire(at)
        if tick is not None:
            change["tick"] = tick
        return self._change(**change)

    def set(self, moment: moments.Moment) -> datetime:
        """Put it to a moment; it runs on from there, or stands still there, as it did before."""
        return self._change(now=moments.to_wire(moment))

    def advance(self, span: timedelta | None = None, **parts: float) -> datetime:
        """Move it on by a span, or by parts of one such as `days=30`; gives what it is then."""
        whole = (span or timedelta()) + timedelta(**parts)
        return self._change(advance=whole.total_seconds())

    def run(self, *, speed: float = 1.0) -> datetime:
        """Run, so many seconds in a real one."""
        return self._change(is_frozen=False, speed=speed)

    def reset(self) -> None:
        """Go by the machine's clock again."""
        self._control.delete("clock")

    def _read(self) -> dict[str, Any]:
        told: dict[str, Any] = self._control.get("clock")
        return told

    def _change(self, **change: Any) -> datetime:
        return moments.from_wire(self._control.patch("clock", change)["now"])

    def __repr__(self) -> str:
        return f"<Clock {self.now.isoformat()}>"
