"""How many times a fault applies, and to what: the same for requests and for deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID, uuid4

from icefloe.domain.values.errors import InvalidValue

MAX_FAULTS = 100


class Matching(Protocol):
    """What the kinds of fault have in common, with their parameters."""

    @property
    def kind(self) -> str:
        """The kind's name on the wire."""

    @property
    def times(self) -> int | None:
        """How many subjects it applies to; None means no limit."""

    @property
    def skip(self) -> int:
        """How many matching subjects pass before it first applies."""

    @property
    def is_last(self) -> bool:
        """Whether no later fault applies to a subject that this one applies to."""

    def fits(self, subject: Any, /) -> bool:
        """Whether it matches a subject: a request, or an attempt to deliver an event."""

    def model_dump(self, *, by_alias: bool) -> dict[str, Any]:
        """The kind and its parameters, as pydantic gives them."""


K = TypeVar("K", bound=Matching)


@dataclass(slots=True)
class Fault(Generic[K]):
    """A fault of an organization.

    Attributes:
        what: its kind and parameters.
        id: by which it is removed.
        left: how many more subjects it applies to; None means no limit.
        passed: how many matching subjects it has skipped so far.
    """

    what: K
    id: UUID = field(default_factory=uuid4)
    left: int | None = field(init=False)
    passed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.left = self.what.times

    @property
    def kind(self) -> str:
        """The kind's name on the wire."""
        return self.what.kind


class Faults(Generic[K]):
    """The faults of one organization, at most 100. A fault that is used up is removed."""

    def __init__(self) -> None:
        self._faults: dict[UUID, Fault[K]] = {}

    def add(self, fault: Fault[K]) -> Fault[K]:
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

    def all(self) -> list[Fault[K]]:
        """The faults, in the order in which they were added."""
        return list(self._faults.values())

    def take(self, subject: object) -> list[Fault[K]]:
        """The faults that apply to a subject; each of them is counted.

        After a fault that is the last to apply, a later one counts the subject among those it skips,
        but not among its `times`.
        """
        taken: list[Fault[K]] = []
        for fault in self.all():
            if not fault.what.fits(subject):
                continue
            if fault.passed < fault.what.skip:
                fault.passed += 1
            elif not (taken and taken[-1].what.is_last):
                taken.append(fault)
                self._count(fault)
        return taken

    def _count(self, fault: Fault[K]) -> None:
        if fault.left is not None:
            fault.left -= 1
            if fault.left == 0:
                self.remove(fault.id)


def render(fault: Fault[K]) -> dict[str, Any]:
    """The fault as the control API shows it: as it was sent, with `id` and `left`."""
    told = fault.what.model_dump(by_alias=True)
    if told.get("change") != "value":
        told.pop("value", None)
    return {"id": str(fault.id), "kind": told.pop("kind"), **told, "left": fault.left}
