"""`/{version}/openapi.json`: the descriptions that programs read."""

import json
import subprocess
import sys
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from described import DESCRIBED_ROUTES, check_answer, find_document, find_operation
from icefloe.api.description import openapi
from icefloe.api.routing import Route
from icefloe.api.versions import DESCRIBED_VERSIONS, VERSIONS
from icefloe.domain.values.tax_id_formats import FORMATS_BY_COUNTRY
from support import Organization, new_customer


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of the newest version."""
    return find_document(VERSIONS[-1])


class TestDocument:
    """`GET /{version}/openapi.json`."""

    @pytest.mark.parametrize("version", DESCRIBED_VERSIONS)
    def test_anonymous(self, organization: Organization, version: str) -> None:
        """Anybody may read the document of each version, which is valid OpenAPI 3.1."""
        answer = organization.get(f"/{version}/openapi.json", token=None)
        document = answer.json()

        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert (document["openapi"], document["info"]["version"]) == ("3.1.0", version)
        assert [one["url"] for one in document["servers"]] == ["/"]
        OpenAPIV31SpecValidator(document).validate()

    @pytest.mark.parametrize("version", ["2026-05", "latest", "v1", "2026-04x", " 2026-04"])
    def test_not_existing(self, organization: Organization, version: str) -> None:
        """There is no document of any other version."""
        answer = organization.get(f"/{version}/openapi.json", token=None)

        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})

    def test_without_a_version(self, organization: Organization) -> None:
        """There is no document without a version."""
        answer = organization.get("/openapi.json", token=None)

        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})

    def test_the_same_twice(self, organization: Organization) -> None:
        """A document is the same each time."""
        first, second = (organization.get("/2026-10/openapi.json").content for _ in range(2))

        assert first == second
        assert json.loads(first) == find_document("2026-10")


class TestContents:
    """What the documents say."""

    @pytest.mark.parametrize(
        "route", DESCRIBED_ROUTES, ids=lambda route: f"{route.method} {route.path}"
    )
    def test_every_route_is_described(self, document: dict[str, Any], route: Route) -> None:
        """A row of the routing table is in the document with its name, sentence and scopes."""
        operation = find_operation(document, route.method, route.path)

        assert operation["operationId"] == route.operation_id
        assert operation["description"].rstrip().endswith(".")
        assert ("x-icefloe" in operation["tags"]) == route.is_ours
        if route.scopes is None:
            assert "security" not in operation
        else:
            assert {"oat": [*route.scopes]} in operation["security"]

    def test_nothing_else_is_described(self, document: dict[str, Any]) -> None:
        """The document has no more endpoints than the routing table, each under its own name."""
        described = {
            (method.upper(), path): operation["operationId"]
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

        assert described.keys() == {(route.method, route.path) for route in DESCRIBED_ROUTES}
        assert len({*described.values()}) == len(described)

    def test_parameters_and_fields_have_sentences(self, document: dict[str, Any]) -> None:
        """Every parameter, and every field of a body, says what it is."""
        silent = [
            f"{path} {parameter['name']}"
            for path, methods in document["paths"].items()
            for operation in methods.values()
            for parameter in operation.get("parameters", ())
            if not parameter["description"].endswith(".")
        ]
        silent += [
            f"{name}.{field}"
            for name, schema in document["components"]["schemas"].items()
            if name.endswith(
                ("Create", "CreateFromCustomer", "Update", "UpdateExternalID", "Input")
            )
            for field, described in schema.get("properties", {}).items()
            if not described.get("description", "").endswith(".")
        ]

        assert silent == []

    def test_every_tax_number_that_can_be_found_is_described(
        self, document: dict[str, Any]
    ) -> None:
        """A format that the service gives to a tax number is one that the document knows."""
        found = {name for names in FORMATS_BY_COUNTRY.values() for name in names}

        assert found <= {*document["components"]["schemas"]["TaxIDFormat"]["enum"]}

    def test_a_name_without_a_schema(self) -> None:
        """A row that names a schema which is not there is a mistake that a document shows."""
        row = Route(
            method="GET", path="/x", handler=_answer_nothing, operation_id="x:y", answer="Nothing"
        )

        with pytest.raises(LookupError, match="Nothing"):
            openapi.make_document([row], "2026-10")

    @pytest.mark.processes
    def test_starting_loads_no_description(self) -> None:
        """What only descriptions need is not loaded before one is asked for."""
        program = "import sys, icefloe.assembly; print(*sys.modules)"
        loaded = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.split()

        assert "icefloe.api.docs" in loaded
        assert {
            "icefloe.api.description",
            "jinja2",
        }.isdisjoint(loaded)


class TestAnswers:
    """What the running server answers is what the document says."""

    def test_anonymous(self, organization: Organization, document: dict[str, Any]) -> None:
        """Whoever shows no token, or a wrong one, is answered as described."""
        for token in (None, "polar_oat_wrong"):
            answer = organization.get("/v1/customers/", token=token)

            assert answer.status_code == 401
            check_answer(document, "GET", "/v1/customers/", answer)

    def test_missing_scope(self, organization: Organization, document: dict[str, Any]) -> None:
        """A token without the scope is answered as described."""
        answer = organization.get("/v1/customers/", token=organization.token("products:read"))

        assert answer.status_code == 403
        check_answer(document, "GET", "/v1/customers/", answer)

    def test_not_existing(self, organization: Organization, document: dict[str, Any]) -> None:
        """A customer who is not there is answered as described."""
        answer = organization.get("/v1/customers/external/nobody")

        assert answer.status_code == 404
        check_answer(document, "GET", "/v1/customers/external/{external_id}", answer)

    @pytest.mark.parametrize(
        "query",
        ["limit=0", "page=x", "sorting=", "organization_id=1&organization_id=2", "active=3"],
    )
    def test_not_valid(
        self, organization: Organization, document: dict[str, Any], query: str
    ) -> None:
        """A request that breaks rules is answered as described."""
        answer = organization.get(f"/v1/customers/?{query}")

        assert answer.status_code == 422
        check_answer(document, "GET", "/v1/customers/", answer)

    @pytest.mark.parametrize(
        "values",
        [
            {},
            {"name": None, "external_id": None},
            {"metadata": {"text": "x", "number": 1.5, "whole": 7, "flag": False}},
            {"billing_address": {"country": "FR", "city": "Lyon"}, "locale": "fr-FR"},
            {
                "billing_address": {"country": "US", "state": "US-NY"},
                "tax_id": ["911144442", "us_ein"],
            },
            {"type": "team", "modified_at": "2026-02-03T04:05:06.000007Z"},
            {"type": "team", "email": None},
        ],
    )
    def test_valid(
        self, organization: Organization, document: dict[str, Any], values: dict[str, Any]
    ) -> None:
        """A customer of any kind is listed and shown as described."""
        customer = new_customer(**values)
        organization.keep(customer)

        listed = organization.get("/v1/customers/")
        shown = organization.get(f"/v1/customers/{customer['id']}")

        assert [listed.json()["items"], shown.status_code] == [[shown.json()], 200]
        check_answer(document, "GET", "/v1/customers/", listed)
        check_answer(document, "GET", "/v1/customers/{id}", shown)

    def test_parameters(self, organization: Organization, document: dict[str, Any]) -> None:
        """Every parameter of the list that is described is one that the server knows."""
        operation = find_operation(document, "GET", "/v1/customers/")
        values = {"active": "true", "sorting": "name", "organization_id": str(organization.id)}
        names = [parameter["name"] for parameter in operation["parameters"]]
        query = {
            "metadata[plan]" if name == "metadata" else name: values.get(name, "1")
            for name in names
        }

        answer = organization.get("/v1/customers/", params=query)

        assert (answer.status_code, len(names)) == (200, 8)
        assert "icefloe-notice" not in answer.headers


async def _answer_nothing(request: Any) -> Any:
    """Nothing."""
    raise NotImplementedError(request)
