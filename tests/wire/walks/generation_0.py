"""Runs in the environments of polar-sdk 0.x."""

import json
from collections.abc import Mapping
from typing import Any

import customers_0
from conversation import converse
from polar_sdk import Polar


def connect(options: Mapping[str, Any]) -> Polar:
    """The client, made as its users make it; without a token it is given None."""
    return Polar(access_token=options["token"], server_url=options["url"])


def tell(error: Exception) -> dict[str, Any]:
    """What an exception of the client says about the answer; 0.22 puts no status on most."""
    told: dict[str, Any] = {"status": getattr(error, "status_code", None)}
    if hasattr(error, "data"):
        told["body"] = error.data.model_dump(mode="json", by_alias=True)
    elif hasattr(error, "body"):
        told["body"] = json.loads(error.body)
    return told


if __name__ == "__main__":
    converse(connect, customers_0.ACTS, tell)
