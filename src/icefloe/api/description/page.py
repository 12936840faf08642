"""`/docs`: an OpenAPI document as a page for people, which works without scripts."""

import base64
import hashlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib import resources
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

_SCHEMA = "#/components/schemas/"
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Operation:
    """An endpoint of the document.

    Attributes:
        method: in capitals.
        path: with its parameters in braces.
        described: what the document says of it.
        bodies: names of the schemas that its request's body may have.
        example: a shell command that asks it.
    """

    method: str
    path: str
    described: Mapping[str, Any]
    bodies: Sequence[str]
    example: str

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return str(self.described["operationId"]).replace(":", "-")

    @property
    def answers(self) -> list[tuple[str, Any]]:
        """Its responses that are no errors, by status."""
        return [one for one in self.described["responses"].items() if not _is_error(one[0])]

    @property
    def errors(self) -> list[tuple[str, Any]]:
        """Its other responses, by status."""
        return [one for one in self.described["responses"].items() if _is_error(one[0])]

    @property
    def tag(self) -> str:
        """The tag of the section that it belongs to."""
        return str(self.described["tags"][-2])


def render(document: Mapping[str, Any], versions: Sequence[str]) -> tuple[bytes, bytes]:
    """The page, and a `Content-Security-Policy` that allows it nothing but its own style.

    Args:
        document: the OpenAPI document to show.
        versions: the versions whose documents the page links to.
    """
    style = resources.files("icefloe.api.description").joinpath("page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
        " frame-ancestors 'none'"
    )
    text = _load_template().render(
        document=document,
        operations=list(_operations(document)),
        versions=versions,
        style=style,
    )
    return text.encode(), policy.encode()


def _load_template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("icefloe.api", "description"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "json": json.dumps,
        "prose": _render_prose,
        "schema_name": _name_schema,
        "without_null": _without_null,
    }
    return environment.get_template("page.html")


def _render_prose(text: str) -> Markup:
    """A text with code between backticks as such."""
    parts = _CODE.split(" ".join(text.split()))
    return Markup().join(
        Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts)
    )


def _is_error(status: str) -> bool:
    return int(status) >= HTTPStatus.BAD_REQUEST


def _name_schema(reference: str) -> str:
    return reference.removeprefix(_SCHEMA)


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without null: a query cannot say null, it leaves the parameter out."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    return {**schema, "anyOf": choices}


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            bodies = list(_list_bodies(described, schemas))
            body = schemas[bodies[0]]["examples"][0] if bodies else None
            example = _make_example(method.upper(), path, described, body)
            yield Operation(method.upper(), path, described, bodies, example)


def _list_bodies(described: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    if "requestBody" in described:
        yield from _list_variants(
            described["requestBody"]["content"]["application/json"]["schema"], schemas
        )


def _list_variants(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    """The names of the objects that a reference to a schema may stand for."""
    name = _name_schema(schema["$ref"])
    choices = schemas[name].get("oneOf", schemas[name].get("anyOf"))
    if choices is None:
        yield name
    else:
        for choice in choices:
            yield from _list_variants(choice, schemas)


def _make_example(method: str, path: str, described: Mapping[str, Any], body: Any) -> str:
    """A command that asks the endpoint.

    Args:
        method: in capitals.
        path: with its parameters in braces.
        described: what the document says of the endpoint.
        body: the request's body; None where it has none.
    """
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
    if body is not None:
        lines += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(body))}"]
    return " \\\n  ".join(lines)
