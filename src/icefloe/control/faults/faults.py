"""Faults: what goes wrong on purpose, for which requests, and how often.

Those that match a request apply in the order in which they were added, up to the first that answers
by itself (`status`, `token`) or ends the connection (`drop`). An answer that a fault gives is changed
and cut by those before it, as an ordinary one.
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
        what: its kind, with all that it takes.
        id: by which it is removed.
        left: how many requests it is still for; None is any number.
        passed: how many matching requests it has let pass, of those that it skips.
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
    """The faults of one organization, at most 100. One that has had its times is gone."""

    def __init__(self) -> None:
        self._faults: dict[UUID, Fault] = {}

    def add(self, fault: Fault) -> Fault:
        """Add a fault behind those there are. Raises InvalidValue where there are 100."""
        if len(self._faults) >= MAX_FAULTS:
            raise InvalidValue(f"an organization has at most {MAX_FAULTS} faults: remove some")
        self._faults[fault.id] = fault
        return fault

    def remove(self, fault_id: UUID) -> bool:
        """Remove a fault; whether it was there."""
        return self._faults.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def all(self) -> list[Fault]:
        """The faults, in the order in which they were added."""
        return list(self._faults.values())

    def take(self, request: BufferedRequest) -> list[Fault]:
        """The faults that apply to a request; each of them is counted.

        A request that another fault answers counts for those behind it as one that passes, where
        they skip some, but not as one of their times.
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
    """What becomes of a request before the API sees it, by the faults taken for it.

    Returns:
        the answer in place of the API's, or how the connection ends; None where the API is to
        answer, and `after` has a say.
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
    """What becomes of an answer, by the faults taken for its request."""
    for fault in faults:
        response = fault.what.change(response)
    for fault in faults:
        ending = fault.what.end(response)
        if ending is not None:
            return ending
    return response


def render(fault: Fault) -> dict[str, Any]:
    """The fault as the control API gives it: as it takes it, with `id` and `left`."""
    told = fault.what.model_dump(by_alias=True)
    if told.get("change") != "value":
        told.pop("value", None)
    return {"id": str(fault.id), "kind": told.pop("kind"), **told, "left": fault.left}
