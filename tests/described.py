"""Holds answers to an OpenAPI document: what tests of descriptions share."""

import functools
from typing import Any

import httpx
import jsonschema

from icefloe.api import listen
from icefloe.api.endpoints import DOCS, ROUTES

# The last one is left out of the reference's description too.
_UNDESCRIBED = {"/{version}/openapi.json", "/docs", listen.PATH}
DESCRIBED_ROUTES = [route for route in ROUTES.routes if route.path not in _UNDESCRIBED]


@functools.cache
def find_document(version: str) -> dict[str, Any]:
    """Our OpenAPI document of a version, made once, which takes a second: change a copy."""
    return DOCS.make_document(version)


def find_operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """What the document says of a method on a path, which has its places unfilled."""
    operation: dict[str, Any] = document["paths"][path][method.lower()]
    return operation


def check_answer(document: dict[str, Any], method: str, path: str, answer: httpx.Response) -> None:
    """Fails unless the document describes such an answer of the method on the path."""
    responses = find_operation(document, method, path)["responses"]

    assert str(answer.status_code) in responses, answer.text
    content = responses[str(answer.status_code)].get("content")
    if content is None:
        assert answer.content == b""
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    schema = {**content[media_type]["schema"], "components": document["components"]}
    if media_type == "application/json":
        jsonschema.validate(answer.json(), schema, jsonschema.Draft202012Validator)
