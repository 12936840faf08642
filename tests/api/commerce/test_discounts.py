"""Discounts: `/v1/discounts/` and `/v1/discounts/{id}`."""

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
    make_discount,
    make_product,
)
from api.writing import NOT_FOUND, UNAUTHORIZED
from icefloe.domain.values.access import CUSTOMERS_READ
from support import Organization

DISCOUNTS = "/v1/discounts/"
KEYS = [
    "duration", "type", "basis_points", "created_at", "modified_at", "id", "metadata", "name",
    "code", "starts_at", "ends_at", "max_redemptions", "max_redemptions_per_customer",
    "redemptions_count", "organization_id", "products",
]  # fmt: skip
NEW = {"name": "Ten", "type": "percentage", "basis_points": 1000, "duration": "once"}
FIXED = {"name": "Three", "type": "fixed", "duration": "once"}
REQUESTS: list[tuple[str, object]] = [("GET", None), ("PATCH", {"name": "Other"}), ("DELETE", None)]


def create(organization: Organization, **body: Any) -> Any:
    """The answer to a new discount; these values instead of the usual ones."""
    return organization.request("POST", DISCOUNTS, body=NEW | body)


class TestListDiscounts:
    """`GET /v1/discounts/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed."""
        answer = organization.get(DISCOUNTS, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers list no discount."""
        answer = organization.get(DISCOUNTS, token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_of_another_organization(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's discounts are not listed, by its identifier neither."""
        other = make_organization()
        make_discount(other)

        for query in ("", f"?organization_id={other.id}"):
            assert organization.get(DISCOUNTS + query).json() == EMPTY

    def test_valid(self, organization: Organization) -> None:
        """The newest discount comes first."""
        made = [make_discount(organization, name) for name in "abc"]

        answer = organization.get(f"{DISCOUNTS}?limit=2")

        assert find_items(answer) == [made[2], made[1]]
        assert answer.json()["pagination"] == {"total_count": 3, "max_page": 2}

    def test_queries(self, organization: Organization) -> None:
        """Discounts are found by their names, and sorted; without a code or an end they come last."""
        make_discount(organization, "b", code="ZZZ")
        make_discount(organization, "a", ends_at="2030-01-01T00:00:00Z")
        make_discount(organization, "ab", code="aaa")

        for query, names in (
            ("query=B", ["ab", "b"]),
            ("sorting=name", ["a", "ab", "b"]),
            ("sorting=code", ["ab", "b", "a"]),
            ("sorting=-ends_at&sorting=name", ["ab", "b", "a"]),
            ("sorting=redemptions_count&sorting=name", ["a", "ab", "b"]),
        ):
            assert find_names(organization, f"{DISCOUNTS}?{query}") == names


class TestCreateDiscount:
    """`POST /v1/discounts/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is created."""
        answer = organization.request("POST", DISCOUNTS, token=None, body=NEW)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that reads creates nothing."""
        token = organization.token("discounts:read")
        answer = organization.request("POST", DISCOUNTS, token=token, body=NEW)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_valid(self, organization: Organization) -> None:
        """A new discount has the contract's keys in its order, is found, and a webhook tells of it."""
        answer = create(organization, code="TEN", starts_at="2030-01-01T01:00:00+01:00")

        made = answer.json()
        assert (answer.status_code, list(made)) == (201, KEYS)
        assert (made["starts_at"], made["redemptions_count"]) == ("2030-01-01T00:00:00Z", 0)
        assert organization.get(DISCOUNTS + made["id"]).json() == made
        assert find_events(organization) == [("discount.created", made)]

    def test_repeating(self, organization: Organization) -> None:
        """One that repeats says for how many months; no other does."""
        made = make_discount(organization, duration="repeating", duration_in_months=3)

        assert list(made)[:3] == ["duration", "duration_in_months", "type"]
        assert "duration_in_months" not in make_discount(organization, duration_in_months=3)

    @pytest.mark.parametrize(
        ("body", "shown"),
        [
            ({"amount": 300}, (300, "usd", {"usd": 300})),
            ({"amount": 300, "currency": "eur"}, (300, "eur", {"eur": 300})),
            ({"amounts": {"eur": 90, "usd": 100}}, (100, "usd", {"eur": 90, "usd": 100})),
        ],
    )
    def test_fixed(
        self, organization: Organization, body: dict[str, Any], shown: tuple[int, str, object]
    ) -> None:
        """A fixed discount shows its amounts by currency, and one of them in the older way."""
        answer = organization.request("POST", DISCOUNTS, body=FIXED | body)

        made = answer.json()
        assert (made["amount"], made["currency"], made["amounts"]) == shown
        assert "basis_points" not in made

    def test_products(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """A discount shows its products as they are now, without prices; each must be there."""
        product = make_product(organization, metadata={"a": 1})
        made = make_discount(organization, products=[product["id"], product["id"]])
        renamed = change(organization, "products", product, name="Other")

        (shown,) = organization.get(DISCOUNTS + made["id"]).json()["products"]
        assert next(iter(shown)) == "metadata"
        apart = {"prices", "benefits", "medias", "attached_custom_fields"}
        assert shown == {key: value for key, value in renamed.items() if key not in apart}
        for unknown in (NOBODY, make_product(make_organization())["id"]):
            answer = create(organization, products=[product["id"], unknown])
            assert find_problems(answer) == [
                ("value_error", ["body", "products", 1], "Product not found.")
            ]

    def test_code(self, organization: Organization) -> None:
        """A code is taken whatever its letter case, by discounts of this organization."""
        make_discount(organization, code="Ten")

        assert find_problems(create(organization, code="TEN")) == [
            ("value_error", ["body", "code"], "Discount with this code already exists.")
        ]
        assert create(organization, code=" ").json()["code"] is None

    @pytest.mark.parametrize(
        ("body", "kind", "place"),
        [
            ({"name": ""}, "string_too_short", ["percentage", "name"]),
            ({"code": "AB"}, "value_error", ["percentage", "code"]),
            ({"code": "A B"}, "value_error", ["percentage", "code"]),
            ({"basis_points": 10_001}, "less_than_equal", ["percentage", "basis_points"]),
            ({"duration": "repeating"}, "value_error", ["percentage"]),
            ({"max_redemptions": 0}, "greater_than_equal", ["percentage", "max_redemptions"]),
            (
                {"starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"},
                "value_error",
                ["percentage"],
            ),
            ({"ends_at": "0001-01-01T00:00:00+01:00"}, "value_error", ["percentage", "ends_at"]),
            ({"type": "gift"}, "union_tag_invalid", []),
            ({"type": "fixed"}, "value_error", ["fixed"]),
            ({"type": "fixed", "amounts": {"xxx": 1}}, "enum", None),
        ],
    )
    def test_malformed(
        self, organization: Organization, body: dict[str, Any], kind: str, place: list[str] | None
    ) -> None:
        """A body of the wrong form is refused, which names the place."""
        ((found, where, _),) = find_problems(create(organization, **body))

        assert found == kind
        if place is not None:
            assert where == ["body", *place]


@pytest.mark.parametrize(("method", "body"), REQUESTS)
class TestOneDiscount:
    """What is done to one discount."""

    def test_anonymous(self, organization: Organization, method: str, body: object) -> None:
        """Without a token nothing is done."""
        answer = organization.request(method, DISCOUNTS + NOBODY, token=None, body=body)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization, method: str, body: object) -> None:
        """The scopes of customers do nothing, and the one that reads writes nothing."""
        scopes = CUSTOMERS_READ if method == "GET" else ("discounts:read",)
        token = organization.token(*scopes)
        answer = organization.request(method, DISCOUNTS + NOBODY, token=token, body=body)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(
        self,
        organization: Organization,
        make_organization: Callable[[], Organization],
        method: str,
        body: object,
    ) -> None:
        """Neither an unknown discount nor another organization's is found."""
        for wanted in (NOBODY, make_discount(make_organization())["id"]):
            answer = organization.request(method, DISCOUNTS + wanted, body=body)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


class TestUpdateDiscount:
    """`PATCH /v1/discounts/{id}`."""

    def test_valid(self, organization: Organization) -> None:
        """What is given is changed and dated; null takes away a code; and a webhook tells of it."""
        made = make_discount(organization, code="TEN", max_redemptions=3)

        changed = change(
            organization, "discounts", made, name=None, code=None, basis_points=500, amount=7
        )

        assert changed == made | {
            "code": None,
            "basis_points": 500,
            "modified_at": changed["modified_at"],
        }
        assert changed["modified_at"] is not None
        assert find_events(organization)[-1] == ("discount.updated", changed)

    def test_nothing(self, organization: Organization) -> None:
        """A change of nothing dates nothing."""
        made = make_discount(organization)

        assert change(organization, "discounts", made) == made

    def test_amounts(self, organization: Organization) -> None:
        """A fixed discount's amounts change together."""
        made = organization.request("POST", DISCOUNTS, body=FIXED | {"amount": 300}).json()

        changed = change(organization, "discounts", made, amounts={"eur": 90}, basis_points=1)
        assert (changed["amount"], changed["currency"]) == (90, "eur")
        assert changed["amounts"] == {"eur": 90}
        assert "basis_points" not in changed

    def test_products(self, organization: Organization) -> None:
        """Products are replaced as a whole."""
        product = make_product(organization)
        made = make_discount(organization, products=[product["id"]])

        assert len(change(organization, "discounts", made, products=None)["products"]) == 1
        assert change(organization, "discounts", made, products=[])["products"] == []

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            ({"type": "fixed"}, "Type cannot be changed."),
            ({"duration": "forever"}, "Duration cannot be changed."),
            ({"code": "taken"}, "Discount with this code already exists."),
            ({"products": [NOBODY]}, "Product not found."),
        ],
    )
    def test_refused(self, organization: Organization, body: dict[str, Any], message: str) -> None:
        """What cannot be is refused, and nothing is changed."""
        make_discount(organization, code="TAKEN")
        made = make_discount(organization)

        answer = organization.request("PATCH", DISCOUNTS + made["id"], body=body)
        assert [problem[2] for problem in find_problems(answer)] == [message]
        assert organization.get(DISCOUNTS + made["id"]).json() == made

    def test_itself(self, organization: Organization) -> None:
        """Its own type, duration and code may be given, the code in another letter case too."""
        made = make_discount(organization, code="TEN")

        changed = change(
            organization, "discounts", made, type="percentage", duration="once", code="ten"
        )
        assert changed["code"] == "ten"


class TestDeleteDiscount:
    """`DELETE /v1/discounts/{id}`."""

    def test_valid(self, organization: Organization) -> None:
        """A deleted discount is gone, its code is free, and a webhook shows it as it was."""
        made = make_discount(organization, code="TEN")

        answer = organization.request("DELETE", DISCOUNTS + made["id"])

        assert (answer.status_code, answer.content) == (204, b"")
        assert organization.get(DISCOUNTS).json() == EMPTY
        for method, body in REQUESTS:
            again = organization.request(method, DISCOUNTS + made["id"], body=body)
            assert (again.status_code, again.json()) == (404, NOT_FOUND)
        assert find_events(organization)[-1] == ("discount.deleted", made)
        assert create(organization, code="ten").status_code == 201
