"""Organizations: `GET /v1/organizations/`, and `GET` and `PATCH /v1/organizations/{id}`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api import writing
from api.writing import NOT_FOUND, UNAUTHORIZED
from icefloe.domain.values.access import CUSTOMERS_READ
from support import Organization

ORGANIZATIONS = "/v1/organizations/"
READ, WRITE = "organizations:read", "organizations:write"
KEYS = [
    "created_at", "modified_at", "id", "name", "slug", "avatar_url", "proration_behavior",
    "allow_customer_updates", "bio", "company", "blog", "location", "twitter_username",
    "pledge_minimum_amount", "pledge_badge_show_amount", "default_upfront_split_to_contributors",
    "email", "website", "socials", "status", "details_submitted_at",
    "onboarding_resubmission_requested_at", "sso_enforced", "default_presentment_currency",
    "default_tax_behavior", "feature_settings", "subscription_settings", "customer_email_settings",
    "customer_portal_settings", "dispute_settings", "embed_hosts", "embed_hosts_enforced", "country",
    "account_id", "payout_account_id", "capabilities", "notification_settings",
]  # fmt: skip
SUBSCRIPTIONS = {
    "allow_multiple_subscriptions": True,
    "proration_behavior": "invoice",
    "benefit_revocation_grace_period": 3,
    "prevent_trial_abuse": True,
    "allow_customer_updates": False,
}
PORTAL = {
    "usage": {"show": False},
    "subscription": {"update_seats": False, "update_plan": True, "pause": True},
}
# Of no organization; the same in each run and process.
NOBODY = "3b0c2a1e-5d1f-4c61-9e0a-7d6f0a54c1b2"


def path_of(organization: Organization) -> str:
    """The path of an organization."""
    return f"{ORGANIZATIONS}{organization.id}"


def find(organization: Organization) -> dict[str, Any]:
    """The organization, as its own token sees it."""
    answer = organization.get(path_of(organization), token=organization.token(READ))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def change(organization: Organization, **values: Any) -> httpx.Response:
    """Ask for a change of an organization by its own token."""
    return organization.request(
        "PATCH", path_of(organization), token=organization.token(WRITE), body=values
    )


def items(answer: httpx.Response) -> list[dict[str, Any]]:
    """The organizations on a page."""
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


class TestListOrganizations:
    """`GET /v1/organizations/`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token nothing is listed, whatever the parameters are."""
        for query in ("", "?limit=0"):
            answer = organization.get(ORGANIZATIONS + query, token=None)

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers list no organization."""
        answer = organization.get(ORGANIZATIONS, token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert f'scope="{READ} {WRITE}"' in answer.headers["www-authenticate"]

    @pytest.mark.parametrize("scope", [READ, WRITE])
    def test_valid(
        self, organization: Organization, make_organization: Callable[[], Organization], scope: str
    ) -> None:
        """A token sees its own organization, of however many there are."""
        make_organization()

        answer = organization.get(ORGANIZATIONS, token=organization.token(scope))

        assert items(answer) == [find(organization)]
        assert answer.json()["pagination"] == {"total_count": 1, "max_page": 1}

    def test_slug(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """A slug finds the token's own organization in any letter case, and no other's."""
        other, token = find(make_organization()), organization.token(READ)
        own = find(organization)
        wanted = [
            (own["slug"], 1),
            (own["slug"].upper(), 1),
            (other["slug"], 0),
            ("", 0),
            ("\0", 0),
        ]

        for slug, count in wanted:
            answer = organization.get(ORGANIZATIONS, token=token, params={"slug": slug})

            assert len(items(answer)) == count
            assert answer.json()["pagination"] == {"total_count": count, "max_page": count}

    @pytest.mark.parametrize("page", [2, 2**70])
    def test_later_pages(self, organization: Organization, page: int) -> None:
        """A page past the only one is empty and knows the total."""
        query = {"page": page}
        answer = organization.get(ORGANIZATIONS, token=organization.token(READ), params=query)

        assert answer.json() == {"items": [], "pagination": {"total_count": 1, "max_page": 1}}

    @pytest.mark.parametrize(
        "name", ["created_at", "slug", "name", "next_review_threshold", "days_in_status"]
    )
    def test_sorting(self, organization: Organization, name: str) -> None:
        """Each word of the reference's sorts a list of one."""
        query = [("sorting", f"-{name}"), ("sorting", name)]
        answer = organization.get(ORGANIZATIONS, token=organization.token(READ), params=query)

        assert len(items(answer)) == 1

    def test_malformed(self, organization: Organization) -> None:
        """Every parameter that is wrong is named, in the reference's order."""
        query = "?sorting=id&limit=0&page=x"
        answer = organization.get(ORGANIZATIONS + query, token=organization.token(READ))

        assert [(place, kind) for place, kind, _ in writing.problems(answer)] == [
            (["query", "page"], "int_parsing"),
            (["query", "limit"], "greater_than"),
            (["query", "sorting", 0], "enum"),
        ]

    def test_notices(self, organization: Organization) -> None:
        """A limit that was lowered and a parameter that is ignored are named in a header."""
        query = "?limit=500&name=x"
        answer = organization.get(ORGANIZATIONS + query, token=organization.token(READ))

        assert answer.headers["icefloe-notice"] == (
            "limit 500 lowered to 100; unknown parameter 'name' ignored"
        )

    def test_without_the_slash(self, organization: Organization) -> None:
        """Without the last slash the answer is a redirection, as at the reference."""
        answer = organization.get("/v1/organizations", token=organization.token(READ))

        assert answer.status_code == 307
        assert answer.headers["location"].endswith(ORGANIZATIONS)

    def test_old_prefix(self, organization: Organization) -> None:
        """The older prefix leads to the same list."""
        answer = organization.get(f"/api{ORGANIZATIONS}", token=organization.token(READ))

        assert items(answer) == [find(organization)]
        assert "x-polar-deprecation-notice" in answer.headers


class TestGetOrganization:
    """`GET /v1/organizations/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token no organization is shown, found or not."""
        for name in (organization.id, NOBODY, "abc"):
            answer = organization.get(f"{ORGANIZATIONS}{name}", token=None)

            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_missing_scope(self, organization: Organization) -> None:
        """The scopes of customers show no organization."""
        answer = organization.get(path_of(organization), token=organization.token(*CUSTOMERS_READ))

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert f'scope="{READ} {WRITE}"' in answer.headers["www-authenticate"]

    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization is not found, and neither is one that is not there."""
        for name in (make_organization().id, NOBODY):
            answer = organization.get(f"{ORGANIZATIONS}{name}", token=organization.token(READ))

            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_malformed(self, organization: Organization) -> None:
        """An id that is none, or of another version, is a mistake of form."""
        for name, kind in (("abc", "uuid_parsing"), (uuid4().hex[:12] + "1" * 20, "uuid_version")):
            answer = organization.get(f"{ORGANIZATIONS}{name}", token=organization.token(READ))

            assert [problem[:2] for problem in writing.problems(answer)] == [(["path", "id"], kind)]

    def test_valid(self, organization: Organization) -> None:
        """A new organization has the reference's keys in its order, and its defaults."""
        found = find(organization)

        assert list(found) == KEYS
        assert (found["id"], found["modified_at"]) == (str(organization.id), None)
        assert (found["status"], found["default_presentment_currency"]) == ("active", "usd")
        assert (found["socials"], found["embed_hosts"], found["country"]) == ([], [], None)
        assert (found["proration_behavior"], found["allow_customer_updates"]) == ("prorate", True)
        assert found["dispute_settings"] == {"auto_accept_below_amount": None}
        switched = {name for name, value in found["feature_settings"].items() if value}
        assert switched == {"member_model_enabled", "seat_based_pricing_enabled"}

    def test_account(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """An organization's account has an identifier of version 4 that stays, and is its own."""
        account_id = find(organization)["account_id"]

        assert UUID(account_id).version == 4
        assert find(organization)["account_id"] == account_id
        assert find(make_organization())["account_id"] != account_id

    def test_other_spellings(self, organization: Organization) -> None:
        """The id may be in upper case, or without hyphens."""
        for name in (str(organization.id).upper(), organization.id.hex):
            answer = organization.get(f"{ORGANIZATIONS}{name}", token=organization.token(READ))

            assert answer.json() == find(organization)

    @pytest.mark.parametrize("version", ["2026-04", "2026-10"])
    def test_versions(self, organization: Organization, version: str) -> None:
        """Every version of the contract shows the same organization."""
        answer = organization.get(
            path_of(organization),
            token=organization.token(READ),
            headers={"Polar-Version": version},
        )

        assert (answer.headers["polar-version"], answer.json()) == (version, find(organization))


class TestUpdateOrganization:
    """`PATCH /v1/organizations/{id}`."""

    def test_anonymous(self, organization: Organization) -> None:
        """Without a token no organization is changed, found or not."""
        before = find(organization)

        for name in (organization.id, NOBODY, "abc"):
            answer = organization.request(
                "PATCH", f"{ORGANIZATIONS}{name}", token=None, body={"name": "New"}
            )
            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
        assert find(organization) == before

    def test_missing_scope(self, organization: Organization) -> None:
        """A token that may only read is told which scope would do."""
        answer = organization.request(
            "PATCH",
            path_of(organization),
            token=organization.token(READ),
            body={"name": "New"},
        )

        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert f'scope="{WRITE}"' in answer.headers["www-authenticate"]

    def test_not_found(
        self, organization: Organization, make_organization: Callable[[], Organization]
    ) -> None:
        """Another organization is not found, and not changed."""
        other = make_organization()
        before = find(other)

        for name in (other.id, NOBODY):
            answer = organization.request(
                "PATCH",
                f"{ORGANIZATIONS}{name}",
                token=organization.token(WRITE),
                body={"name": "New"},
            )
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
        assert find(other) == before

    def test_malformed_id_and_body(self, organization: Organization) -> None:
        """What is wrong with the path and with the body is told at once."""
        answer = organization.request(
            "PATCH", f"{ORGANIZATIONS}abc", token=organization.token(WRITE), body={"name": 5}
        )

        assert [problem[:2] for problem in writing.problems(answer)] == [
            (["path", "id"], "uuid_parsing"),
            (["body", "name"], "string_type"),
        ]

    def test_valid(self, organization: Organization) -> None:
        """A name is changed, and so is the moment of the last change; the slug stays."""
        before = find(organization)

        answer = change(organization, name="Ärctic Fish 🐟")

        assert answer.status_code == 200, answer.text
        changed = answer.json()
        assert changed["modified_at"] is not None
        assert changed == {
            **before,
            "name": "Ärctic Fish 🐟",
            "modified_at": changed["modified_at"],
        }
        assert find(organization) == changed

    @pytest.mark.parametrize(
        ("name", "sent", "shown"),
        [
            ("name", " ab ", " ab "),
            ("avatar_url", "https://example.com/a.png", "https://example.com/a.png"),
            ("email", "Ada@EXAMPLE.com", "Ada@example.com"),
            ("website", "HTTPS://Exämple.com", "https://xn--exmple-cua.com/"),
            ("socials", [], []),
            ("country", "fr", "FR"),
            ("subscription_settings", SUBSCRIPTIONS | {"more": 1}, SUBSCRIPTIONS),
            ("customer_portal_settings", PORTAL, PORTAL),
            ("default_presentment_currency", "eur", "eur"),
            ("default_tax_behavior", "exclusive", "exclusive"),
            ("sso_enforced", False, False),
            ("details", {"about": "Fish"}, None),
            ("dispute_settings", {"auto_accept_below_amount": None}, None),
            ("embed_hosts", [" Shop.Example.com:443 ", "*.example.com", "localhost:3000"],
             ["shop.example.com", "*.example.com", "localhost:3000"]),
            ("embed_hosts", ["Bücher.example", "[::1]:80", "chrome-extension://abcdef"],
             ["xn--bcher-kva.example", "[::1]:80", "chrome-extension://abcdef"]),
        ],
    )  # fmt: skip
    def test_each_field(
        self, organization: Organization, name: str, sent: object, shown: object
    ) -> None:
        """Each field is changed alone, in the spelling that is stored."""
        before = find(organization)

        answer = change(organization, **{name: sent})

        assert answer.status_code == 200, answer.text
        changed = answer.json()
        differing = {key for key in KEYS if changed[key] != before[key]} - {"modified_at"}
        if name == "subscription_settings":
            assert (changed["proration_behavior"], changed["allow_customer_updates"]) == (
                "invoice",
                False,
            )
            differing -= {"proration_behavior", "allow_customer_updates"}
        assert differing <= {name}
        if shown is not None:
            assert changed[name] == shown
        assert find(organization) == changed

    def test_customer_emails(self, organization: Organization) -> None:
        """Which e-mails customers get is replaced as a whole, and shown in the order of old."""
        before = find(organization)["customer_email_settings"]
        turned = {name: not value for name, value in reversed(before.items())}

        shown = change(organization, customer_email_settings=turned).json()

        assert shown["customer_email_settings"] == turned
        assert list(shown["customer_email_settings"]) == list(before)

    @pytest.mark.parametrize(
        ("url", "platform"),
        [
            ("https://x.com/polar", "x"),
            ("https://www.twitter.com/polar", "x"),
            ("https://youtu.be/1", "youtube"),
            ("https://DISCORD.gg/1", "discord"),
            ("https://fish.example/", "other"),
            ("https://notgithub.com/", "other"),
        ],
    )
    def test_socials(self, organization: Organization, url: str, platform: str) -> None:
        """The platform of a profile is found by its address, whatever is sent."""
        sent = [{"platform": "tiktok", "url": url}, {"url": url}]

        shown = change(organization, socials=sent).json()["socials"]

        assert [one["platform"] for one in shown] == [platform, platform]
        assert [one["url"] for one in shown] == [url.replace("DISCORD", "discord")] * 2

    def test_features(self, organization: Organization) -> None:
        """Features are switched one by one; those that are absent or null stay."""
        before = find(organization)["feature_settings"]
        sent: dict[str, Any] = {"checkout_localization_enabled": True, "wallets_enabled": True}

        first = change(organization, feature_settings=sent).json()["feature_settings"]
        assert first == {**before, "checkout_localization_enabled": True}
        sent = {"overview_metrics": ["revenue", "orders"], "member_model_enabled": "no"}
        second = change(organization, feature_settings=sent).json()["feature_settings"]
        wanted = {"overview_metrics": ["revenue", "orders"], "member_model_enabled": False}
        assert second == {**first, **wanted}
        sent = {"overview_metrics": None}
        assert change(organization, feature_settings=sent).json()["feature_settings"] == second

    def test_seats_stay(self, organization: Organization) -> None:
        """Seat-based pricing cannot be switched off."""
        answer = change(organization, feature_settings={"seat_based_pricing_enabled": False})

        place = ["body", "feature_settings", "seat_based_pricing_enabled"]
        assert writing.problems(answer) == [
            (place, "value_error", "Seat-based pricing cannot be switched off.")
        ]
        assert answer.json()["error"] == "PolarRequestValidationError"

    def test_reset(self, organization: Organization) -> None:
        """A way to charge that no organization here has is refused by the rules."""
        sent = SUBSCRIPTIONS | {"proration_behavior": "reset"}

        answer = change(organization, name="Lost", subscription_settings=sent)

        assert answer.json()["error"] == "PolarRequestValidationError"
        assert answer.json()["detail"] == [
            {
                "type": "value_error",
                "loc": ["body", "subscription_settings", "proration_behavior"],
                "msg": "The 'reset' proration behavior is not enabled for this organization.",
                "input": "reset",
            }
        ]
        assert find(organization)["name"] != "Lost"

    @pytest.mark.parametrize(
        ("sent", "error"),
        [
            ({"sso_enforced": True}, "NotPermitted"),
            ({"dispute_settings": {"auto_accept_below_amount": 1}}, "DisputeAutoAcceptNotEnabled"),
        ],
    )
    def test_not_permitted(
        self, organization: Organization, sent: dict[str, Any], error: str
    ) -> None:
        """What no organization here has is refused, and nothing else of the body is done."""
        answer = change(organization, name="Lost", **sent)

        assert (answer.status_code, answer.json()["error"]) == (403, error)
        assert find(organization)["modified_at"] is None

    def test_modified(self, organization: Organization) -> None:
        """The first change is noted whatever it holds; after it, only one that changes something."""
        first = change(organization).json()
        assert first["modified_at"] is not None

        same = {name: first[name] for name in ("name", "email", "socials", "subscription_settings")}
        for sent in ({}, same, {"slug": "other", "status": "blocked", "foo": 1}):
            assert change(organization, **sent).json() == first

        assert (
            change(organization, email="a@example.com").json()["modified_at"]
            > (first["modified_at"])
        )

    def test_unknown_fields(self, organization: Organization) -> None:
        """Fields that cannot be changed are ignored and named in a header."""
        answer = change(organization, slug="other", feature_settings={"sso_enabled": True})

        assert answer.headers["icefloe-notice"] == (
            "unknown field 'slug' ignored; unknown field 'feature_settings.sso_enabled' ignored"
        )

    @pytest.mark.parametrize("name", ["avatar_url", "email", "website", "country"])
    def test_null_empties(self, organization: Organization, name: str) -> None:
        """Null takes away what may be missing."""
        values = {"email": "a@example.com", "country": "FR"}
        change(organization, **{name: values.get(name, "https://example.com/")})

        assert change(organization, **{name: None}).json()[name] is None

    @pytest.mark.parametrize(
        "name", ["details", "feature_settings", "subscription_settings", "dispute_settings"]
    )
    def test_null_is_ignored(self, organization: Organization, name: str) -> None:
        """Null leaves settings that are merged as they are."""
        before = change(organization, subscription_settings=SUBSCRIPTIONS).json()

        assert change(organization, **{name: None}).json() == before

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("name", "string_type"),
            ("socials", "list_type"),
            ("customer_email_settings", "dict_type"),
            ("customer_portal_settings", "dict_type"),
            ("embed_hosts", "list_type"),
            ("default_presentment_currency", "enum"),
            ("default_tax_behavior", "enum"),
            ("sso_enforced", "bool_type"),
        ],
    )
    def test_null_is_refused(self, organization: Organization, name: str, kind: str) -> None:
        """Null is refused where an organization always has a value."""
        answer = change(organization, **{name: None})

        assert [problem[:2] for problem in writing.problems(answer)] == [(["body", name], kind)]

    @pytest.mark.parametrize(
        ("sent", "place", "kind"),
        [
            ({"name": "ab"}, ["name"], "string_too_short"),
            ({"name": "x" * 257}, ["name"], "string_too_long"),
            ({"name": "abc\0"}, ["name"], "value_error"),
            ({"name": "abc\ud800"}, ["name"], "string_unicode"),
            ({"name": ["abc"]}, ["name"], "string_type"),
            ({"avatar_url": ""}, ["avatar_url"], "url_parsing"),
            ({"avatar_url": 5}, ["avatar_url"], "url_type"),
            ({"avatar_url": "ftp://example.com/"}, ["avatar_url"], "url_scheme"),
            ({"website": "not a url"}, ["website"], "url_parsing"),
            ({"website": "https://e.com/" + "x" * 2083}, ["website"], "url_too_long"),
            ({"email": "bad"}, ["email"], "value_error"),
            ({"email": 5}, ["email"], "string_type"),
            ({"country": "XX"}, ["country"], "enum"),
            ({"country": "RU"}, ["country"], "enum"),
            ({"country": 5}, ["country"], "enum"),
            ({"socials": {}}, ["socials"], "list_type"),
            ({"socials": [5]}, ["socials", 0], "model_attributes_type"),
            ({"socials": [{"platform": "x"}]}, ["socials", 0, "url"], "missing"),
            ({"socials": [{"platform": "x", "url": ""}]}, ["socials", 0, "url"], "url_parsing"),
            ({"socials": [{"url": 5, "platform": "x"}]}, ["socials", 0, "url"], "url_type"),
            ({"socials": [{"url": "https://e.com"}] * 101}, ["socials"], "too_long"),
            ({"details": []}, ["details"], "model_attributes_type"),
            ({"details": {"future_annual_revenue": -1}}, ["details", "future_annual_revenue"],
             "greater_than_equal"),
            ({"details": {"switching_from": "x"}}, ["details", "switching_from"], "enum"),
            ({"details": {"pricing_models": None}}, ["details", "pricing_models"], "list_type"),
            ({"feature_settings": True}, ["feature_settings"], "model_attributes_type"),
            ({"feature_settings": {"member_model_enabled": None}},
             ["feature_settings", "member_model_enabled"], "bool_type"),
            ({"feature_settings": {"overview_metrics": ["\ud800"]}},
             ["feature_settings", "overview_metrics", 0], "string_unicode"),
            ({"feature_settings": {"overview_metrics": "x"}},
             ["feature_settings", "overview_metrics"], "list_type"),
            ({"subscription_settings": []}, ["subscription_settings"], "dict_type"),
            ({"subscription_settings": SUBSCRIPTIONS | {"proration_behavior": "never"}},
             ["subscription_settings", "proration_behavior"], "enum"),
            ({"subscription_settings": SUBSCRIPTIONS | {"benefit_revocation_grace_period": 1.5}},
             ["subscription_settings", "benefit_revocation_grace_period"], "int_from_float"),
            ({"subscription_settings": SUBSCRIPTIONS | {"prevent_trial_abuse": "perhaps"}},
             ["subscription_settings", "prevent_trial_abuse"], "bool_parsing"),
            ({"customer_portal_settings": PORTAL | {"usage": {}}},
             ["customer_portal_settings", "usage", "show"], "missing"),
            ({"dispute_settings": {"auto_accept_below_amount": 0}},
             ["dispute_settings", "auto_accept_below_amount"], "greater_than_equal"),
            ({"dispute_settings": {"auto_accept_below_amount": 10_001}},
             ["dispute_settings", "auto_accept_below_amount"], "less_than_equal"),
            ({"embed_hosts": "example.com"}, ["embed_hosts"], "list_type"),
            ({"embed_hosts": [5]}, ["embed_hosts", 0], "string_type"),
            ({"embed_hosts": ["a.example"] * 101}, ["embed_hosts"], "too_long"),
            ({"default_presentment_currency": "EUR"}, ["default_presentment_currency"], "enum"),
            ({"default_tax_behavior": 5}, ["default_tax_behavior"], "enum"),
            ({"sso_enforced": "perhaps"}, ["sso_enforced"], "bool_parsing"),
        ],
    )  # fmt: skip
    def test_malformed(
        self, organization: Organization, sent: dict[str, Any], place: list[str | int], kind: str
    ) -> None:
        """What has another form is refused by its place, and changes nothing."""
        answer = change(organization, **sent)

        assert [problem[:2] for problem in writing.problems(answer)] == [(["body", *place], kind)]
        assert find(organization)["modified_at"] is None

    @pytest.mark.parametrize(
        "host",
        [
            "", " ", "*", "*.", "*.com", "a.*.com", "https://example.com", "HTTP://example.com",
            "example.com/path", "user@example.com", "a b", "example.com:99999", "data:", "a_b.com",
            "example.com?x", "://x", "[::1", "x" * 501,
        ],
    )  # fmt: skip
    def test_malformed_hosts(self, organization: Organization, host: str) -> None:
        """A host to embed in is one host, and no wildcard of a whole ending."""
        (problem,) = writing.problems(change(organization, embed_hosts=["a.example", host]))

        assert problem[0] == ["body", "embed_hosts", 1]

    def test_missing_settings(self, organization: Organization) -> None:
        """Settings that are replaced as a whole must be whole: each missing one is named."""
        answer = change(
            organization,
            subscription_settings={},
            customer_email_settings={"order_confirmation": 1},
        )

        places = [place for place, kind, _ in writing.problems(answer) if kind == "missing"]
        assert len(places) == 5 + 13
        assert places[0] == ["body", "subscription_settings", "allow_multiple_subscriptions"]

    @pytest.mark.parametrize(
        ("content", "kind"),
        [(b"", "missing"), (b"null", "missing"), (b"[]", "model_attributes_type"),
         (b"{", "json_invalid")],
    )  # fmt: skip
    def test_malformed_bodies(self, organization: Organization, content: bytes, kind: str) -> None:
        """A body that is no object is refused."""
        answer = organization.request(
            "PATCH",
            path_of(organization),
            token=organization.token(WRITE),
            content=content,
            headers={"Content-Type": "application/json"},
        )

        assert [problem[1] for problem in writing.problems(answer)] == [kind]

    def test_many_fields(self, organization: Organization) -> None:
        """All mistakes of a body are told at once, in the order of the fields."""
        answer = change(organization, sso_enforced=None, country="XX", name="x", website=1)

        assert [problem[0][1] for problem in writing.problems(answer)] == [
            "name",
            "website",
            "country",
            "sso_enforced",
        ]

    def test_one_after_the_other(self, organization: Organization) -> None:
        """A later change leaves what an earlier one has set."""
        change(organization, email="a@example.com")
        change(organization, website="https://example.com/")
        change(organization, feature_settings={"checkout_localization_enabled": True})

        found = find(organization)
        assert (found["email"], found["website"]) == ("a@example.com", "https://example.com/")
        assert found["feature_settings"]["checkout_localization_enabled"]


class TestPeoplesEndpoints:
    """`POST /v1/organizations/` and `DELETE /v1/organizations/{id}`, which take a person's token."""

    def test_refused(self, organization: Organization) -> None:
        """No organization's token creates or deletes one, nor does a request without any."""
        for token in (None, organization.token(WRITE), organization.token("products:read")):
            for method, path in (("POST", ORGANIZATIONS), ("DELETE", path_of(organization))):
                body = {"name": "New", "slug": "new"} if method == "POST" else None
                answer = organization.request(method, path, token=token, body=body)

                assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
                assert answer.headers["www-authenticate"] == 'Bearer realm="polar"'

    def test_invalid_token(self, organization: Organization) -> None:
        """A token that is not valid is refused as such."""
        answer = organization.request("POST", ORGANIZATIONS, token="polar_oat_x", body={})  # noqa: S106 - not one

        assert answer.json()["error"] == "invalid_token"
