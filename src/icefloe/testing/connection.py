"""A connection to a stand-in: JSON over HTTP, with the standard library alone.

An application may have no HTTP client, and importing one takes longer than many tests. The connection
is kept open from one request to the next.
"""

import http.client
import json
import threading
import urllib.parse
from typing import Any

from icefloe.testing.errors import Refused, StandInError

_SECONDS = 30.0
_LOST = (http.client.BadStatusLine, ConnectionError)
_LEAST_OF_REFUSALS = 400


class Connection:
    """Asks one server; safe to use from several threads, which then take turns."""

    def __init__(self, url: str) -> None:
        """Connects when it is first used.

        Args:
            url: the server's, without a path, such as `http://127.0.0.1:8000`.

        Raises:
            StandInError: it is not such a URL.
        """
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise StandInError(f"{url!r} is no server's URL: use one like http://127.0.0.1:8000")
        make = http.client.HTTPConnection if parts.scheme == "http" else http.client.HTTPSConnection
        self._http = make(parts.hostname, parts.port, timeout=_SECONDS)
        self._taking_turns = threading.Lock()

    def ask(
        self,
        method: str,
        path: str,
        *,
        bearer: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        """What the server answers: JSON, or None where there is nothing.

        Args:
            method: of the request.
            path: with a query string, if any.
            bearer: the token or key to show.
            body: sent as JSON, unless None.
            headers: more of them.

        Raises:
            Refused: its status is 400 or above.
            StandInError: the server cannot be reached.
        """
        sent = {"Authorization": f"Bearer {bearer}", **(headers or {})}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            with self._taking_turns:
                status, answer = self._exchange(method, path, content, sent)
        except (OSError, http.client.HTTPException) as error:
            where = f"{self._http.host}:{self._http.port}"
            raise StandInError(f"the stand-in at {where} does not answer: {error}") from error
        told = _read(answer)
        if status >= _LEAST_OF_REFUSALS:
            raise Refused(method, path, status, told)
        return told

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _exchange(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        is_kept = self._http.sock is not None
        try:
            return self._send(method, path, content, headers)
        except _LOST:
            # A server may end a connection that was idle; it has not read what came after that.
            self._http.close()
            if not is_kept:
                raise
        return self._send(method, path, content, headers)

    def _send(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        try:
            self._http.request(method, path, content, headers)
            response = self._http.getresponse()
            return response.status, response.read()
        except BaseException:
            # Half an exchange must not be taken for the answer to the next request.
            self._http.close()
            raise


def _read(answer: bytes) -> Any:
    if not answer:
        return None
    try:
        return json.loads(answer)
    except ValueError:
        return answer.decode("utf-8", "replace")
