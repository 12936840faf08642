"""Meters: `/v1/meters/` and `/v1/meters/{id}`."""

from collections.abc import Callable
from typing import Any

import pytest

from api.commerce.asking import (
    CALLS,
    COUNT,
    EMPTY,
    NOBODY,
    change,
    find_events,
    find_items,
    find_names,
    find_problems,
    make_meter,
)
from api.writing import NOT_FOUND, UNAUTHORIZED
from icefloe.domain.values.access import CUSTOMERS_READ
from support import Organization

METERS = "/v1/meters/"
KEYS = [
    "metadata", "created_at", "modified_at", "id", "name", "unit", "custom_label",
    "custom_multiplier", "filter", "aggregation", "organization_id", "archived_at",
]  # fmt: skip
NEW = {"name": "Calls", "filter": CALLS, "aggregation": COUNT}


def create(organization: Organization, **body: Any) -> Any:
    """The answer to a new meter; these values instead of the usual ones."""
    return organization.request("POST", METERS, body=NEW | body)


class TestListMeters:
    """`GET /v1/meters/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed."""
        answer = organization.get(METERS, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers list no meter."""
        answer = organization.get(METERS, token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert 'scope="meters:read meters:write"' in answer.headers["www-authenticate"]

    def test_of_another_organization(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's meters are not listed, by its identifier neither."""
        other = make_organization()
        make_meter(other)

        for query in ("", f"?organization_id={other.id}"):
            assert organization.get(METERS + query).json() == EMPTY

    @pytest.mark.parametrize("scope", ["meters:read", "meters:write"])
    def test_valid(self, organization: Organization, scope: str) -> None:
        """Meters come in the order of their names, whatever the scope."""
        made = {name: make_meter(organization, name) for name in ("Calls", "apples", "Beta")}

        answer = organization.get(f"{METERS}?limit=2", token=organization.token(scope))

        assert find_items(answer) == [made["apples"], made["Beta"]]
        assert answer.json()["pagination"] == {"total_count": 3, "max_page": 2}

    def test_filters(self, organization: Organization) -> None:
        """Name, archival and metadata narrow the list, all at once."""
        make_meter(organization, "Calls", metadata={"a": 5})
        make_meter(organization, "Callers", metadata={"a": 6})
        change(organization, "meters", make_meter(organization, "100% calls"), is_archived=True)

        for query, names in (
            ("query=CALL", ["100% calls", "Callers", "Calls"]),
            ("query=100%25", ["100% calls"]),
            ("is_archived=true", ["100% calls"]),
            ("is_archived=false&metadata[a]=5&metadata[a]=7", ["Calls"]),
            (f"organization_id={organization.id}&query=callers", ["Callers"]),
            ("query=nothing", []),
        ):
            assert find_names(organization, f"{METERS}?{query}") == names

    def test_sorting(self, organization: Organization) -> None:
        """Lists are sorted by name or by creation, up or down."""
        for name in ("bbb", "ccc", "aaa"):
            make_meter(organization, name)

        assert find_names(organization, f"{METERS}?sorting=-name") == ["ccc", "bbb", "aaa"]
        assert find_names(organization, f"{METERS}?sorting=-created_at") == ["aaa", "ccc", "bbb"]

    def test_unknown_parameters(self, organization: Organization) -> None:
        """What means nothing is ignored, which a notice says."""
        answer = organization.get(f"{METERS}?foo=1&limit=500")

        assert answer.json() == EMPTY
        assert "'foo' ignored" in answer.headers["icefloe-notice"]
        assert "limit 500 lowered to 100" in answer.headers["icefloe-notice"]

    def test_malformed_parameters(self, organization: Organization) -> None:
        """A parameter of the wrong form is named, with what it may be."""
        for query, place in (
            ("page=0", ["query", "page"]),
            ("is_archived=x", ["query", "is_archived"]),
            ("sorting=x", ["query", "sorting", 0]),
        ):
            ((_, found, _),) = find_problems(organization.get(f"{METERS}?{query}"))
            assert found == place


class TestCreateMeter:
    """`POST /v1/meters/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is created."""
        answer = organization.request("POST", METERS, token=None, body=NEW)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that reads creates nothing."""
        token = organization.token("meters:read")
        answer = organization.request("POST", METERS, token=token, body=NEW)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_valid(self, organization: Organization) -> None:
        """A new meter has the contract's keys in its order, its metadata as sent, and is found."""
        answer = create(organization, metadata={"bb": 1, "a": True})

        made = answer.json()
        assert (answer.status_code, list(made)) == (201, KEYS)
        assert list(made["metadata"]) == ["bb", "a"]
        assert made["organization_id"] == str(organization.id)
        assert (made["unit"], made["archived_at"]) == ("scalar", None)
        found = organization.get(METERS + made["id"]).json()
        assert found == made
        assert list(found["metadata"]) == ["a", "bb"]

    def test_silent(self, organization: Organization) -> None:
        """No webhook tells of meters."""
        change(organization, "meters", make_meter(organization), name="Other")

        assert find_events(organization) == []

    def test_metadata_properties(self, organization: Organization) -> None:
        """A clause's property loses the word `metadata` before it, on every level."""
        inner = {"property": "metadata.x", "operator": "like", "value": "a%"}
        wanted = {"conjunction": "or", "clauses": [{"conjunction": "and", "clauses": [inner]}]}

        made = make_meter(organization, filter=wanted)

        assert made["filter"]["clauses"][0]["clauses"] == [inner | {"property": "x"}]

    @pytest.mark.parametrize(
        ("body", "kind", "place"),
        [
            ({"name": "ab"}, "string_too_short", ["name"]),
            ({"name": None}, "string_type", ["name"]),
            ({"name": "a\0bc"}, "value_error", ["name"]),
            ({"unit": "cup"}, "enum", ["unit"]),
            ({"unit": "custom"}, "value_error", []),
            ({"custom_multiplier": 0}, "greater_than", ["custom_multiplier"]),
            ({"aggregation": {"func": "sum"}}, "missing", ["aggregation", "sum", "property"]),
            ({"aggregation": {"func": "x"}}, "union_tag_invalid", ["aggregation"]),
            ({"aggregation": {}}, "union_tag_not_found", ["aggregation"]),
            ({"filter": {"conjunction": "xor", "clauses": []}}, "enum", ["filter", "conjunction"]),
            ({"metadata": None}, "dict_type", ["metadata"]),
        ],
    )
    def test_malformed(
        self, organization: Organization, body: dict[str, Any], kind: str, place: list[str]
    ) -> None:
        """A body of the wrong form is refused, which names the place."""
        ((found, where, _),) = find_problems(create(organization, **body))

        assert (found, where) == (kind, ["body", *place])

    def test_malformed_clause(self, organization: Organization) -> None:
        """A clause that is neither a condition nor a filter is told what it lacks of both."""
        clause = {"property": "name", "operator": "is", "value": "x"}
        answer = create(organization, filter={"conjunction": "and", "clauses": [clause]})

        places = [place[-2:] for _, place, _ in find_problems(answer)]
        assert places == [
            ["FilterClause", "operator"], ["Filter", "conjunction"], ["Filter", "clauses"],
        ]  # fmt: skip

    @pytest.mark.parametrize("depth", [50, 300, 5_000])
    def test_deep(self, organization: Organization, depth: int) -> None:
        """However deep filters lie in one another, they are taken or refused."""
        opened = '{"conjunction":"and","clauses":[' * depth
        body = f'{{"name":"Deep","aggregation":{{"func":"count"}},"filter":{opened}{"]}" * depth}}}'
        answer = organization.request(
            "POST", METERS, content=body.encode(), headers={"Content-Type": "application/json"}
        )

        assert answer.status_code in {201, 400, 422}
        if answer.status_code == 201:
            assert organization.get(METERS + answer.json()["id"]).json() == answer.json()

    def test_organization_named(self, organization: Organization) -> None:
        """A body that names the organization is refused, as its token does; null is no name."""
        ((kind, place, _),) = find_problems(
            create(organization, organization_id=str(organization.id))
        )

        assert (kind, place) == ("organization_token", ["body", "organization_id"])
        assert create(organization, organization_id=None).status_code == 201


class TestGetMeter:
    """`GET /v1/meters/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is shown."""
        answer = organization.get(METERS + NOBODY, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers show no meter."""
        answer = organization.get(METERS + NOBODY, token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Neither an unknown id nor another organization's shows anything."""
        for wanted in (NOBODY, make_meter(make_organization())["id"]):
            answer = organization.get(METERS + wanted)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_malformed(self, organization: Organization) -> None:
        """An id that is no UUID of version 4 is refused."""
        for wanted, kind in (
            ("x", "uuid_parsing"),
            ("00000000-0000-1000-8000-000000000000", "uuid_version"),
        ):
            ((found, place, _),) = find_problems(organization.get(METERS + wanted))
            assert (found, place) == (kind, ["path", "id"])

    def test_valid(self, organization: Organization) -> None:
        """A meter is shown as it was made."""
        made = make_meter(organization)

        assert organization.get(METERS + made["id"]).json() == made


class TestUpdateMeter:
    """`PATCH /v1/meters/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is changed."""
        answer = organization.request("PATCH", METERS + NOBODY, token=None, body={})

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that reads changes nothing."""
        token = organization.token("meters:read")
        answer = organization.request("PATCH", METERS + NOBODY, token=token, body={})

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Neither an unknown meter nor another organization's is changed."""
        for wanted in (NOBODY, make_meter(make_organization())["id"]):
            answer = organization.request("PATCH", METERS + wanted, body={"name": "Other"})
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_valid(self, organization: Organization) -> None:
        """What is given is changed, what is null or left out stays, and the change is dated."""
        made = make_meter(organization, metadata={"a": 1})

        changed = change(
            organization,
            "meters",
            made,
            name="Other",
            filter=None,
            aggregation={"func": "sum", "property": "n"},
            metadata={"b": 2},
        )

        assert changed["modified_at"] > made["modified_at"]
        assert changed == made | {
            "name": "Other",
            "aggregation": {"func": "sum", "property": "n"},
            "metadata": {"b": 2},
            "modified_at": changed["modified_at"],
        }
        assert organization.get(METERS + made["id"]).json() == changed

    def test_nothing(self, organization: Organization) -> None:
        """A change of nothing changes nothing."""
        made = make_meter(organization)

        assert change(organization, "meters", made) == made

    def test_archive(self, organization: Organization) -> None:
        """An archived meter says since when, and can be taken back."""
        made = make_meter(organization)

        archived = change(organization, "meters", made, is_archived=True)
        again = change(organization, "meters", made, is_archived=True)
        back = change(organization, "meters", made, is_archived=False)

        assert archived["archived_at"] == archived["modified_at"] == again["archived_at"]
        assert (back["archived_at"], "is_archived" in back) == (None, False)

    def test_malformed(self, organization: Organization) -> None:
        """A name that is too short is refused."""
        made = make_meter(organization)
        answer = organization.request("PATCH", METERS + made["id"], body={"name": "ab"})

        ((kind, place, _),) = find_problems(answer)
        assert (kind, place) == ("string_too_short", ["body", "name"])
