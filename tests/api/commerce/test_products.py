"""Products: `/v1/products/`, `/v1/products/{id}` and `/v1/products/{id}/benefits`."""

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

PRODUCTS = "/v1/products/"
KEYS = [
    "id", "created_at", "modified_at", "trial_interval", "trial_interval_count", "name",
    "description", "visibility", "recurring_interval", "recurring_interval_count",
    "meter_interval", "meter_interval_count", "is_recurring", "is_archived", "organization_id",
    "metadata", "prices", "benefits", "medias", "attached_custom_fields",
]  # fmt: skip
PRICE_KEYS = [
    "created_at", "modified_at", "id", "source", "amount_type", "price_currency", "tax_behavior",
    "is_archived", "product_id", "type", "recurring_interval",
]  # fmt: skip
FIXED = {"amount_type": "fixed", "price_amount": 1000}
NEW = {"name": "Pro", "recurring_interval": "month", "prices": [FIXED]}
# Requests by what they do to a product: method, what follows its path, and the body.
REQUESTS: list[tuple[str, str, object]] = [
    ("GET", "", None),
    ("PATCH", "", {"name": "Other"}),
    ("POST", "/benefits", {"benefits": []}),
]
WRITES = REQUESTS[1:]


def create(organization: Organization, **body: Any) -> Any:
    """The answer to a new product; these values instead of the usual ones."""
    return organization.request("POST", PRODUCTS, body=NEW | body)


def set_benefits(organization: Organization, product: dict[str, Any], *ids: str) -> dict[str, Any]:
    """A product after it was given these benefits."""
    path = f"{PRODUCTS}{product['id']}/benefits"
    answer = organization.request("POST", path, body={"benefits": list(ids)})
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def find_messages(answer: Any) -> list[tuple[list[Any], str]]:
    """The places and messages of a 422."""
    return [(place, message) for _, place, message in find_problems(answer)]


class TestListProducts:
    """`GET /v1/products/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed."""
        answer = organization.get(PRODUCTS, token=None)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers list no product."""
        answer = organization.get(PRODUCTS, token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_of_another_organization(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization's products are not listed, by no identifier."""
        other = make_organization()
        product = make_product(other)

        for query in ("", f"?organization_id={other.id}", f"?id={product['id']}"):
            assert organization.get(PRODUCTS + query).json() == EMPTY

    def test_valid(self, organization: Organization) -> None:
        """The newest product comes first, as it is shown alone."""
        made = [make_product(organization, name) for name in ("One", "Two", "Three")]
        set_benefits(organization, made[1], make_benefit(organization)["id"])

        answer = organization.get(f"{PRODUCTS}?limit=2")

        shown = [organization.get(PRODUCTS + one["id"]).json() for one in (made[2], made[1])]
        assert find_items(answer) == shown
        assert answer.json()["pagination"] == {"total_count": 3, "max_page": 2}

    def test_filters(self, organization: Organization) -> None:
        """Each filter narrows the list, and all of them at once."""
        pro = make_product(organization, "Pro", metadata={"tier": "gold"})
        book = make_product(organization, "Book", recurring_interval=None, visibility="private")
        change(organization, "products", make_product(organization, "Old"), is_archived=True)

        for query, names in (
            ("query=O", ["Old", "Book", "Pro"]),
            ("query=b%25k", ["Book"]),
            ("is_archived=true", ["Old"]),
            ("is_recurring=false", ["Book"]),
            ("visibility=private&visibility=draft", ["Book"]),
            (f"id={pro['id']}&id={book['id']}", ["Book", "Pro"]),
            (f"id={pro['id']}&query=book", []),
            ("metadata[tier]=gold", ["Pro"]),
        ):
            assert find_names(organization, f"{PRODUCTS}?{query}") == names

    def test_of_benefits(self, organization: Organization) -> None:
        """A list by benefits shows only these, and counts each on each product."""
        one, two = make_benefit(organization, "One"), make_benefit(organization, "Two")
        both, single = make_product(organization, "Both"), make_product(organization, "Single")
        set_benefits(organization, both, one["id"], two["id"])
        set_benefits(organization, single, two["id"])

        answer = organization.get(f"{PRODUCTS}?benefit_id={one['id']}")
        assert [item["benefits"] for item in find_items(answer)] == [[one]]
        answer = organization.get(f"{PRODUCTS}?benefit_id={one['id']}&benefit_id={two['id']}")
        assert [item["name"] for item in find_items(answer)] == ["Single", "Both"]
        assert answer.json()["pagination"]["total_count"] == 3

    def test_sorting(self, organization: Organization) -> None:
        """Products without a fixed or custom amount come last by amount and by its type."""
        make_product(organization, "Fixed")
        make_product(organization, "Custom", prices=[{"amount_type": "custom"}])
        tier = {"min_seats": 1, "price_per_seat": 500}
        seats = {"amount_type": "seat_based", "seat_tiers": {"tiers": [tier]}}
        make_product(organization, "Seats", prices=[seats])

        for sorting, names in (
            ("name", ["Custom", "Fixed", "Seats"]),
            ("price_amount", ["Custom", "Fixed", "Seats"]),
            ("-price_amount", ["Seats", "Fixed", "Custom"]),
            ("price_amount_type", ["Custom", "Fixed", "Seats"]),
            ("created_at", ["Fixed", "Custom", "Seats"]),
        ):
            assert find_names(organization, f"{PRODUCTS}?sorting={sorting}") == names

    def test_malformed_parameters(self, organization: Organization) -> None:
        """A wrong identifier is wrong as one and as one of many; other parameters once."""
        cases: list[tuple[str, list[list[object]]]] = [
            ("id=x", [["query", "id", "uuid"], ["query", "id"]]),
            ("benefit_id=x", [["query", "benefit_id", "uuid"], ["query", "benefit_id"]]),
            ("is_recurring=x", [["query", "is_recurring"]]),
            ("visibility=x", [["query", "visibility", 0]]),
            ("sorting=x", [["query", "sorting", 0]]),
        ]
        for query, places in cases:
            found = [
                place for _, place, _ in find_problems(organization.get(PRODUCTS + "?" + query))
            ]
            assert [place[: len(want)] for place, want in zip(found, places, strict=True)] == places


class TestCreateProduct:
    """`POST /v1/products/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is created."""
        answer = organization.request("POST", PRODUCTS, token=None, body=NEW)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scope that reads creates nothing."""
        token = organization.token("products:read")
        answer = organization.request("POST", PRODUCTS, token=token, body=NEW)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_valid(self, organization: Organization) -> None:
        """A new product has the contract's keys in its order, is found, and a webhook tells of it."""
        answer = create(organization, description="  All of it ", metadata={"bb": 1, "a": 1})

        made = answer.json()
        assert (answer.status_code, list(made)) == (201, KEYS)
        assert (made["description"], list(made["metadata"])) == ("All of it", ["bb", "a"])
        assert (made["is_recurring"], made["recurring_interval_count"]) == (True, 1)
        (price,) = made["prices"]
        assert list(price) == [*PRICE_KEYS, "price_amount"]
        assert (price["product_id"], price["type"]) == (made["id"], "recurring")
        assert organization.get(PRODUCTS + made["id"]).json() == made
        assert find_events(organization) == [("product.created", made)]

    def test_one_time(self, organization: Organization) -> None:
        """Without an interval a product is paid once, and a trial means nothing."""
        made = make_product(
            organization, recurring_interval=None, trial_interval="day", trial_interval_count=3
        )

        assert (made["is_recurring"], made["recurring_interval_count"]) == (False, None)
        assert (made["trial_interval"], made["trial_interval_count"]) == (None, None)
        assert made["prices"][0]["type"] == "one_time"

    def test_free(self, organization: Organization) -> None:
        """A free price is a fixed one of 0."""
        (price,) = make_product(organization, prices=[{"amount_type": "free"}])["prices"]

        assert (price["amount_type"], price["price_amount"]) == ("fixed", 0)

    def test_metered(self, organization: Organization) -> None:
        """A metered price shows its meter as it is now, and its amount padded from then on."""
        meter = make_meter(organization, "Calls")
        metered = {"amount_type": "metered_unit", "meter_id": meter["id"], "unit_amount": 0.5}
        made = make_product(organization, prices=[metered])
        change(organization, "meters", meter, name="API calls")

        assert made["prices"][0]["unit_amount"] == "0.5"
        assert made["prices"][0]["meter"]["name"] == "Calls"
        (price,) = organization.get(PRODUCTS + made["id"]).json()["prices"]
        assert price["unit_amount"] == "0.500000000000"
        assert price["meter"] == {
            "id": meter["id"],
            "name": "API calls",
            "unit": "scalar",
            "custom_label": None,
            "custom_multiplier": None,
        }

    def test_seats(self, organization: Organization) -> None:
        """A price of seats says its limits and the first tier's price."""
        tiers = [
            {"min_seats": 2, "max_seats": 4, "price_per_seat": 1000},
            {"min_seats": 5, "max_seats": 9, "price_per_seat": 900},
        ]
        seats = {"amount_type": "seat_based", "seat_tiers": {"tiers": tiers}}
        (price,) = make_product(organization, prices=[seats])["prices"]

        assert price["seat_tiers"] == {
            "seat_tier_type": "volume",
            "tiers": tiers,
            "minimum_seats": 2,
            "maximum_seats": 9,
        }
        assert price["price_per_seat"] == 1000

    def test_units(self, organization: Organization) -> None:
        """A price of units says its limits; a label that cannot be stored is refused."""
        tiers = {"type": "volume", "tiers": [{"bound": 9, "unit_amount": "1.5"}]}
        units = {"amount_type": "unit_based", "tiers": tiers, "minimum_units": 2}
        (price,) = make_product(organization, prices=[units])["prices"]

        assert (price["minimum_units"], price["maximum_units"]) == (2, 9)
        assert price["tiers"] == tiers
        for label, wrong in (("\ud800", "string_unicode"), ("a\0", "value_error")):
            answer = create(organization, prices=[units | {"unit_label": {"en": {"=1": label}}}])
            ((kind, _, _),) = find_problems(answer)
            assert kind == wrong

    @pytest.mark.parametrize(
        ("body", "kind", "place"),
        [
            ({"name": "ab"}, "too_short", ["name"]),
            ({"name": "x" * 65}, "too_long", ["name"]),
            ({"name": "a\0bc"}, "value_error", ["name"]),
            ({"visibility": "secret"}, "enum", ["visibility"]),
            ({"prices": []}, "too_short", ["prices"]),
            ({"prices": None}, "list_type", ["prices"]),
            ({"prices": [{"amount_type": "gift"}]}, "union_tag_invalid", ["prices", 0]),
            ({"prices": [FIXED | {"price_amount": 49}]}, "minimum_price", None),
            ({"prices": [FIXED | {"price_amount": 10**8}]}, "maximum_price", None),
            ({"prices": [FIXED | {"price_amount": 1.5}]}, "int_from_float", None),
            ({"prices": [FIXED | {"price_currency": "xxx"}]}, "enum", None),
            ({"trial_interval": "day"}, "missing", []),
            ({"recurring_interval_count": 1000}, "less_than_equal", ["recurring_interval_count"]),
        ],
    )
    def test_malformed(
        self, organization: Organization, body: dict[str, Any], kind: str, place: list[Any] | None
    ) -> None:
        """A body of the wrong form is refused, which names the place."""
        ((found, where, _),) = find_problems(create(organization, **body))

        assert found == kind
        if place is not None:
            assert where == ["body", "recurring", *place]

    def test_prices_together(self, organization: Organization) -> None:
        """Prices that do not go together are refused."""
        euros = FIXED | {"price_currency": "eur"}
        for prices, message in (
            ([euros], "default presentment currency must be present"),
            ([FIXED, FIXED], "Only one fixed price is allowed."),
            ([{"amount_type": "custom"}, FIXED], "A custom price cannot be combined"),
        ):
            ((place, found),) = find_messages(create(organization, prices=prices))
            assert place == ["body", "prices"]
            assert message in found
        assert create(organization, prices=[FIXED, euros]).status_code == 201

    def test_meters(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """A metered price needs a meter that is there, once, and a product that is paid again."""
        meter, foreign = make_meter(organization), make_meter(make_organization())
        metered = {"amount_type": "metered_unit", "meter_id": meter["id"], "unit_amount": 1}

        for unknown in (NOBODY, foreign["id"]):
            answer = create(organization, prices=[FIXED, metered | {"meter_id": unknown}])
            place = ["body", "prices", 1, "meter_id"]
            assert find_messages(answer) == [(place, "Meter does not exist.")]
        ((place, message),) = find_messages(create(organization, prices=[metered, metered]))
        assert (place, message) == (
            ["body", "prices", 1, "meter_id"],
            "Meter is already used for another price.",
        )
        answer = create(organization, prices=[metered], recurring_interval=None)
        assert [place for place, _ in find_messages(answer)] == [
            ["body", "prices", 0], ["body", "prices"], ["body", "prices"],
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("body", "place"),
        [
            ({"medias": [NOBODY]}, ["medias", 0]),
            (
                {"attached_custom_fields": [{"custom_field_id": NOBODY, "required": True}]},
                ["attached_custom_fields", 0],
            ),
            ({"meter_interval": "month"}, ["meter_interval"]),
        ],
    )
    def test_not_here(
        self, organization: Organization, body: dict[str, Any], place: list[Any]
    ) -> None:
        """What is not here cannot be given, and then nothing is created."""
        ((where, _),) = find_messages(create(organization, **body))

        assert where == ["body", *place]
        assert organization.get(PRODUCTS).json() == EMPTY


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
class TestOneProduct:
    """What is done to one product."""

    def test_anonymous(
        self, organization: Organization, method: str, path: str, body: object
    ) -> None:
        """Without a token nothing is done."""
        answer = organization.request(method, PRODUCTS + NOBODY + path, token=None, body=body)

        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(
        self, organization: Organization, method: str, path: str, body: object
    ) -> None:
        """The scopes of customers do nothing, and the one that reads writes nothing."""
        scopes = ("products:read",) if body else CUSTOMERS_READ
        token = organization.token(*scopes)
        answer = organization.request(method, PRODUCTS + NOBODY + path, token=token, body=body)

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")

    def test_not_found(
        self,
        organization: Organization,
        make_organization: Callable[[], Organization],
        method: str,
        path: str,
        body: object,
    ) -> None:
        """Neither an unknown product nor another organization's is found."""
        for wanted in (NOBODY, make_product(make_organization())["id"]):
            answer = organization.request(method, PRODUCTS + wanted + path, body=body)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


class TestGetProduct:
    """`GET /v1/products/{id}`."""

    def test_newer_field(self, organization: Organization) -> None:
        """Answers to requests that name a version say, before the prices, that it stays."""
        made = make_product(organization, metadata={"x": ',"prices":['})
        named = {"Polar-Version": "2026-10"}

        shown = organization.get(PRODUCTS + made["id"], headers=named).json()
        assert shown == made | {"is_deletable": False}
        assert list(shown) == [*KEYS[:17], "is_deletable", *KEYS[17:]]
        listed = find_items(organization.get(PRODUCTS, headers=named))
        assert listed == [shown]


class TestUpdateProduct:
    """`PATCH /v1/products/{id}`."""

    def test_valid(self, organization: Organization) -> None:
        """What is given is changed and dated, what is left out stays, and a webhook tells of it."""
        made = make_product(organization, description="Old", metadata={"a": 1})

        changed = change(
            organization, "products", made, name=" New ", description="", visibility="draft"
        )

        assert changed["modified_at"] > made["created_at"]
        assert changed == made | {
            "name": "New",
            "description": None,
            "visibility": "draft",
            "modified_at": changed["modified_at"],
        }
        assert find_events(organization)[1:] == [("product.updated", changed)]

    def test_nothing(self, organization: Organization) -> None:
        """A change of nothing dates nothing, and a webhook tells of it."""
        made = make_product(organization)

        assert change(organization, "products", made) == made
        assert [kind for kind, _ in find_events(organization)] == [
            "product.created", "product.updated",
        ]  # fmt: skip

    def test_prices(self, organization: Organization) -> None:
        """Prices are replaced or taken over, which does not date the product."""
        made = make_product(organization)
        old = made["prices"][0]

        replaced = change(organization, "products", made, prices=[FIXED | {"price_amount": 2000}])
        (new,) = replaced["prices"]
        assert (new["price_amount"], replaced["modified_at"]) == (2000, None)
        euros = FIXED | {"price_currency": "eur"}
        kept = change(organization, "products", made, prices=[{"id": new["id"]}, euros])
        assert kept["prices"][0] == new
        assert change(organization, "products", made, prices=None)["prices"] == kept["prices"]
        answer = organization.request(
            "PATCH", PRODUCTS + made["id"], body={"prices": [{"id": old["id"]}]}
        )
        assert find_messages(answer)[0] == (["body", "prices", 0], "Price does not exist.")

    def test_interval(self, organization: Organization) -> None:
        """The interval never changes, not to null nor to itself."""
        made = make_product(organization)
        for interval in ("year", "month", None):
            body = {"recurring_interval": interval}
            answer = organization.request("PATCH", PRODUCTS + made["id"], body=body)
            message = "Recurring interval cannot be changed."
            assert find_messages(answer) == [(["body", "recurring_interval"], message)]
        assert organization.get(PRODUCTS + made["id"]).json() == made

    def test_one_time(self, organization: Organization) -> None:
        """A product that is paid once has no trial and no interval, which null does not change."""
        made = make_product(organization, recurring_interval=None)
        body = {"trial_interval": "day", "trial_interval_count": 1}

        answer = organization.request("PATCH", PRODUCTS + made["id"], body=body)
        assert [place for place, _ in find_messages(answer)] == [
            ["body", "trial_interval"], ["body", "trial_interval_count"],
        ]  # fmt: skip
        changed = change(
            organization, "products", made, recurring_interval=None, recurring_interval_count=2
        )
        assert (changed["is_recurring"], changed["recurring_interval_count"]) == (False, None)

    @pytest.mark.parametrize(
        ("body", "kind", "place"),
        [
            ({"name": None}, "string_type", ["name"]),
            ({"name": "a"}, "too_short", ["name"]),
            ({"metadata": None}, "dict_type", ["metadata"]),
            ({"trial_interval": "day"}, "missing", []),
        ],
    )
    def test_malformed(
        self, organization: Organization, body: dict[str, Any], kind: str, place: list[str]
    ) -> None:
        """A body of the wrong form is refused, which names the place."""
        made = make_product(organization)
        answer = organization.request("PATCH", PRODUCTS + made["id"], body=body)

        ((found, where, _),) = find_problems(answer)
        assert (found, where) == (kind, ["body", *place])


class TestUpdateBenefits:
    """`POST /v1/products/{id}/benefits`."""

    def test_valid(self, organization: Organization) -> None:
        """The benefits are the product's from then on, in their order, and as they are now."""
        made = make_product(organization)
        one, two = make_benefit(organization, "One"), make_benefit(organization, "Two")

        changed = set_benefits(organization, made, two["id"], one["id"])
        assert changed == made | {"benefits": [two, one]}
        renamed = change(organization, "benefits", one, type="custom", description="Uno")
        assert organization.get(PRODUCTS + made["id"]).json()["benefits"] == [two, renamed]
        assert set_benefits(organization, made)["benefits"] == []
        kinds = [kind for kind, _ in find_events(organization)]
        assert kinds.count("product.updated") == 2

    def test_twice(self, organization: Organization) -> None:
        """A benefit that is named twice is shown twice at once, and once from then on."""
        made, one = make_product(organization), make_benefit(organization)

        assert set_benefits(organization, made, one["id"], one["id"])["benefits"] == [one, one]
        assert organization.get(PRODUCTS + made["id"]).json()["benefits"] == [one]

    def test_unknown(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """A benefit that is not there, or another organization's, is refused."""
        made, one = make_product(organization), make_benefit(organization)
        for unknown in (NOBODY, make_benefit(make_organization())["id"]):
            path = f"{PRODUCTS}{made['id']}/benefits"
            answer = organization.request("POST", path, body={"benefits": [one["id"], unknown]})
            place = ["body", "benefits", 1]
            assert find_messages(answer) == [(place, "Benefit does not exist.")]
        assert organization.get(PRODUCTS + made["id"]).json() == made
