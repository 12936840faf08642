"""The OpenAPI document of the control API, made from its routing table and its schemas."""

import inspect
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from icefloe.api.description.failures import HTTPValidationError, ResourceNotFound, Unauthorized
from icefloe.api.description.openapi import make_servers
from icefloe.api.routing import Route, find_places
from icefloe.control import schemas
from icefloe.control.commerce import schemas as commerce_schemas
from icefloe.version import __version__

_SCHEMA = "#/components/schemas/"
_JSON = "application/json"
_DESCRIPTION = (
    "How tests treat the stand-in: organizations of their own, time, faults, requests, snapshots."
)
_FAILURES: dict[str, type[BaseModel]] = {
    "401": Unauthorized,
    "404": ResourceNotFound,
    "422": HTTPValidationError,
}
# Those of the routes that name them.
_OTHERS: dict[int, type[BaseModel]] = {408: schemas.TimedOut}


def make_document(routes: Sequence[Route], base_path: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routes, whose paths a proxy serves below the base path."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _make_operation(route)
    names = {name for route in routes for name in (route.body, route.answer) if name is not None}
    types = {name: _find_schema(name) for name in sorted(names)}
    types |= {model.__name__: model for model in (*_FAILURES.values(), *_OTHERS.values())}
    adapters: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = [
        (name, "validation", TypeAdapter(kind)) for name, kind in types.items()
    ]
    by_name, made = TypeAdapter.json_schemas(adapters, ref_template=_SCHEMA + "{model}")
    # A model is among the definitions by its own name; a union of several is not.
    kept = made["$defs"] | {
        name: schema for (name, _), schema in by_name.items() if name not in made["$defs"]
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Icefloe's control API",
            "description": _DESCRIPTION,
            "version": __version__,
        },
        "servers": make_servers(base_path),
        "paths": paths,
        "components": {
            "schemas": {name: kept[name] for name in sorted(kept)},
            "securitySchemes": {
                "control_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`ICEFLOE_CONTROL_KEY`, or the one shown when the server starts.",
                }
            },
        },
        "security": [{"control_key": []}],
    }


def _find_schema(name: str) -> type[BaseModel]:
    rooms = (schemas, commerce_schemas)
    found: type[BaseModel] = next(getattr(one, name) for one in rooms if hasattr(one, name))
    return found


def _make_operation(route: Route) -> dict[str, Any]:
    description = inspect.cleandoc(route.handler.__doc__ or "")
    operation: dict[str, Any] = {
        "operationId": route.operation_id,
        "tags": [route.operation_id.partition(":")[0]],
        "summary": description.partition("\n")[0].rstrip("."),
        "description": description,
    }
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        }
        for name in find_places(route.path)
    ]
    if route.parameters is not None:
        properties = getattr(schemas, route.parameters).model_json_schema()["properties"]
        parameters += [
            {"name": name, "in": "query", "required": False, "schema": schema}
            for name, schema in properties.items()
        ]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {
            "required": False,
            "content": {_JSON: {"schema": {"$ref": _SCHEMA + route.body}}},
        }
    status, *others = route.statuses
    answer: dict[str, Any] = {"description": f"{HTTPStatus(status).phrase}."}
    if route.answer is not None:
        answer["content"] = {_JSON: {"schema": {"$ref": _SCHEMA + route.answer}}}
    operation["responses"] = {str(status): answer} | {
        status: {
            "description": inspect.cleandoc(model.__doc__ or ""),
            "content": {_JSON: {"schema": {"$ref": _SCHEMA + model.__name__}}},
        }
        for status, model in [*_FAILURES.items(), *((str(one), _OTHERS[one]) for one in others)]
    }
    return operation
