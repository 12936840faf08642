"""The `deepObject` style of query parameters: `metadata[key]=value`."""

import re
from collections.abc import Iterable

from icefloe.domain.values.listing import MetadataFilter

# What follows the first closing bracket is ignored, as the reference does: `metadata[a][b]` is `a`.
_METADATA = re.compile(r"metadata\[([^\]]+)\]")


def metadata_key(parameter: str) -> str | None:
    """The key that a parameter's name asks for; None where it is no metadata filter."""
    found = _METADATA.match(parameter)
    return None if found is None else found.group(1)


def find_hint(parameter: str) -> str:
    """How to write a metadata filter, to follow on what is said of a parameter that looks like one."""
    return ": write metadata[key]=value" if parameter.startswith("metadata") else ""


def metadata_filters(pairs: Iterable[tuple[str, str]]) -> tuple[MetadataFilter, ...]:
    """Filters for pairs of key and value: several values of one key are alternatives."""
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    return tuple(MetadataFilter(key, tuple(found)) for key, found in values.items())
