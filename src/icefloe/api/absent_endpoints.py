"""The endpoints that the reference has and this server does not: `absent_endpoints.txt` lists them.

A path is looked up here only after no route has matched, so the list costs a served request nothing.
"""

import functools
from collections.abc import Mapping
from importlib import resources
from typing import NamedTuple

_LIST = "absent_endpoints.txt"
_COMMENT = "#"
_OPEN = "open"
_PERSONAL = "personal"


class AbsentEndpoint(NamedTuple):
    """A method and a path of the reference.

    Attributes:
        method: the HTTP method.
        path: the path as the reference describes it, with `{name}` for a segment of the caller's.
        is_open: whether the reference answers without a token.
        is_personal: whether it takes a person's token alone, so that an organization's is none.
    """

    method: str
    path: str
    is_open: bool
    is_personal: bool = False


def find(method: str, path: str) -> AbsentEndpoint | None:
    """The absent endpoint that a request asks for, with or without a slash at the end; else None."""
    segments = _split(path)
    candidates = _read_list().get((method, len(segments)), ())
    return next((one for one, template in candidates if _fits(template, segments)), None)


def _fits(template: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return all(
        segment == wanted or (wanted.startswith("{") and segment)
        for wanted, segment in zip(template, segments, strict=True)
    )


def _split(path: str) -> tuple[str, ...]:
    return tuple(path.removesuffix("/").split("/"))


_Candidates = list[tuple[AbsentEndpoint, tuple[str, ...]]]


@functools.cache
def _read_list() -> Mapping[tuple[str, int], _Candidates]:
    """All absent endpoints by method and number of segments; no path fits two of them."""
    lines = resources.files(__package__).joinpath(_LIST).read_text("utf-8").splitlines()
    found: dict[tuple[str, int], _Candidates] = {}
    for line in lines:
        if line.startswith(_COMMENT):
            continue
        method, path, *marks = line.split()
        template = _split(path)
        endpoint = AbsentEndpoint(method, path, _OPEN in marks, _PERSONAL in marks)
        found.setdefault((method, len(template)), []).append((endpoint, template))
    return found
