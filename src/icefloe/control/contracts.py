"""Contracts of earlier times."""

from typing import Literal

from icefloe.control.messages import Answered, Asked

Contract = Literal["2025-06", "2026-04", "2026-10"]


def before(contract: Contract | None, asked: Asked) -> Asked | Answered:  # noqa: ARG001 - to come
    """The request as the API is to see it."""
    return asked


def after(contract: Contract | None, asked: Asked, answered: Answered) -> Answered:  # noqa: ARG001
    """The answer as the client is to see it."""
    return answered
