"""Entries of an import of commerce: what a line of a file says, as values."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from icefloe.domain.values.placements import Placement


class CustomerNames(NamedTuple):
    """By what a customer is found: by its id, or else its external id, or else its e-mail address."""

    id: UUID | None = None
    external_id: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """One object of a file.

    Attributes:
        place: where it stands, such as `line 3`.
        placement: the object; None where it cannot be read. The places of placements here begin within
            the object.
        beneath: objects that it needs and that have no file of their own; those that are there already
            stay as they are.
        customer: whose it is, where it is a customer's.
        problem: why it cannot be read.
    """

    place: str
    placement: Placement | None = None
    beneath: tuple[Placement, ...] = ()
    customer: CustomerNames | None = None
    problem: str | None = None
