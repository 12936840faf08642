"""Objects as the wire has them, and as tests give them to the server."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from icefloe.testing import moments


class Shown(dict[str, Any]):
    """An object as the wire has it: a dictionary whose fields are attributes too."""

    __slots__ = ("_noun",)

    def __init__(self, values: Mapping[str, Any], noun: str = "object") -> None:
        """From the server's answer, and what messages call the object."""
        super().__init__(values)
        self._noun = noun

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        if name == "_noun":  # of a copy that is being made
            raise AttributeError(name)
        raise AttributeError(f"this {self._noun} has no {name!r}; it has {', '.join(self)}")


def to_wire(value: Any) -> Any:
    """What a test gives, for the server: ids of objects, moments as text, spans in seconds."""
    if isinstance(value, Shown):
        return value["id"]
    if isinstance(value, Mapping):
        return {key: to_wire(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_wire(one) for one in value]
    if isinstance(value, datetime):
        return moments.to_wire(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value
