"""The routing table: its rows, and the search for the row of a request.

The first row that matches both path and method answers. If rows match the path alone, the answer is
405 with the method of the first of them.

Rows may be imported at the first request for one of them, with their endpoints and schemas.
"""

import functools
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

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

    def compile(self) -> re.Pattern[str]:
        """What all of its paths match, with a group for each place."""
        return re.compile("|".join(_expression(path) for path in (self.path, *self.aliases)))


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

    def __init__(
        self,
        routes: Sequence[Route],
        late: Mapping[str, Callable[[], Sequence[Route]]] | None = None,
    ) -> None:
        """Make it.

        Args:
            routes: its rows.
            late: the first two segments of a path, such as `/v1/webhooks`, and what imports the rows
                of all paths that begin with them. It is called at the first request for one.
        """
        self._routes = tuple(routes)
        self._late = late or {}
        self._parts: dict[str, Routes] = {}
        # Paths without places need no search; the first row of a path wins.
        self._plain: dict[tuple[str, str], Match] = {}
        for route in self._routes:
            for path in (route.path, *route.aliases):
                if not _PLACE.search(path):
                    self._plain.setdefault((route.method, path), Match(route, {}))

    @property
    def routes(self) -> tuple[Route, ...]:
        """All rows; those that come late, at the end, are imported."""
        return (*self._routes, *(route for load in self._late.values() for route in load()))

    def find(self, method: str, path: str) -> Match:
        """The row for a method and a path."""
        plain = self._plain.get((method, path))
        if plain is not None:
            return plain
        part = self._find_part(path)
        return self._search(method, path) if part is None else part.find(method, path)

    def _find_part(self, path: str) -> "Routes | None":
        """The rows that come late for a path; None where there are none."""
        beginning = "/".join(path.split("/", 3)[:3])
        if beginning not in self._late:
            return None
        if beginning not in self._parts:
            self._parts[beginning] = Routes(self._late[beginning]())
        return self._parts[beginning]

    @functools.cached_property
    def _patterns(self) -> Sequence[tuple[re.Pattern[str], Route]]:
        """The rows by what matches their paths. Compiled for the first path that has places."""
        return [(route.compile(), route) for route in self._routes]

    def _search(self, method: str, path: str) -> Match:
        allowed: str | None = None
        for pattern, route in self._patterns:
            found = pattern.fullmatch(path)
            if found is not None:
                if route.method == method:
                    return Match(route, found.groupdict())
                allowed = allowed or route.method
        return Match(None, {}, allowed)

    def find_other_slash(self, path: str) -> str | None:
        """The same path without slashes at its end, or with one, if the table has that one."""
        part = self._find_part(path)
        if part is not None:
            return part.find_other_slash(path)
        other = path.rstrip("/") if path.endswith("/") else path + "/"
        fits = any(pattern.fullmatch(other) for pattern, _ in self._patterns)
        return other if other and fits else None
