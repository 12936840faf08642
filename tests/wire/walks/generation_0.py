"""Runs in the environments of polar-sdk 0.x."""

import json
from collections.abc import Mapping
from typing import Any

import catalogue_0
import commerce_0
import customers_0
import members_0
import organizations_0
import webhooks_0
from conversation import converse, find_methods
from polar_sdk import Polar
from polar_sdk.basesdk import BaseSDK
from ways_0 import AsyncPolar


def connect(options: Mapping[str, Any]) -> Polar:
    """The client, made as its users make it; without a token it is given None.

    The options are a token, a URL, and `asynchronous`.
    """
    make = AsyncPolar if options.get("asynchronous") else Polar
    return make(access_token=options["token"], server_url=options["url"])


def list_methods(polar: Polar) -> list[str]:
    """The methods that the client has for all that there is here."""
    return find_methods(polar, (BaseSDK,))


def tell(error: Exception) -> dict[str, Any]:
    """What an exception of the client says about the answer; 0.22 puts no status on most."""
    told: dict[str, Any] = {"status": getattr(error, "status_code", None)}
    if hasattr(error, "data"):
        told["body"] = error.data.model_dump(mode="json", by_alias=True)
    elif hasattr(error, "body"):
        told["body"] = json.loads(error.body)
    return told


if __name__ == "__main__":
    acts = (
        *catalogue_0.ACTS,
        *commerce_0.ACTS,
        *customers_0.ACTS,
        *members_0.ACTS,
        *organizations_0.ACTS,
        *webhooks_0.ACTS,
    )
    converse(connect, (*acts, list_methods), tell)
