"""Imports as values: what may be asked of one, and its result."""

from dataclasses import dataclass, field
from enum import StrEnum

_MAX_FAILURES = 100  # in a report


class OnConflict(StrEnum):
    """What to do with a customer whose id, e-mail address or external id is taken already."""

    FAIL = "fail"
    SKIP = "skip"
    UPDATE = "update"


@dataclass(slots=True)
class Report:
    """The result of an import.

    Attributes:
        added: the number of entries that became something new.
        updated: the number of entries that changed what existed.
        skipped: the number of entries of what existed and stayed as it was.
        failed: the number of entries with a fault.
        failures: place and reason of the first hundred of those.
    """

    added: int = 0
    updated: int = 0
    skipped: int = 0
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, place: str, reason: str) -> None:
        """Count an entry with a fault."""
        self.failed += 1
        if len(self.failures) < _MAX_FAILURES:
            self.failures.append((place, reason))
