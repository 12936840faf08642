"""The faults of an organization, and what they do to a request and its response.

The faults that match a request apply in the order in which they were added, up to the first that
answers by itself (`status`, `token`) or ends the connection (`drop`). The response of that one is
changed and cut by the faults before it, as the API's would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from icefloe.control.faults import kinds
from icefloe.control.faults.connections import Ending
from icefloe.control.messages import BufferedRequest, BufferedResponse
from icefloe.domain.values.errors import InvalidValue

MAX_FAULTS = 100


@dataclass(slots=True)
class Fault:
    """A fault of an organization.

    Attributes:
        what: its kind and parameters.
        id: by which it is removed.
        left: how many more requests it applies to; None means no limit.
        passed: how many matching requests it has skipped so far.
    """

    what: kinds.Kind
    id: UUID = field(default_factory=uuid4)
    left: int | None = field(init=False)
    passed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.left = self.what.times

    @property
    def kind(self) -> str:
        """The kind's name on the wire."""
        return self.what.kind


class Faults:
    """The faults of one organization, at most 100. A fault that is used up is removed."""

    def __init__(self) -> None:
        self._faults: dict[UUID, Fault] = {}

    def add(self, fault: Fault) -> Fault:
        """Add a fault at the end. Raises InvalidValue if there are 100 already."""
        if len(self._faults) >= MAX_FAULTS:
            raise InvalidValue(f"an organization has at most {MAX_FAULTS} faults: remove some")
        self._faults[fault.id] = fault
        return fault

    def remove(self, fault_id: UUID) -> bool:
        """Remove a fault; returns whether it was there."""
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def all(self) -> list[Fault]:
        """The faults, in the order in which they were added."""
        return list(self._faults.values())

    def take(self, request: BufferedRequest) -> list[Fault]:
        """The faults that apply to a request; each of them is counted.

        If an earlier fault answers the request, a later one counts it among those it skips, but not
        among its `times`.
        """
        taken: list[Fault] = []
        for fault in self.all():
            if not fault.what.fits(request):
                continue
            if fault.passed < fault.what.skip:
                fault.passed += 1
            elif not (taken and taken[-1].what.is_last):
                taken.append(fault)
                self._count(fault)
        return taken

    def _count(self, fault: Fault) -> None:
        if fault.left is not None:
            fault.left -= 1
            if fault.left == 0:
                self.remove(fault.id)


async def before(
    faults: Sequence[Fault], request: BufferedRequest
) -> BufferedResponse | Ending | None:
    """Apply faults before the API sees a request.

    Returns:
        the response in place of the API's, or how the connection ends; None if the API must answer,
        and `after` must change its response.
    """
    for at, fault in enumerate(faults):
        await fault.what.wait()
        instead = fault.what.answer_instead(request)
        if isinstance(instead, Ending):
            return instead
        if instead is not None:
            return after(faults[:at], instead)
    return None


def after(faults: Sequence[Fault], response: BufferedResponse) -> BufferedResponse | Ending:
    """Apply faults to the response: it is changed, or the connection ends."""
    for fault in faults:
        response = fault.what.change(response)
    for fault in faults:
        ending = fault.what.end(response)
        if ending is not None:
            return ending
    return response


def render(fault: Fault) -> dict[str, Any]:
    """The fault as the control API shows it: as it was sent, with `id` and `left`."""
    told = fault.what.model_dump(by_alias=True)
    if told.get("change") != "value":
        told.pop("value", None)
    return {"id": str(fault.id), "kind": told.pop("kind"), **told, "left": fault.left}
