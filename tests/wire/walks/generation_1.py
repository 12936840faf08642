"""Runs in the environments of polar-sdk 1.x."""

import dataclasses
import importlib
import json
from collections.abc import Mapping
from typing import Any

import catalogue_1
import commerce_1
import customers_1
import members_1
import organizations_1
import webhooks_1
from conversation import converse, find_methods
from polar.base import AsyncServiceBase, SyncServiceBase


def connect(options: Mapping[str, Any]) -> Any:
    """The client, made as its users make it, from the package of an API version.

    The options are a token, a URL, and what the client's users may add: `version` of the
    API, `organization_id`, `asynchronous`.
    """
    package = importlib.import_module(f"polar.v{options.get('version', '2026_10')}")
    make = package.PolarAsync if options.get("asynchronous") else package.Polar
    more = {name: options[name] for name in ("organization_id",) if name in options}
    return make(options["token"], base_url=options["url"], **more)


def list_methods(polar: Any) -> list[str]:
    """The methods that the client has for all that there is here."""
    return find_methods(polar, (SyncServiceBase, AsyncServiceBase))


def tell(error: Exception) -> dict[str, Any]:
    """What an exception of the client says about the answer."""
    told: dict[str, Any] = {"status": getattr(error, "status_code", None)}
    body = getattr(error, "error", None)
    # What cannot be read as the class that is made for it is told by an error about that.
    if dataclasses.is_dataclass(body) and not isinstance(body, Exception):
        told["body"] = dataclasses.asdict(body)
    elif isinstance(body, str):
        told["body"] = json.loads(body)
    return told


if __name__ == "__main__":
    acts = (
        *catalogue_1.ACTS,
        *commerce_1.ACTS,
        *customers_1.ACTS,
        *members_1.ACTS,
        *organizations_1.ACTS,
        *webhooks_1.ACTS,
    )
    converse(connect, (*acts, list_methods), tell)
