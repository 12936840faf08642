"""The exceptions of `icefloe.testing`.

StandInError
├── NotStarted   the server did not start; the message has its log
├── Refused      the server refused what a test asked of it; the message has its words
├── NotDelivered no such webhook was delivered; the message has those that were
└── NoClient     no official client is installed
"""

import json
from typing import Any


class StandInError(Exception):
    """Something is wrong with the stand-in itself, or with what was asked of it."""


class NotStarted(StandInError):
    """The server did not start."""


class NoClient(StandInError):
    """No official client is installed that this environment can import."""


class NotDelivered(StandInError, AssertionError):
    """No such webhook was delivered in time: the application, or the test, expects what is not so."""


class Refused(StandInError):
    """The server refused what was asked of it.

    Attributes:
        status: of its answer.
        body: its answer: JSON where it is that, else text.
    """

    def __init__(self, method: str, path: str, status: int, body: Any) -> None:
        super().__init__(f"{method} {path}: {status}: {_words_of(body)}")
        self.status = status
        self.body = body


def _words_of(body: Any) -> str:
    """What an answer says is wrong, on one line."""
    detail = body.get("detail", body) if isinstance(body, dict) else body
    if isinstance(detail, list):
        return "; ".join(_problem_of(problem) for problem in detail)
    return detail if isinstance(detail, str) else json.dumps(detail)


def _problem_of(problem: Any) -> str:
    if not isinstance(problem, dict):
        return str(problem)
    place = ".".join(str(part) for part in problem.get("loc", ()))
    return f"{place}: {problem.get('msg')}"
