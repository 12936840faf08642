"""Benefits: `/v1/benefits/` and `/v1/benefits/{id}`."""

from collections.abc import Callable
from typing import Any

import pytest

from api.commerce.asking import (
    EMPTY,
    NOBODY,
    change,
    find_events,
    find_items,
    find_names,
    find_problems,
    make_benefit,
    make_meter,
    make_product,
)
from api.writing import NOT_FOUND, UNAUTHORIZED
from icefloe.domain.values.access import CUSTOMERS_READ
from support import Organization

BENEFITS = "/v1/benefits/"
KEYS = [
    "id", "created_at", "modified_at", "type", "description", "selectable", "deletable",
    "is_deleted", "organization_id", "metadata", "visibility", "properties", "is_tax_applicable",
    "visibility_configurable",
]  # fmt: skip
NEW = {"type": "custom", "description": "Support", "properties": {"note": "Call us"}}
REQUESTS: list[tuple[str, object]] = [
    ("GET", None),
    ("PATCH", {"type": "custom", "description": "Other"}),
    ("DELETE", None),
]


def create(organization: Organization, **body: Any) -> Any:
    """The answer to a new benefit; these values instead of the usual ones."""
    return organization.request("POST", BENEFITS, body=NEW | body)


class TestListBenefits:
    """`GET /v1/benefits/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed."""
        answer = organization.get(BENEFITS, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers list no benefit."""
        answer = organization.get(BENEFITS, token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_of_another_organization(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's benefits are not listed, by its identifier neither."""
        other = make_organization()
        make_benefit(other)

        for query in ("", f"?organization_id={other.id}"):
            assert organization.get(BENEFITS + query).json() == EMPTY

    def test_valid(self, organization: Organization) -> None:
        """The newest benefit comes first."""
        made = [make_benefit(organization, name) for name in ("One", "Two", "Three")]

        answer = organization.get(f"{BENEFITS}?limit=2")

        assert find_items(answer) == [made[2], made[1]]
        assert answer.json()["pagination"] == {"total_count": 3, "max_page": 2}

    def test_filters(self, organization: Organization) -> None:
        """Each filter narrows the list, and all of them at once."""
        one = make_benefit(organization, "Support", metadata={"a": True})
        make_benefit(organization, "Beta", type="feature_flag", properties={})
        make_benefit(organization, "Key", type="license_keys", properties={})

        for query, names in (
            ("type=feature_flag&type=license_keys", ["Key", "Beta"]),
            ("type=feature_flag&query=key", []),
            ("query=SUPP", ["Support"]),
            (f"id={one['id']}&id={NOBODY}", ["Support"]),
            (f"exclude_id={one['id']}", ["Key", "Beta"]),
            ("metadata[a]=true", ["Support"]),
            ("sorting=description", ["Beta", "Key", "Support"]),
            ("sorting=-type", ["Key", "Beta", "Support"]),
            ("sorting=user_order", ["Support", "Beta", "Key"]),
        ):
            assert find_names(organization, f"{BENEFITS}?{query}", "description") == names

    def test_malformed_parameters(self, organization: Organization) -> None:
        """A type that there is not is wrong as one and as one of many."""
        places = [place for _, place, _ in find_problems(organization.get(f"{BENEFITS}?type=x"))]

        assert places[0] == ["query", "type", "str-enum[BenefitType]"]
        assert places[1][-1] == 0


class TestCreateBenefit:
    """`POST /v1/benefits/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is created."""
        answer = organization.request("POST", BENEFITS, token=None, body=NEW)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that reads creates nothing."""
        token = organization.token("benefits:read")
        answer = organization.request("POST", BENEFITS, token=token, body=NEW)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_valid(self, organization: Organization) -> None:
        """A new benefit has the contract's keys in its order, is found, and a webhook tells of it."""
        answer = create(organization)

        made = answer.json()
        assert (answer.status_code, list(made)) == (201, KEYS)
        assert (made["visibility"], made["modified_at"]) == ("public", None)
        assert organization.get(BENEFITS + made["id"]).json() == made
        assert find_events(organization) == [("benefit.created", made)]

    def test_other_types(self, organization: Organization) -> None:
        """Each type has properties of its own; a feature flag is private by default."""
        meter = make_meter(organization)
        for kind, properties, shown in (
            ("feature_flag", {}, {}),
            (
                "license_keys",
                {"prefix": "ICE"},
                {"prefix": "ICE", "expires": None, "activations": None, "limit_usage": None},
            ),
            ("meter_credit", {"units": 5, "rollover": True, "meter_id": meter["id"]}, None),
        ):
            made = make_benefit(organization, type=kind, properties=properties)
            assert made["properties"] == (properties if shown is None else shown)
            assert made["visibility"] == ("private" if kind == "feature_flag" else "public")
            assert "is_tax_applicable" not in made

    @pytest.mark.parametrize(
        ("body", "kind", "place"),
        [
            ({"description": "ab"}, "string_too_short", ["custom", "description"]),
            ({"description": "x" * 43}, "string_too_long", ["custom", "description"]),
            ({"properties": None}, "model_attributes_type", ["custom", "properties"]),
            ({"type": "hug"}, "union_tag_invalid", []),
            ({"type": None}, "union_tag_invalid", []),
            (
                {"type": "license_keys", "properties": {"limit_usage": 0}},
                "greater_than",
                ["license_keys", "properties", "limit_usage"],
            ),
            (
                {
                    "type": "discord",
                    "properties": {"guild_token": "x", "role_id": "1", "kick_member": False},
                },
                "value_error",
                ["discord", "properties", "guild_token"],
            ),
        ],
    )
    def test_malformed(
        self, organization: Organization, body: dict[str, Any], kind: str, place: list[str]
    ) -> None:
        """A body of the wrong form is refused, which names the place."""
        ((found, where, _),) = find_problems(create(organization, **body))

        assert (found, where) == (kind, ["body", *place])

    @pytest.mark.parametrize(
        ("kind", "properties", "place"),
        [
            ("meter_credit", {"units": 1, "rollover": True, "meter_id": NOBODY}, ["meter_id"]),
            ("downloadables", {"files": [NOBODY]}, ["files", 0]),
            (
                "github_repository",
                {"repository_owner": "a", "repository_name": "b", "permission": "pull"},
                ["repository_owner"],
            ),
            (
                "slack_shared_channel",
                {"slack_integration_id": NOBODY, "channel_name_template": "x"},
                ["slack_integration_id"],
            ),
        ],
    )
    def test_not_here(
        self, organization: Organization, kind: str, properties: object, place: list[Any]
    ) -> None:
        """What is not here cannot be a benefit."""
        answer = create(organization, type=kind, properties=properties)

        ((_, where, _),) = find_problems(answer)
        assert where == ["body", "properties", *place]
        assert answer.json()["error"] == "BenefitPropertiesValidationError"
        assert organization.get(BENEFITS).json() == EMPTY


@pytest.mark.parametrize(("method", "body"), REQUESTS)
class TestOneBenefit:
    """What is done to one benefit."""

    def test_anonymous(self, organization: Organization, method: str, body: object) -> None:
        """Without a token nothing is done."""
        answer = organization.request(method, BENEFITS + NOBODY, token=None, body=body)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization, method: str, body: object) -> None:
        """The scopes of customers do nothing, and the one that reads writes nothing."""
        scopes = CUSTOMERS_READ if method == "GET" else ("benefits:read",)
        token = organization.token(*scopes)
        answer = organization.request(method, BENEFITS + NOBODY, token=token, body=body)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(
        self,
        organization: Organization,
        make_organization: Callable[[], Organization],
        method: str,
        body: object,
    ) -> None:
        """Neither an unknown benefit nor another organization's is found."""
        for wanted in (NOBODY, make_benefit(make_organization())["id"]):
            answer = organization.request(method, BENEFITS + wanted, body=body)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


class TestUpdateBenefit:
    """`PATCH /v1/benefits/{id}`."""

    def test_valid(self, organization: Organization) -> None:
        """What is given is changed, properties as a whole, and what is null or left out stays."""
        properties = {"prefix": "OLD", "limit_usage": 3}
        made = make_benefit(organization, type="license_keys", properties=properties)

        changed = change(
            organization,
            "benefits",
            made,
            type="license_keys",
            description=None,
            properties={"prefix": "NEW"},
        )

        assert changed["modified_at"] > made["created_at"]
        assert changed == made | {
            "properties": made["properties"] | {"prefix": "NEW", "limit_usage": None},
            "modified_at": changed["modified_at"],
        }
        assert organization.get(BENEFITS + made["id"]).json() == changed

    def test_webhook(self, organization: Organization) -> None:
        """A webhook tells of the change before it is dated, as the reference does."""
        made = make_benefit(organization)

        changed = change(organization, "benefits", made, type="custom", description="Other")

        kind, shown = find_events(organization)[-1]
        assert (kind, shown) == ("benefit.updated", changed | {"modified_at": None})

    def test_nothing(self, organization: Organization) -> None:
        """The type alone changes nothing."""
        made = make_benefit(organization)

        assert change(organization, "benefits", made, type="custom") == made

    def test_type(self, organization: Organization) -> None:
        """Another type is refused; without one, each type says that it is missing."""
        made = make_benefit(organization)
        body = {"type": "feature_flag"}

        answer = organization.request("PATCH", BENEFITS + made["id"], body=body)
        assert find_problems(answer) == [
            ("value_error", ["body", "type"], "Benefit type cannot be changed.")
        ]
        answer = organization.request("PATCH", BENEFITS + made["id"], body={"description": "Abc"})
        problems = find_problems(answer)
        assert len(problems) == 8
        assert problems[0] == ("missing", ["body", "BenefitCustomUpdate", "type"], "Field required")


class TestDeleteBenefit:
    """`DELETE /v1/benefits/{id}`."""

    def test_valid(self, organization: Organization) -> None:
        """A deleted benefit is gone, and a webhook shows it so."""
        made = make_benefit(organization)

        answer = organization.request("DELETE", BENEFITS + made["id"])

        assert (answer.status_code, answer.content) == (204, b"")
        assert organization.get(BENEFITS).json() == EMPTY
        for method, body in REQUESTS:
            again = organization.request(method, BENEFITS + made["id"], body=body)
            assert (again.status_code, again.json()) == (404, NOT_FOUND)
        kind, shown = find_events(organization)[-1]
        assert (kind, shown["is_deleted"]) == ("benefit.updated", True)
        assert shown["modified_at"] is not None

    def test_products(self, organization: Organization) -> None:
        """It leaves the products that have it, of which no webhook tells, and cannot be put on one."""
        gone, left = make_benefit(organization, "Gone"), make_benefit(organization, "Left")
        product = make_product(organization)
        path = f"/v1/products/{product['id']}"
        ids = {"benefits": [gone["id"], left["id"]]}
        organization.request("POST", f"{path}/benefits", body=ids)

        organization.request("DELETE", BENEFITS + gone["id"])

        assert organization.get(path).json()["benefits"] == [left]
        kinds = [kind for kind, _ in find_events(organization)]
        assert kinds[-2:] == ["product.updated", "benefit.updated"]
        assert organization.request("POST", f"{path}/benefits", body=ids).status_code == 422
