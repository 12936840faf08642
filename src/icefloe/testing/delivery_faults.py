"""Faults of delivery, as a test adds them: webhooks that come twice, late, unsigned or not at all."""

from typing import TypedDict, Unpack

from icefloe.testing.faults import Fault, FaultList


class Attempts(TypedDict, total=False):
    """Which attempts a fault applies to; every attempt by default.

    Attributes:
        type: a pattern for the event's type: `*` stands for anything, such as `customer.*`.
        endpoint_id: of the endpoint.
        times: how many attempts it applies to; no limit by default.
        skip: how many matching attempts pass before it begins.
    """

    type: str
    endpoint_id: str
    times: int
    skip: int


class DeliveryFaults(FaultList):
    """The faults of delivery: what goes wrong on the way to the application's webhook handler."""

    def duplicate(self, **match: Unpack[Attempts]) -> Fault:
        """Send the same message twice."""
        return self.add("duplicate", **match)

    def reorder(self, **match: Unpack[Attempts]) -> Fault:
        """Send a message after the one that follows it; by itself, if none follows within a second."""
        return self.add("reorder", **match)

    def delay(self, seconds: float, **match: Unpack[Attempts]) -> Fault:
        """Let real seconds pass before the message is sent."""
        return self.add("delay", seconds=seconds, **match)

    def drop(self, *, after: bool = False, **match: Unpack[Attempts]) -> Fault:
        """Lose the message, or with `after` the handler's answer; the attempt has failed then."""
        return self.add("drop", after=after, **match)

    def wrong_key(self, **match: Unpack[Attempts]) -> Fault:
        """Sign with another key, which a handler must refuse."""
        return self.add("wrong_key", **match)

    def stale_timestamp(self, *, seconds: float = 3600.0, **match: Unpack[Attempts]) -> Fault:
        """Sign as if the message had been sent so long ago, which a handler must refuse."""
        return self.add("stale_timestamp", seconds=seconds, **match)

    def endpoint_down(self, **match: Unpack[Attempts]) -> Fault:
        """Let attempts fail as if the application did not listen, until its endpoint is disabled."""
        return self.add("endpoint_down", **match)
