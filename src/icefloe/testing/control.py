"""The control API of a stand-in, as tests call it."""

from typing import Any

from icefloe.testing.connection import Connection

_ROOT = "/_icefloe"


class Control:
    """The control API of a server, below one of its paths."""

    def __init__(self, connection: Connection, key: str, root: str = _ROOT) -> None:
        self._connection = connection
        self._key = key
        self._root = root

    def of(self, organization_id: str) -> "Control":
        """The part of it that is about one organization."""
        return Control(self._connection, self._key, f"{_ROOT}/organizations/{organization_id}")

    def below(self, path: str) -> "Control":
        """The part of it below a path."""
        return Control(self._connection, self._key, f"{self._root}/{path}")

    def through(self, connection: Connection) -> "Control":
        """The same over another connection."""
        return Control(connection, self._key, self._root)

    def get(self, path: str = "") -> Any:
        """What there is at a path. Raises Refused and StandInError, as all of these do."""
        return self._ask("GET", path)

    def post(self, path: str, body: object = None) -> Any:
        """Make something at a path."""
        return self._ask("POST", path, {} if body is None else body)

    def patch(self, path: str, body: object) -> Any:
        """Change what is at a path."""
        return self._ask("PATCH", path, body)

    def delete(self, path: str = "") -> None:
        """Remove what is at a path."""
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        whole = f"{self._root}/{path}" if path else self._root
        return self._connection.ask(method, whole, bearer=self._key, body=body)
