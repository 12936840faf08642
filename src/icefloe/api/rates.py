"""How often a caller may ask: the reference's rate limit, counted in the memory of this process.

A caller is an organization; a token that is not known to be valid; or, without a token, an address.
Each has so many requests in a window of 60 seconds that begins with the first of them. As in the
reference, a request that is refused does not count, the next window begins with the first request
after the last one's end, and only the paths of the API count.
"""

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from icefloe.api import authentication, messages
from icefloe.api.messages import Request
from icefloe.domain.values.clock import Clock

WINDOW_SECONDS = 60
MAX_CALLERS = 100_000
# A token that is not valid has as many, whichever limit is in force; it never has more than others.
BAD_TOKEN_LIMIT = 60

_WINDOW = timedelta(seconds=WINDOW_SECONDS)
# No step follows: the reference's rule is the pattern `^/v1`.
_PREFIX = "/v1"

# An organization's id, the hash of a token, or an address.
_Caller = UUID | bytes | str


def is_counted(path: str) -> bool:
    """Whether requests for a path count."""
    return path.startswith(_PREFIX)


@dataclass(slots=True)
class _Window:
    """The requests of one caller since it began."""

    began: datetime
    count: int = 1

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in it; a clock that was set back has left it too."""
        return timedelta(0) <= moment - self.began < _WINDOW


class Rates:
    """Counts requests, and says which are too many."""

    def __init__(self, limit: int, clock: Clock) -> None:
        """Make counters that stand at nothing.

        Args:
            limit: how many requests a caller has in a window; at least one.
            clock: an organization's windows go by its own.
        """
        self._limit = limit
        self._bad_token_limit = min(limit, BAD_TOKEN_LIMIT)
        self._clock = clock
        # In the order in which they began.
        self._windows: OrderedDict[_Caller, _Window] = OrderedDict()
        self._unnamed = hashlib.blake2b(key=secrets.token_bytes(32), digest_size=16)

    def admit(self, request: Request) -> bool:
        """Count a request that authentication has seen; whether it may go on."""
        if not is_counted(request.path) or messages.UNCOUNTED in request.marks:
            return True
        if request.subject is not None:
            # The reference counts a token's first request in five minutes as one whose token is
            # not known: an organization may ask once more there.
            return self._count(request.subject.organization_id, self._limit)
        token = authentication.find_token(request.headers.get(b"authorization"))
        if token is not None:
            return self._count(self._name(token), self._bad_token_limit)
        return self._count(request.client[0] if request.client else "", self._limit)

    def forget(self, organization_id: UUID) -> None:
        """Forget an organization that was removed; another with its id may be made."""
        self._windows.pop(organization_id, None)

    @property
    def callers(self) -> int:
        """How many callers are remembered."""
        return len(self._windows)

    def _count(self, caller: _Caller, limit: int) -> bool:
        """Count a request, unless it is one too many; whether it was counted."""
        now = self._moment_of(caller)
        window = self._windows.get(caller)
        if window is None or not window.holds(now):
            self._windows.pop(caller, None)
            self._forget()
            self._windows[caller] = _Window(now)
            return True
        if window.count >= limit:
            return False
        window.count += 1
        return True

    def _forget(self) -> None:
        """Forget windows that are over: up to two for each that begins, so that none is left for good.

        Where there is no room for another, the one that began first is forgotten though it is not over.
        """
        for _ in range(2):
            first = next(iter(self._windows), None)
            if first is None:
                return
            is_over = not self._windows[first].holds(self._moment_of(first))
            if not is_over and len(self._windows) < MAX_CALLERS:
                return
            del self._windows[first]

    def _moment_of(self, caller: _Caller) -> datetime:
        clock = self._clock.of(caller) if isinstance(caller, UUID) else self._clock
        return clock.now()

    def _name(self, token: str) -> bytes:
        """A hash of a token: the token itself does not stay in memory."""
        name = self._unnamed.copy()
        name.update(token.encode())
        return name.digest()
