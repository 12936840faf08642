"""Thousands of requests made from our own OpenAPI document: each answer is one that it describes.

Schemathesis makes the requests, right ones and wrong ones, always the same for the same document.
"""

import contextlib
import copy
import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import icefloe
from api import writing
from api.writing import CUSTOMERS
from depth import AT_EACH_DEPTH, Depth
from icefloe.api.endpoints import ROUTES
from icefloe.api.versions import VERSIONS
from icefloe.services import Services
from support import Organization, Server, make_organization_of

# Hypothesis draws from the constants of all modules that are loaded, ours too: one that is loaded
# while it is at work would change what it draws.
for _module in pkgutil.walk_packages(icefloe.__path__, "icefloe."):
    if not _module.name.endswith("__main__"):
        importlib.import_module(_module.name)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Case = schemathesis.Case[Any]
# 50 operations take input: 8,300 cases by themselves, and about a thousand more in sequences.
CASES_EACH = 166
# Drawn prices are in the organization's currency too rarely for a new product to be right, and drawn
# identifiers too rarely of a free product and a customer for a subscription; no order may be made.
RARELY_RIGHT = frozenset({"POST /v1/products/", "POST /v1/orders/", "POST /v1/subscriptions/"})
# Of the HTTP server, which shows the API no URL of more than 64 KiB: no document says it.
URI_TOO_LONG = 414
SEQUENCES = 60
ROUNDS = 100
ENOUGH = 1000
STEPS = 20
ALWAYS_THE_SAME = settings(
    derandomize=True,
    deadline=None,
    database=None,
    # A request that failed is its own explanation: the last lines show how to send it again.
    phases=[Phase.generate],
    # What a document allows is wide, and making wrong requests of it throws many away.
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
OPERATIONS = [
    f"{route.method} {route.path}"
    for route in ROUTES.routes
    if route.operation_id and route.scopes is not None
]
OPEN_OPERATIONS = [
    f"{route.method} {route.path}"
    for route in ROUTES.routes
    if route.operation_id and route.scopes is None
]
# What sequences are about: the paths that name customers and members.
_LINKED = ("/v1/customers/", "/v1/members/")
# What an answer gives to later requests: the place in their paths → where in the answer it is.
_OF_CUSTOMER = {"id": "/id", "external_id": "/external_id"}
_OF_MEMBER = {
    "id": "/customer_id",
    "member_id": "/id",
    "member_external_id": "/external_id",
    "customer_id": "/customer_id",
}
_OF_LIST = {"id": "/items/0/id", "external_id": "/items/0/external_id"}
_OF_MEMBERS = {"id": "/items/0/customer_id", "member_id": "/items/0/id"}


@dataclass
class Known:
    """What a request can be about that is there, and whose tokens it can show."""

    ids: list[str] = field(default_factory=list)
    external_ids: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)


@dataclass
class Fuzzed:
    """The document as Schemathesis reads it, the organization that is asked, and what is known of it.

    `linked` is the same document with what Schemathesis needs to see how answers lead to requests.
    """

    schema: BaseSchema
    linked: BaseSchema
    organization: Organization
    make_organization: Callable[[], Organization]
    known: Known

    def find(self, label: str) -> APIOperation[Any, Any, Any, Any]:
        """An operation by its method and path."""
        method, _, path = label.partition(" ")
        operation: APIOperation[Any, Any, Any, Any] = self.schema[path][method]
        return operation

    def aim(self, case: Case, which: int) -> None:
        """Have a request ask about something that is there, where words alone would hardly hit it."""
        for at, place in enumerate(("external_id", "member_external_id")):
            if place in case.path_parameters:
                external_id = self.known.external_ids[-2 * (which + 1) + at]
                case.path_parameters[place] = external_id
        if "interval" in case.query:
            case.query |= {"start": "2026-01-01T00:00:00Z", "end": "2026-01-05T00:00:00Z"}

    def replenish(self) -> None:
        """See that there are customers and members to ask about: requests delete them."""
        self.known.ids.clear()
        self.known.external_ids.clear()
        for customer, member in self.populate(self.organization):
            self.known.ids += [customer["id"], member["id"]]
            self.known.external_ids += [customer["external_id"], member["external_id"]]

    @staticmethod
    def populate(organization: Organization) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Make an individual and a team, with a member of each."""
        made = []
        for kind in ("individual", "team"):
            external_id = f"fuzz-{uuid4().hex[:6]}"
            customer = writing.make(organization, type=kind, external_id=external_id)
            if kind == "team":
                hand = {"email": "hand@sea.is", "external_id": "hand"}
                path = f"{CUSTOMERS}{customer['id']}/members"
                organization.request("POST", path, body=hand)
            made.append((customer, writing.find_members(organization, customer)[-1]))
        return made


@pytest.fixture(scope="module")
def fuzzed(server: Server, services: Services) -> Fuzzed:
    """The newest version's document, from the running server."""
    make_organization = partial(make_organization_of, server, services)
    organization = make_organization()
    known = Known()
    # The document's word for the ids of this service: half of those made up are of somebody there.
    there = st.integers(0, 4).map(lambda at: known.ids[-at] if at else str(organization.id))
    schemathesis.openapi.format("uuid4", there | st.uuids(version=4).map(str))
    schemathesis.openapi.format("uuid", there | st.uuids().map(str))
    document = organization.get(f"/{VERSIONS[-1]}/openapi.json", token=None).json()
    schema = schemathesis.openapi.from_dict(document)
    linked = schemathesis.openapi.from_dict(_with_links(copy.deepcopy(document)))
    for one in (schema, linked):
        one.config.update(base_url=server.url)
    known.tokens = [
        *[organization.token()] * 6,
        organization.token("customers:read", "members:read"),
        organization.token("products:read"),
        "polar_oat_wrong",
        None,
    ]
    opened = Fuzzed(schema, linked, organization, make_organization, known)
    opened.replenish()
    return opened


class TestEveryOperation:
    """Each operation by itself."""

    @AT_EACH_DEPTH
    @pytest.mark.parametrize("label", OPERATIONS)
    def test_answers_as_described(self, fuzzed: Fuzzed, label: str, depth: Depth) -> None:
        """Whatever is asked, right or wrong, by whomever: the answer is one that is described."""
        operation = fuzzed.find(label)
        fuzzed.replenish()
        cases = depth.of(CASES_EACH)
        asked: Counter[int] = Counter()

        @settings(ALWAYS_THE_SAME, max_examples=cases)
        @given(
            case=st.one_of(
                [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
            ),
            which=st.integers(0, 3),
        )
        def ask(case: Case, which: int) -> None:
            if which < 2:
                fuzzed.aim(case, which)
            # In turn, so that everybody asks, whatever is drawn.
            token = fuzzed.known.tokens[asked.total() % len(fuzzed.known.tokens)]
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            answer = case.call_and_validate(headers=headers, checks=CHECKS)
            asked[answer.status_code] += 1

        ask()

        assert asked.total() >= cases
        assert {401, 403} < asked.keys()
        # A few cases may all be malformed.
        may_all_be_wrong = label in RARELY_RIGHT or not depth.is_whole
        assert asked.keys() - {401, 403, 422, 400} or may_all_be_wrong

    @pytest.mark.parametrize("label", OPEN_OPERATIONS)
    def test_answers_anybody_as_described(self, fuzzed: Fuzzed, label: str) -> None:
        """What is open to everybody and takes nothing has one good answer."""
        operation = fuzzed.find(label)

        @settings(ALWAYS_THE_SAME, max_examples=3)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def ask(case: Case) -> None:
            answer = case.call_and_validate(checks=CHECKS)
            assert answer.status_code == 200

        ask()


class TestSequences:
    """Operations one after another, each about what the answers before have shown."""

    @AT_EACH_DEPTH
    def test_answer_as_described(self, server: Server, fuzzed: Fuzzed, depth: Depth) -> None:
        """Whatever has been made, changed and deleted before, the answer is one that is described."""
        asked: Counter[tuple[str, int]] = Counter()
        wrong: list[BaseException] = []
        named = {
            label
            for label in OPERATIONS
            if label.partition(" ")[2].startswith(_LINKED)
            and ("{id}" in label or "{member_id}" in label)
        }
        good: set[str] = set()
        enough = depth.of(ENOUGH)
        machine: Any = fuzzed.linked.as_state_machine()
        # Sequences begin with a list: any other first request would mostly find nobody.
        for name in machine.root_rules:
            if "_GET_" not in name:
                delattr(machine, name)

        class Sequences(machine):  # type: ignore[misc] # made from the document
            _root_labels = frozenset({f"GET {CUSTOMERS}", "GET /v1/members/"})

            def setup(self) -> None:
                # Of its own: what a sequence finds there must not depend on those before it.
                self.organization = fuzzed.make_organization()
                fuzzed.populate(self.organization)

            def get_call_kwargs(self, case: Case) -> dict[str, Any]:
                assert case.operation is not None
                return {"headers": {"Authorization": f"Bearer {self.organization.token()}"}}

            def validate_response(self, response: Any, case: Case, **_: object) -> None:
                asked[case.operation.label, response.status_code] += 1
                # An external id with a slash makes another path, as in the reference.
                places = (case.path_parameters or {}).values()
                if response.status_code == URI_TOO_LONG or "/" in unquote(
                    "".join(map(str, places))
                ):
                    return
                try:
                    case.validate_response(
                        response, checks=CHECKS, headers=self.get_call_kwargs(case)["headers"]
                    )
                except BaseException as error:
                    wrong.append(error)
                    raise

        for seed in range(ROUNDS):
            Sequences._hypothesis_internal_use_seed = seed
            # How much is drawn may hang on ids that the server makes up. Hypothesis gives up a round in
            # which it does; what was wrong before that is kept.
            with contextlib.suppress(FlakyStrategyDefinition):
                run_state_machine_as_test(
                    Sequences,
                    settings=settings(
                        ALWAYS_THE_SAME,
                        derandomize=False,
                        max_examples=depth.of(SEQUENCES),
                        stateful_step_count=STEPS,
                    ),
                )
            good = {label for label, status in asked if status < 300}
            if asked.total() >= enough and (named <= good or not depth.is_whole):
                break

        assert wrong == []
        assert named <= good or not depth.is_whole
        assert good & named
        assert asked.total() >= enough
        assert writing.find_disagreements(server) == []


def _with_links(document: dict[str, Any]) -> dict[str, Any]:
    """The document with links from the answers that show somebody to the requests about them.

    And without organizations, which nothing here makes: Schemathesis would not begin with a request
    that may name one.
    """
    for schema in document["components"]["schemas"].values():
        if schema.get("title", "").endswith("Create"):
            schema["properties"].pop("organization_id", None)
    for path in ("/v1/customers/", "/v1/members/"):
        operation = document["paths"][path]["get"]
        operation["parameters"] = [
            one
            for one in operation["parameters"]
            if one["name"] not in {"organization_id", "customer_id", "external_customer_id"}
        ]
    for method, path, places in (
        ("post", "/v1/customers/", _OF_CUSTOMER),
        ("get", "/v1/customers/", _OF_LIST),
        ("post", "/v1/customers/{id}/members", _OF_MEMBER),
        ("get", "/v1/members/", _OF_MEMBERS),
    ):
        for status, response in document["paths"][path][method]["responses"].items():
            if status in {"200", "201"}:
                response["links"] = dict(_links(document, places))
                # Which needs nobody who is there.
                response["links"]["again"] = {"operationId": "customers:create"}
    return document


def _links(document: dict[str, Any], places: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
            if path.startswith(_LINKED) and wanted and wanted <= places.keys():
                yield (
                    operation["operationId"],
                    {
                        "operationId": operation["operationId"],
                        "parameters": {
                            name: f"$response.body#{places[name]}" for name in sorted(wanted)
                        },
                    },
                )
