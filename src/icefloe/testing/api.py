"""The API itself, as a test's own preparations use it."""

from typing import Any

from icefloe.testing.connection import Connection

# Asks the server to leave the request out of the application's log, and to spare it faults.
_HEADERS = {"Icefloe-Setup": "1"}


class Api:
    """The customers API with an organization's token."""

    def __init__(self, connection: Connection, token: str) -> None:
        self._connection = connection
        self._token = token

    def get(self, path: str) -> Any:
        """What there is at a path. Raises Refused and StandInError, as `post` does."""
        return self._connection.ask("GET", path, bearer=self._token, headers=_HEADERS)

    def post(self, path: str, body: object) -> Any:
        """Make something at a path."""
        return self._connection.ask("POST", path, bearer=self._token, body=body, headers=_HEADERS)
