"""Compares our OpenAPI document with the reference's: `python scripts/compare_openapi.py FILE`.

Compared are the operations on customers, members, organizations and webhooks, and every schema they
lead to: paths, parameters, bodies, answers, security, properties, types, required lists, enumerations,
limits and defaults. Not compared is what only people read: titles, descriptions, summaries and
examples.

Each difference must be explained in `EXPLAINED`. Exits with 1 where one is not, or where an
explanation explains nothing any more.
"""

import argparse
import json
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from icefloe.api.endpoints import DOCS

_VERSION = "2026-10"
_PATHS = ("/v1/customers/", "/v1/members/", "/v1/organizations/", "/v1/webhooks/")
_SCHEMA = "#/components/schemas/"
_ABSENT = "absent"
_FOR_PEOPLE = frozenset(
    {"title", "description", "summary", "example", "examples", "x-speakeasy-enums"}
)
# Where these stand, the keys below are names, and a field may well be called `description`.
_NAMED = frozenset({"properties", "paths", "schemas", "responses", "mapping"})

# Pattern of the difference's place → why we differ there. `*` stands for anything, dots included.
EXPLAINED = {
    "paths.*.responses.401": "ours also says what a missing or wrong token is answered with",
    "paths.*.responses.403": "ours also says what a token without the scope is answered with",
    "paths.*.responses.400": "ours also says what a body that is not UTF-8 is answered with",
    "paths.*.responses.411": "ours also says what a body without a length is answered with",
    "paths.*.responses.413": "ours also says what a body that is too large is answered with",
    "paths.*.responses.503": "ours also says what a busy database is answered with",
    "paths.*.x-polar-allowed-subjects": "only organizations have tokens here",
    "paths./v1/members/.get.responses.404": "both answer 404 for a customer_id that is no UUID;"
    " only ours says so",
    "paths./v1/members/{member_id}": "the reference still serves these, but no longer describes"
    " them; ours are marked as deprecated",
    "paths./v1/members/external/{member_external_id}": "as above",
    "paths./v1/members/.post": "as above",
    "paths./v1/customers/growth": "the reference serves it to its own dashboard and does not"
    " describe it",
    "paths./v1/customers/external/{external_id}.put": "an upsert, which the reference has not",
    "paths./v1/organizations/.post": "it takes a person's token, which there is none of here",
    "paths./v1/organizations/.get.x-speakeasy-name-override": "ours is the end of the operation's ID",
    "paths./v1/organizations/{id}.patch.responses.409": "single sign-on cannot be enforced here",
    "schemas.OrganizationUpdate.properties.*": "the reference fails on null, and has no limits",
    "schemas.OrganizationFeatureSettingsUpdate.properties.overview_metrics.*": "ours has limits",
    "schemas.OrganizationDetails.properties.*.deprecated": "ours stores none of them",
    "schemas.OrganizationCreate": "led to by the operation that ours has not",
    "schemas.Organization*LegalEntitySchema": "as above",
    "schemas.CannotCreateOrganizationError": "as above",
    "schemas.SSOEnforcementRequiresConnection": "as above",
    "paths./v1/webhooks/events/{id}/redeliver.post.responses.202": "ours says that it is null",
    "schemas.Webhook*.properties.api_version": "ours shows it to requests that name a version",
    "schemas.Webhook*.properties.uses_standard_webhook_signature": "as above; ours can be set",
    "schemas.WebhookEndpoint*.properties.secret": "the reference takes it and does not describe it",
    "schemas.WebhookEndpoint*.properties.name.*": "ours has limits",
    "schemas.WebhookEndpoint*.properties.events.*": "as above",
    "paths.*.post.parameters.header:Idempotency-Key": "which the reference has not",
}


def main() -> int:
    """Compare, print every difference; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("reference", type=Path, help="the reference's OpenAPI document, in JSON")
    path = parser.parse_args().reference
    reference = json.loads(path.read_text("utf-8"))
    return report(find_differences(reference, DOCS.make_document(_VERSION)))


def report(differences: Mapping[str, str]) -> int:
    """Print the differences, each with its explanation; returns the exit status."""
    explained = {place: find_explanation(place) for place in differences}
    unexplained = [place for place, pattern in explained.items() if pattern is None]
    stale = [pattern for pattern in EXPLAINED if pattern not in explained.values()]
    for pattern, reason in EXPLAINED.items():
        count = sum(found == pattern for found in explained.values())
        print(f"{count:4}  {pattern}: {reason}")
    for place in unexplained:
        print(f"NOT EXPLAINED  {place}: {differences[place]}")
    for pattern in stale:
        print(f"EXPLAINS NOTHING  {pattern}")
    print(f"{len(differences)} differences, {len(unexplained)} not explained")
    return 1 if unexplained or stale else 0


def find_explanation(place: str) -> str | None:
    """The pattern that explains the difference at `place`: it, or something it is in."""
    for pattern in EXPLAINED:
        if fnmatchcase(place, pattern) or fnmatchcase(place, f"{pattern}.*"):
            return pattern
    return None


def find_differences(reference: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, str]:
    """Where the documents differ, and how."""
    their_paths = _plain_paths(reference)
    names = _reached_schemas(reference, their_paths)
    return {
        **dict(_differences("paths", their_paths, _plain_paths(ours))),
        # A schema that only ours leads to shows as the difference that leads to it.
        **dict(
            _differences("schemas", _plain_schemas(reference, names), _plain_schemas(ours, names))
        ),
    }


def _plain_paths(document: Mapping[str, Any]) -> dict[str, Any]:
    """The operations that are compared, in a form that hides what does not matter."""
    return {
        path: {method: _plain_operation(operation) for method, operation in operations.items()}
        for path, operations in document["paths"].items()
        if path.startswith(_PATHS)
    }


def _plain_schemas(document: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The named schemas that the document has, in the same form."""
    schemas = document["components"]["schemas"]
    return {name: _plain(schemas[name]) for name in names if name in schemas}


def _reached_schemas(document: Mapping[str, Any], paths: Mapping[str, Any]) -> set[str]:
    """The names of the schemas that the operations lead to."""
    reached: set[str] = set()
    waiting = [*_references(paths)]
    while waiting:
        name = waiting.pop().removeprefix(_SCHEMA)
        if name not in reached:
            reached.add(name)
            waiting.extend(_references(document["components"]["schemas"][name]))
    return reached


def _plain_operation(operation: Mapping[str, Any]) -> Any:
    plain = _plain(operation)
    # Their order means nothing.
    plain["parameters"] = {
        f"{parameter['in']}:{parameter['name']}": parameter
        for parameter in plain.get("parameters", ())
    }
    return plain


def _plain(value: Any, *, are_names: bool = False) -> Any:
    """The value without what only people read, and without ways to say nothing."""
    if isinstance(value, Mapping):
        return {
            key: _plain(item, are_names=key in _NAMED and not are_names)
            for key, item in value.items()
            if are_names
            or (key not in _FOR_PEOPLE and not (key == "additionalProperties" and item is True))
        }
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _references(value: Any) -> Iterator[str]:
    """Every schema that a value refers to."""
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _differences(place: str, reference: Any, ours: Any) -> Iterator[tuple[str, str]]:
    if isinstance(reference, Mapping) and isinstance(ours, Mapping):
        for key in [*reference, *(key for key in ours if key not in reference)]:
            yield from _differences(
                f"{place}.{key}", reference.get(key, _ABSENT), ours.get(key, _ABSENT)
            )
    elif place.endswith((".required", ".tags")) and isinstance(reference, list):
        if sorted(reference) != sorted(ours if isinstance(ours, list) else []):
            yield place, f"{_shown(reference)} there, {_shown(ours)} here"
    elif reference != ours:
        yield place, f"{_shown(reference)} there, {_shown(ours)} here"


def _shown(value: Any) -> str:
    return textwrap.shorten(json.dumps(value), 100)


if __name__ == "__main__":
    sys.exit(main())
