"""The OpenAPI documents, made from the routing table and the schemas it names.

Imported when a client asks for a document: making one loads every schema, which starting the server
does not need.
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from icefloe.api import rates
from icefloe.api.description import (
    answers,
    benefits,
    commerce_answers,
    customer_meters,
    discounts,
    events,
    failures,
    meters,
    order_answers,
    order_requests,
    organization_answers,
    organization_requests,
    parts,
    products,
    requests,
    subscriptions,
    webhooks,
)
from icefloe.api.routing import Route, find_places

_SCHEMA = "#/components/schemas/"
MODULES = (
    answers,
    commerce_answers,
    organization_answers,
    failures,
    requests,
    organization_requests,
    webhooks,
    products,
    benefits,
    discounts,
    subscriptions,
    meters,
    events,
    customer_meters,
    order_answers,
    order_requests,
)
_MODE: JsonSchemaMode = "validation"
# Where a rate limit is set. The one error that has no body, and so no schema.
_TOO_MANY_REQUESTS = {
    "description": "The caller has asked too often; `Retry-After` says when to try again.",
    "headers": {
        "Retry-After": {
            "description": "In how many seconds.",
            "schema": {"type": "integer", "minimum": 1},
        }
    },
}
_METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_JSON = "application/json"
_LIST = "ListResource_"

# What an error holds that a row names by its status; `_failures` has the others.
_OWN_FAILURES = {
    403: "NotPermitted",
    404: "ResourceNotFound",
    409: "AmbiguousExternalCustomerID",
    412: "OrderNotDraft",
    422: "HTTPValidationError",
    501: "NotServed",
}
# What an operation may answer under a status instead.
_FAILURES_OF_OPERATIONS = {
    ("organizations:update", 403): ("NotPermitted", "DisputeAutoAcceptNotEnabled"),
    ("orders:create", 403): ("OffSessionChargesNotEnabled",),
    ("orders:finalize", 403): ("OffSessionChargesNotEnabled",),
    ("orders:generate_invoice", 422): ("HTTPValidationError", "MissingInvoiceBillingDetails"),
    ("orders:invoice", 404): ("ResourceNotFound", "InvoiceDoesNotExist"),
    ("orders:receipt", 404): ("ResourceNotFound", "ReceiptNotAllocated"),
}

_TAGS = {
    "customers": "Those who buy: one person each, or a team.",
    "members": "The people behind a customer.",
    "organizations": "The organization that a token belongs to.",
    "products": "What customers buy, with prices.",
    "benefits": "What customers get.",
    "benefit-grants": "Which customers have which benefits.",
    "subscriptions": "Customers' use of products, from its beginning to its end.",
    "discounts": "What lowers a price.",
    "meters": "What is counted of customers' use.",
    "events": "What customers did, as the organization says.",
    "customer_meters": "How much a customer has used, and how much it was credited.",
    "orders": "What customers bought.",
    "webhooks": "Where an organization's events are sent, and what became of them.",
    "health": "For those who watch over the server.",
    "public": "In the reference's published description.",
    "x-icefloe": "Not in the reference's published description.",
}
_SECURITY_SCHEMES = {
    "oidc": {
        "type": "openIdConnect",
        "openIdConnectUrl": "/.well-known/openid-configuration",
        "description": "The reference's; not issued here.",
    },
    "pat": {
        "type": "http",
        "scheme": "bearer",
        "description": "A person's access token: the reference's; not issued here.",
    },
    "oat": {
        "type": "http",
        "scheme": "bearer",
        "description": "An organization's access token, made with `icefloe tokens create`.",
    },
}
_SUMMARY = "Polar's Customers API on your own machine."
_DESCRIPTION = (
    "Every answer says in `Polar-Version` which version of the contract it is in; a request asks"
    " for one with the same header. `Icefloe-Notice` says what was corrected:"
    " parameters and fields that mean nothing here, and limits that were lowered."
)


def make_document(routes: Sequence[Route], version: str, base_path: str = "") -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routes.

    Args:
        routes: what it describes.
        version: the version of the contract.
        base_path: where a proxy serves all paths, such as `/icefloe`.
    """
    schemas = _make_schemas(routes)
    parameters = {
        name: _read_parameters(schemas.pop(name))
        for name in [*schemas]
        if name in _parameter_names(routes)
    }
    operations = [(route, _make_operation(route, schemas, parameters)) for route in routes]
    paths: dict[str, dict[str, Any]] = {}
    for route, operation in operations:
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    used = {tag for _, operation in operations for tag in operation["tags"]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Icefloe",
            "summary": _SUMMARY,
            "description": _DESCRIPTION,
            "version": version,
        },
        "servers": make_servers(base_path),
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SECURITY_SCHEMES},
        "tags": [{"name": name, "description": _TAGS[name]} for name in _TAGS if name in used],
    }


def make_servers(base_path: str) -> list[dict[str, str]]:
    """The server that sends a document, without its origin: clients take the document's own."""
    return [{"url": base_path or "/", "description": "The server that this document comes from."}]


# --- schemas ------------------------------------------------------------------------------------


def _make_schemas(routes: Sequence[Route]) -> dict[str, Any]:
    """Every schema that the routes name, and those these are made of, by name in their order."""
    names = set(_parameter_names(routes))
    for route in routes:
        names.update(name for name in (route.body, route.answer) if name and "/" not in name)
        for failed in _failures(route).values():
            names.update(failed)
    adapters = [(name, _MODE, TypeAdapter(find_type(name))) for name in sorted(names)]
    _, made = TypeAdapter.json_schemas(adapters, ref_template=_SCHEMA + "{model}")
    schemas: dict[str, Any] = _without_null_defaults(made["$defs"])
    for title, schema in schemas.items():
        if title in parts.EXAMPLES:
            schema["examples"] = [parts.EXAMPLES[title]]
        for name, described in schema.get("properties", {}).items():
            if name in parts.SENTENCES:
                described.setdefault("description", parts.SENTENCES[name])
    return {name: schemas[name] for name in sorted(schemas)}


def find_type(name: str) -> Any:
    """The model or alias that a schema's name in the routing table stands for."""
    if name.startswith(_LIST):
        item = find_type(name.removeprefix(_LIST).removesuffix("_"))
        return answers.ListResource.__class_getitem__(item)
    for module in MODULES:
        if hasattr(module, name):
            return getattr(module, name)
    raise LookupError(f"the routing table names {name}, which no module of schemas has")


def _without_null_defaults(schema: Any) -> Any:
    """The schema without `"default": null`, which says no more than absence does."""
    if isinstance(schema, dict):
        return {
            key: _without_null_defaults(value)
            for key, value in schema.items()
            if not (key == "default" and value is None)
        }
    if isinstance(schema, list):
        return [_without_null_defaults(value) for value in schema]
    return schema


def _refer(name: str) -> dict[str, Any]:
    return {"$ref": _SCHEMA + name}


# --- operations ---------------------------------------------------------------------------------


def _make_operation(
    route: Route, schemas: Mapping[str, Any], parameters: Mapping[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    *groups, name = route.operation_id.split(":")
    description = _describe(route)
    operation: dict[str, Any] = {
        "tags": [*groups, "x-icefloe" if route.is_ours else "public"],
        "summary": description.partition("\n")[0].rstrip("."),
        "description": description,
        "operationId": route.operation_id,
    }
    if route.is_deprecated:
        operation["deprecated"] = True
    if route.scopes is not None:
        operation["security"] = [{scheme: [*route.scopes]} for scheme in _SECURITY_SCHEMES]
        operation["x-polar-allowed-subjects"] = ["Organization"]
    places = {place["name"]: place for place in parameters[route.places]}
    found = [places[name] | {"in": "path"} for name in find_places(route.path)]
    found += parameters.get(route.parameters or "", [])
    if found:
        operation["parameters"] = found
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": _refer(route.body)}},
        }
    operation["responses"] = _make_responses(route, schemas)
    operation["x-speakeasy-group"] = ".".join(groups)
    operation["x-speakeasy-name-override"] = name
    if route.answer is not None and route.answer.startswith(_LIST):
        operation |= _describe_paging(schemas[route.answer])
    return operation


def _describe(route: Route) -> str:
    """What an endpoint does: its docstring, without the parts that speak of the function."""
    text = inspect.cleandoc(route.handler.__doc__ or route.operation_id)
    for part in ("Args:", "Returns:", "Raises:"):
        text = text.partition(f"\n\n{part}")[0]
    return text


def _describe_paging(listed: Mapping[str, Any]) -> dict[str, Any]:
    """How generators of clients learn that a list has pages."""
    item = listed["properties"]["items"]["items"]
    return {
        "x-speakeasy-pagination": {
            "type": "offsetLimit",
            "inputs": [
                {"name": "page", "in": "parameters", "type": "page"},
                {"name": "limit", "in": "parameters", "type": "limit"},
            ],
            "outputs": {"results": "$.items", "numPages": "$.pagination.max_page"},
        },
        "x-polar-pagination": {"type": "page_limit", "item_schema": {"$ref": item["$ref"]}},
    }


# --- parameters ---------------------------------------------------------------------------------


def _parameter_names(routes: Iterable[Route]) -> set[str]:
    named = {route.parameters for route in routes if route.parameters}
    return named | {route.places for route in routes}


def _read_parameters(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The parameters that a `…Parameters` model's schema stands for."""
    required = schema.get("required", ())
    return [
        _read_parameter(name, dict(field), is_required=name in required)
        for name, field in schema["properties"].items()
    ]


def _read_parameter(name: str, schema: dict[str, Any], *, is_required: bool) -> dict[str, Any]:
    parameter: dict[str, Any] = {
        "name": name,
        "in": schema.pop("in", "query"),
        "required": is_required,
        "description": " ".join(schema.pop("description").split()),
    }
    examples = schema.pop("examples", None)
    if examples:
        parameter["example"] = examples[0]
    if schema.get("$ref", "").endswith("/MetadataQuery"):
        parameter["style"] = "deepObject"
    return parameter | {"schema": schema}


# --- responses ----------------------------------------------------------------------------------


def _make_responses(route: Route, schemas: Mapping[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status in route.statuses:
        response: dict[str, Any] = {"description": f"{HTTPStatus(status).phrase}."}
        if route.answer is not None:
            is_json = "/" not in route.answer
            schema = _refer(route.answer) if is_json else {"type": "string"}
            response["content"] = {_JSON if is_json else route.answer: {"schema": schema}}
        responses[str(status)] = response
    for status, names in sorted(_failures(route).items()):
        references = [_refer(name) for name in names]
        responses[str(status)] = {
            "description": " Or: ".join(schemas[name]["description"] for name in names),
            "content": {
                _JSON: {"schema": references[0] if len(names) == 1 else {"anyOf": references}}
            },
        }
    if rates.is_counted(route.path):
        responses["429"] = _TOO_MANY_REQUESTS
    return dict(sorted(responses.items()))


def _failures(route: Route) -> dict[int, list[str]]:
    """Every error an endpoint may answer: by status, the schemas it may have."""
    failures: dict[int, list[str]] = {401: ["InvalidToken"], 503: ["ServiceUnavailable"]}
    if route.scopes is not None:
        failures[401] = ["Unauthorized", "InvalidToken"]
        failures[403] = ["InsufficientScope"]
    if route.method in _METHODS_WITH_BODY:
        failures[400] = ["UnreadableBody"]
        failures[411] = ["LengthRequired"]
        failures[413] = ["RequestBodyTooLarge"]
    for status in route.errors:
        own = _FAILURES_OF_OPERATIONS.get((route.operation_id, status), (_OWN_FAILURES[status],))
        failures.setdefault(status, []).extend(own)
    return failures
