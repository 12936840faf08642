"""The clock: the domain's only source of the present moment, of new ids and of random numbers.

It is handed in, so that a test can hold time still and know the next id.
"""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

SEEDED_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""When an organization with a seed begins."""


def utc_now() -> datetime:
    """The present moment in UTC, to the microsecond."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """The source of the present moment and of new identifiers.

    Attributes:
        now: the present moment, in UTC.
        new_id: an identifier never given before (UUID version 4, which the contract requires).
        random_below: an unguessable whole number from 0 to its argument less one.
    """

    now: Callable[[], datetime] = utc_now
    new_id: Callable[[], uuid.UUID] = uuid.uuid4
    random_below: Callable[[int], int] = secrets.randbelow

    def of(self, organization_id: uuid.UUID) -> "Clock":  # noqa: ARG002 - for clocks that differ
        """The clock of an organization: this one, for all of them."""
        return self
