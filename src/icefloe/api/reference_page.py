"""The page for people: what an OpenAPI document says, to be read in a browser without scripts."""

import base64
import hashlib
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any
from urllib.parse import quote

from icefloe.api.markup import Child, Element, element, prose, write

_SCHEMA = "#/components/schemas/"
_LONG_LIST = 8
_Operation = tuple[str, str, Mapping[str, Any]]

_INTRODUCTION = (
    "Every endpoint this server answers. The examples are for a shell with two variables: where the"
    " server is, and an organization access token made with `icefloe tokens create`."
)
_SHELL = "URL=http://127.0.0.1:8000\nTOKEN=polar_oat_…"


def render(document: Mapping[str, Any], versions: Sequence[str]) -> tuple[bytes, bytes]:
    """The page, and the `Content-Security-Policy` under which it may do nothing but be shown.

    Args:
        document: the OpenAPI document that is shown.
        versions: those that have a document of their own, to be linked.
    """
    style = resources.files("icefloe.api").joinpath("reference_page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", "Icefloe: API reference"),
        element("style", style),
    )
    page = element("html", head, _render_body(document, versions), lang="en")
    return write(page), policy.encode()


def _render_body(document: Mapping[str, Any], versions: Sequence[str]) -> Element:
    operations = list(_operations(document))
    documents: list[Child] = ["OpenAPI documents:"]
    for version in versions:
        documents += [" ", element("a", version, href=f"/{version}/openapi.json")]
    return element(
        "body",
        element(
            "header",
            element("h1", "Icefloe API"),
            element("p", prose(document["info"]["summary"]), class_="lead"),
            element("p", prose(_INTRODUCTION)),
            element("pre", _SHELL),
            element("p", prose(document["info"]["description"])),
            element("p", documents),
        ),
        element(
            "nav",
            element("h2", "Endpoints"),
            element("ul", [_render_link(operation) for operation in operations]),
            aria_label="Endpoints",
        ),
        element("main", _render_main(document, operations)),
    )


def _operations(document: Mapping[str, Any]) -> Iterator[_Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _render_main(
    document: Mapping[str, Any], operations: Sequence[_Operation]
) -> Iterator[Element]:
    schemas = document["components"]["schemas"]
    for tag in document["tags"]:
        own = [one for one in operations if one[2]["tags"][-2] == tag["name"]]
        if own:
            yield element("h2", tag["name"].capitalize())
            yield element("p", prose(tag["description"]))
            for one in own:
                yield _render_operation(one, schemas)
    yield element("h2", "Schemas")
    for name, schema in schemas.items():
        yield _render_schema(name, schema)


# --- endpoints ----------------------------------------------------------------------------------


def _anchor(operation: Mapping[str, Any]) -> str:
    return str(operation["operationId"]).replace(":", "-")


def _render_name(method: str, path: str) -> list[Child]:
    return [element("span", method, class_=f"method {method}"), " ", path]


def _render_link(operation: _Operation) -> Element:
    method, path, described = operation
    link = element("a", element("code", _render_name(method, path)), href=f"#{_anchor(described)}")
    return element("li", link)


def _render_operation(operation: _Operation, schemas: Mapping[str, Any]) -> Element:
    method, path, described = operation
    return element(
        "section",
        element("h3", element("code", _render_name(method, path))),
        [element("p", prose(part)) for part in described["description"].split("\n\n")],
        element("p", _render_standing(described)),
        _render_group("Parameters", _render_parameters(described)),
        _render_group("Body", _render_request_body(described, schemas)),
        _render_group("Answers", _render_responses(described, good=True)),
        _render_group("Errors", _render_responses(described, good=False)),
        element("h4", "Example"),
        element("pre", _make_example(method, path, described, schemas)),
        id=_anchor(described),
    )


def _render_standing(described: Mapping[str, Any]) -> Iterator[Child]:
    """Who may ask, and how the endpoint stands to the reference."""
    if "security" not in described:
        yield "Open to everybody."
    else:
        yield "Scope: "
        for at, scope in enumerate(described["security"][0]["oidc"]):
            yield " or " if at else None
            yield element("code", scope)
        yield "."
    if "x-icefloe" in described["tags"]:
        yield element("small", " Not in the reference's published description.")
    if described.get("deprecated"):
        yield element("small", " Deprecated: kept for older clients.")


def _render_group(title: str, items: Iterator[Child]) -> list[Child]:
    children = list(items)
    return [element("h4", title), element("dl", children)] if children else []


def _render_parameters(described: Mapping[str, Any]) -> Iterator[Child]:
    for parameter in described.get("parameters", ()):
        schema = _without_null(parameter["schema"])
        notes = f" in the {parameter['in']}" + (", required" if parameter["required"] else "")
        yield element(
            "dt",
            element("code", parameter["name"]),
            " ",
            element("small", _render_type(schema), notes),
        )
        yield element(
            "dd",
            element("p", prose(parameter["description"])),
            _render_details(schema),
        )


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without null, which a query cannot say but by leaving the parameter out."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    return {**schema, "anyOf": choices}


def _render_request_body(
    described: Mapping[str, Any], schemas: Mapping[str, Any]
) -> Iterator[Child]:
    if "requestBody" in described:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        for name in _variants(schema, schemas):
            yield element("dt", _render_reference(name))
            yield element(
                "dd",
                element("p", prose(schemas[name]["description"])),
                element("dl", list(_render_fields(schemas[name]))),
            )


def _render_responses(described: Mapping[str, Any], *, good: bool) -> Iterator[Child]:
    for status, response in described["responses"].items():
        if (int(status) < 400) == good:  # noqa: PLR2004 - where the errors begin
            yield element("dt", element("code", status), " ", _render_content(response))
            yield element("dd", element("p", prose(response["description"])))


def _render_content(response: Mapping[str, Any]) -> Element | None:
    for media_type, content in response.get("content", {}).items():
        if media_type != "application/json":
            return element("small", media_type)
        return element("small", _render_type(content["schema"]))
    return element("small", "no body")


# --- schemas ------------------------------------------------------------------------------------


def _variants(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[str]:
    """The names of the objects that a schema may stand for."""
    name = schema["$ref"].removeprefix(_SCHEMA)
    choices = schemas[name].get("oneOf")
    if choices is None:
        return [name]
    return [variant for choice in choices for variant in _variants(choice, schemas)]


def _render_schema(name: str, schema: Mapping[str, Any]) -> Element:
    described = schema.get("description")
    fields = list(_render_fields(schema))
    return element(
        "section",
        element("h3", element("code", name)),
        element("p", prose(described)) if described else None,
        element("dl", fields) if fields else element("p", element("small", _render_type(schema))),
        _render_details(schema),
        id=f"schema-{name}",
    )


def _render_fields(schema: Mapping[str, Any]) -> Iterator[Child]:
    for name, field in schema.get("properties", {}).items():
        required = ", required" if name in schema.get("required", ()) else ""
        yield element(
            "dt", element("code", name), " ", element("small", _render_type(field), required)
        )
        described = field.get("description")
        details = _render_details(field)
        if described or details is not None:
            yield element("dd", element("p", prose(described)) if described else None, details)


def _render_reference(name: str) -> Element:
    return element("a", name, href=f"#schema-{name}")


def _render_type(schema: Mapping[str, Any]) -> list[Child]:
    """What kind of value a schema allows, in a few words."""
    if "$ref" in schema:
        return [_render_reference(schema["$ref"].removeprefix(_SCHEMA))]
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        words: list[Child] = []
        for choice in choices:
            words += [" or ", *_render_type(choice)] if words else _render_type(choice)
        return words
    if "const" in schema:
        return [element("code", json.dumps(schema["const"]))]
    kind = schema.get("type", "any value")
    if kind == "array":
        return ["list of ", *_render_items(schema)]
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        return [f"{kind} of ", *_render_type(values)]
    return [f"{kind} ({schema['format']})" if "format" in schema else kind]


def _render_items(schema: Mapping[str, Any]) -> list[Child]:
    if "items" in schema:
        return _render_type(schema["items"])
    parts = [part for item in schema["prefixItems"] for part in [", ", *_render_type(item)]]
    return parts[1:]


def _render_details(schema: Mapping[str, Any]) -> Element | None:
    """The values a text may have, and what a field left out is taken for."""
    values = schema.get("enum")
    if values:
        listed = element("p", element("code", ", ".join(values)))
        if len(values) <= _LONG_LIST:
            return listed
        return element("details", element("summary", f"{len(values)} values"), listed)
    if "default" in schema:
        return element(
            "p", element("small", "Default: "), element("code", json.dumps(schema["default"]))
        )
    return None


# --- examples -----------------------------------------------------------------------------------


def _make_example(
    method: str, path: str, described: Mapping[str, Any], schemas: Mapping[str, Any]
) -> str:
    """A command that asks the endpoint."""
    lines = ["curl" if method == "GET" else f"curl -X {method}"]
    queries = []
    for parameter in described.get("parameters", ()):
        example = parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(example), safe=""))
        elif example is not None and parameter["in"] == "query":
            values = example if isinstance(example, list) else [example]
            pairs = [shlex.quote(f"{parameter['name']}={value}") for value in values]
            queries += [f"--data-urlencode {pair}" for pair in pairs]
    lines[0] += f' "$URL{path}"'
    if "security" in described:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if queries:
        lines += ["-G", *queries]
    if "requestBody" in described:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        body = json.dumps(schemas[_variants(schema, schemas)[0]]["examples"][0])
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(body)}"]
    return " \\\n  ".join(lines)
