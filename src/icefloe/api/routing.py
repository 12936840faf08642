"""The routing table: its rows, and the search for the row of a request.

The first row that matches both path and method answers. If rows match the path alone, the answer is
405 with the method of the first of them.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from icefloe.api.messages import Request, Response

Handler = Callable[[Request], Awaitable[Response]]

_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row: what a method on a path does, and what the OpenAPI documents say about it.

    Schemas are given by the names that the documents have for them. They live in
    `schemas.answers`, `commerce_answers`, `failures` and `requests`, which are loaded only when a
    document is asked for: starting the server stays quick. What an endpoint does is its docstring.

    Attributes:
        method: the HTTP method.
        path: the path, with `{name}` for a segment that may be anything without a slash.
        handler: the endpoint's function.
        scopes: the token must have one of them; an empty tuple requires any token, None requires none.
        aliases: other paths with the same answer, left out of descriptions.
        operation_id: the reference's name for it, such as `customers:list`; the words before the
            last colon are its tags.
        places: the schema of what stands in the places of its path.
        parameters: the schema of its query parameters and headers, or None.
        body: the schema of its JSON body, or None.
        answer: the schema of its answer, or a media type where that is no JSON; None for no body.
        statuses: the statuses of a good answer.
        errors: the statuses of its own errors; those that any endpoint may give are added.
        is_ours: the reference's published description does not have it; tagged `x-icefloe`.
        is_deprecated: kept for older clients.
        pattern: the compiled path, made from it.
    """

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...] | None = None
    aliases: tuple[str, ...] = ()
    operation_id: str = ""
    places: str = "Places"
    parameters: str | None = None
    body: str | None = None
    answer: str | None = None
    statuses: tuple[int, ...] = (200,)
    errors: tuple[int, ...] = ()
    is_ours: bool = False
    is_deprecated: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        paths = "|".join(_expression(path) for path in (self.path, *self.aliases))
        object.__setattr__(self, "pattern", re.compile(paths))


def find_places(path: str) -> list[str]:
    """The names of a path's places, in order."""
    return _PLACE.findall(path)


def _expression(path: str) -> str:
    """A regular expression for a path: literal text, and groups for its places."""
    parts = _PLACE.split(path)
    literals, names = parts[::2], parts[1::2]
    expression = re.escape(literals[0])
    for name, literal in zip(names, literals[1:], strict=True):
        expression += f"(?P<{name}>[^/]+)" + re.escape(literal)
    return expression


@dataclass(frozen=True, slots=True)
class Match:
    """What the table has for a path and a method.

    Attributes:
        route: the row that answers, or None.
        parameters: what stands in the path's places.
        allowed: where no row answers but one fits the path, that row's method.
    """

    route: Route | None
    parameters: dict[str, str]
    allowed: str | None = None


class Routes:
    """A routing table."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        # Paths without places need no search; the first row of a path wins.
        self._plain: dict[tuple[str, str], Match] = {}
        for route in self.routes:
            for path in (route.path, *route.aliases):
                if not _PLACE.search(path):
                    self._plain.setdefault((route.method, path), Match(route, {}))

    def find(self, method: str, path: str) -> Match:
        """The row for a method and a path."""
        plain = self._plain.get((method, path))
        return plain if plain is not None else self._search(method, path)

    def _search(self, method: str, path: str) -> Match:
        allowed: str | None = None
        for route in self.routes:
            found = route.pattern.fullmatch(path)
            if found is not None:
                if route.method == method:
                    return Match(route, found.groupdict())
                allowed = allowed or route.method
        return Match(None, {}, allowed)

    def find_other_slash(self, path: str) -> str | None:
        """The same path without slashes at its end, or with one, if the table has that one."""
        other = path.rstrip("/") if path.endswith("/") else path + "/"
        fits = any(route.pattern.fullmatch(other) for route in self.routes)
        return other if other and fits else None
