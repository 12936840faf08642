"""Reading seeds: what they may hold in each form, and what is told of one that is wrong."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import icefloe
from icefloe.domain.seeds import Seed
from icefloe.domain.tokens import is_well_formed
from icefloe.domain.values.access import USUAL_SCOPES
from icefloe.domain.values.addresses import Address
from icefloe.domain.values.errors import ConfigurationError
from icefloe.domain.values.webhooks import EVENT_TYPES
from icefloe.exchange import json_places, yaml_values
from icefloe.exchange.seed_files import InvalidSeed
from icefloe.exchange.seeds import load, read

TOKEN = "polar_oat_KGvOCQM8J9MCPeNcVS31a4Oc5typonN4w87Is0aZnMI"  # noqa: S105 - of no account
YAML = """\
# a seed
organizations:
  - id: 1dbfc517-0bbf-4301-9ba8-555ca42b9737
    name: Acme
    slug: acme
    seed: 7
    tokens:
      - name: tests
        scopes: [customers:write]
        expires_at: 2027-01-01T00:00:00Z
    customers:
      - &ada
        email: ada@example.com
        external_id: "1"
        billing_address: {country: NO, city: Oslo}
        metadata: {plan: pro, seats: 3, ratio: 1.5, beta: true, opened: 12:30}
      - type: team
        name: Team
        owner: {email: owner@example.com}
        members:
          - email: bob@example.com
            role: billing_manager
    webhooks:
      - url: http://localhost:3000/hook
        name: app
        events: [customer.created]
      - url: https://example.com
        secret: whsec_0123456789012345678901234567
        format: slack
        signing: whole
        api_version: "2026-10"
"""
NDJSON = """\
{"organization": {"id": "1dbfc517-0bbf-4301-9ba8-555ca42b9737", \
"name": "Acme", "slug": "acme", "seed": 7}}
{"token": {"name": "tests", "scopes": ["customers:write"], "expires_at": "2027-01-01T00:00:00Z"}}

{"customer": {"email": "ada@example.com", "external_id": "1",\
 "billing_address": {"country": "NO", "city": "Oslo"},\
 "metadata": {"plan": "pro", "seats": 3, "ratio": 1.5, "beta": true, "opened": "12:30"}}}
{"customer": {"type": "team", "name": "Team", "owner": {"email": "owner@example.com"},\
 "members": [{"email": "bob@example.com", "role": "billing_manager"}]}}
{"webhook": {"url": "http://localhost:3000/hook", "name": "app", "events": ["customer.created"]}}
{"webhook": {"url": "https://example.com", "secret": "whsec_0123456789012345678901234567",\
 "format": "slack", "signing": "whole", "api_version": "2026-10"}}
"""


def seed_in(folder: Path, text: str, name: str = "seed.yaml") -> Seed:
    """The seed in a file with that text, which is read as the user names it."""
    (folder / name).write_text(text, "utf-8")
    return load(folder / name)


def problems_of(folder: Path, text: str, name: str = "seed.yaml") -> list[str]:
    """What is told of a file with that text, without the folder."""
    with pytest.raises(InvalidSeed) as raised:
        seed_in(folder, text, name)
    return [str(problem).replace(f"{folder}/", "") for problem in raised.value.problems]


def organization(**values: Any) -> dict[str, Any]:
    """A seed with one organization that has these values."""
    return {"organizations": [{"name": "Acme", **values}]}


def messages_of(value: object) -> list[str]:
    """What is told of a value that has been read already."""
    with pytest.raises(InvalidSeed) as raised:
        read(value)
    return [str(problem) for problem in raised.value.problems]


# --- what a seed may hold -------------------------------------------------------------------------


def test_yaml(tmp_path: Path) -> None:
    """Everything that a seed may say is read as JSON has it: `NO` and times are text."""
    (acme,) = seed_in(tmp_path, YAML).organizations

    assert acme.id == UUID("1dbfc517-0bbf-4301-9ba8-555ca42b9737")
    assert (acme.name, acme.slug, acme.seed) == ("Acme", "acme", 7)
    (token,) = acme.tokens
    assert is_well_formed(token.value)
    assert token.scopes == ("customers:write",)
    assert token.expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    ada, team = acme.customers
    assert ada.values["billing_address"] == Address(country="NO", city="Oslo")
    assert ada.values["metadata"] == {
        "beta": True, "plan": "pro", "ratio": 1.5, "seats": 3, "opened": "12:30"
    }  # fmt: skip
    assert team.owner["email"] == "owner@example.com"
    assert team.members[0]["role"] == "billing_manager"
    app, slack = acme.webhooks
    assert (app.url, app.name, app.events) == (
        "http://localhost:3000/hook",
        "app",
        ("customer.created",),
    )
    assert (slack.url, slack.format, slack.signing) == ("https://example.com/", "slack", "whole")
    assert (slack.secret, slack.api_version) == ("whsec_0123456789012345678901234567", "2026-10")
    assert slack.events == EVENT_TYPES


def test_the_same_in_each_form(tmp_path: Path) -> None:
    """One seed is the same in YAML, in JSON, line by line, and as a value."""
    value = yaml_values.read(YAML)[0]
    seeds = [
        seed_in(tmp_path, YAML),
        seed_in(tmp_path, YAML, "seed.yml"),
        seed_in(tmp_path, json.dumps(value), "seed.json"),
        seed_in(tmp_path, "\ufeff" + json.dumps(value, indent="\t"), "seed.JSON"),
        seed_in(tmp_path, NDJSON, "seed.ndjson"),
        seed_in(tmp_path, NDJSON.replace("\n", "\r\n"), "seed.jsonl"),
        read(value),
    ]

    assert [seed == seeds[0] for seed in seeds] == [True] * len(seeds)


def test_what_may_be_left_out() -> None:
    """A name is enough: the id, a token's value and its scopes are made, the same each time."""
    value = organization(tokens=[{"name": "tests"}], customers=None)

    (acme,) = read(value).organizations

    assert read(value).organizations == (acme,)
    assert acme.tokens[0].scopes == USUAL_SCOPES
    assert is_well_formed(acme.tokens[0].value)
    assert acme.customers == ()


def test_a_customer_of_the_wire() -> None:
    """A customer as the API gives it is taken, with what is derived left aside."""
    customer = {
        "email": "a@example.com",
        "avatar_url": "https://example.com",
        "organization_id": "1dbfc517-0bbf-4301-9ba8-555ca42b9737",
        "tax_id": ["911144442", "us_ein"],
    }

    (acme,) = read(organization(customers=[customer])).organizations

    assert set(acme.customers[0].values) == {"email", "tax_id"}


def test_an_owner_among_the_members() -> None:
    """A member whose role is owner is the owner, with its id."""
    owner = {
        "id": "2a6b4c33-6b0c-4e5a-9a3d-0e6a3a1c7b11",
        "email": "o@example.com",
        "role": "owner",
    }
    team = {"type": "team", "email": "t@example.com", "members": [owner]}

    (acme,) = read(organization(seed=1, customers=[team])).organizations

    assert acme.customers[0].owner["id"] == UUID(owner["id"])
    assert acme.customers[0].members == ()


def test_who_has_nothing_to_be_known_by() -> None:
    """Whoever has neither address nor external id, or is deleted, has an id by its number."""
    gone = {"email": "a@b.c", "deleted_at": "2026-01-01T00:00:00Z"}
    value = organization(
        customers=[{"email": "a@b.c"}, {"type": "team", "name": "Team"}, gone, {**gone}]
    )

    for seed in (None, 1):
        value["organizations"][0]["seed"] = seed
        (acme,) = read(value).organizations
        ids = [one.values.get("id") for one in acme.customers]
        assert [one is None for one in ids] == [seed is None, False, False, False]
        assert len(set(ids)) == 4
        assert read(value).organizations == (acme,)


def test_json_is_the_json_modules(tmp_path: Path) -> None:
    """Pairs of surrogates, escapes and tabs between values mean in JSON what they mean there."""
    text = '{"organizations":\t[{"name": "\\ud83d\\ude00 \\u00e9\\/\\tx"}]}'

    (made,) = seed_in(tmp_path, text, "seed.json").organizations

    assert made.name == "\U0001f600 é/\tx"


def test_an_alias(tmp_path: Path) -> None:
    """An alias repeats a value."""
    text = (
        "organizations:\n- name: A\n  customers:\n"
        "  - email: a@example.com\n    metadata: &m {x: 1}\n"
        "  - email: b@example.com\n    metadata: *m\n"
    )

    (made,) = seed_in(tmp_path, text).organizations

    assert [one.values["metadata"] for one in made.customers] == [{"x": 1}, {"x": 1}]


# --- what is told of one that is wrong ------------------------------------------------------------


def test_the_line_and_place(tmp_path: Path) -> None:
    """A mistake is told with the file, the line and the place in it."""
    text = YAML.replace("email: ada@", "email: ada-")

    assert problems_of(tmp_path, text) == [
        (
            "seed.yaml, line 13: organizations.0.customers.0.email:"
            " must be an e-mail address such as ann@example.com"
        )
    ]


def test_the_line_in_json(tmp_path: Path) -> None:
    """The line is right in JSON too, also where a key is there twice, of which the last counts."""
    text = (
        '{"x\\"]": 1,\n"organizations": [],\n "organizations": [{"name": "A", "tokens": [],\n'
        '"customers": [{"email":\n"a@example.com"},\n{"email": "b@example.com",\n"metadata":\n'
        '{"a": null}}]}]}'
    )

    assert problems_of(tmp_path, text, "seed.json") == [
        'seed.json, line 1: x"]: there is no such key',
        (
            "seed.json, line 8: organizations.0.customers.1.metadata.a:"
            " must be text, a finite number, true or false"
        ),
    ]


def test_the_line_in_ndjson(tmp_path: Path) -> None:
    """Line by line the place is within the line's own thing."""
    text = NDJSON.replace("pro", "\\u0000").replace('"tests"', "5")

    assert problems_of(tmp_path, text, "seed.ndjson") == [
        "seed.ndjson, line 2: token.name: must be text",
        "seed.ndjson, line 4: customer.metadata.plan: must not contain a NUL character",
    ]


def test_all_of_it_at_once() -> None:
    """All mistakes are found in one go; the message has the first, and how many more there are."""
    value = organization(customers=[{"email": 5}] * 30)

    with pytest.raises(InvalidSeed) as raised:
        read(value)

    assert raised.value.count == 30
    assert len(raised.value.problems) == 20
    assert str(raised.value) == ("organizations.0.customers.0.email: must be text (and 29 more)")
    assert raised.value.problems[1].place == ("organizations", 0, "customers", 1, "email")


@pytest.mark.parametrize(
    ("value", "place", "close"),
    [
        ({"organisations": []}, "organisations", "organizations"),
        (organization(token=[]), "organizations.0.token", "tokens"),
        (
            organization(tokens=[{"name": "a", "scope": []}]),
            "organizations.0.tokens.0.scope",
            "scopes",
        ),
        (
            organization(customers=[{"email": "a@b.c", "external": 1}]),
            "organizations.0.customers.0.external",
            "external_id",
        ),
        (
            organization(customers=[{"email": "a@b.c", "billing_address": {"contry": "FR"}}]),
            "organizations.0.customers.0.billing_address.contry",
            "country",
        ),
        (
            organization(customers=[{"email": "a@b.c", "owner": {"mail": "FR"}}]),
            "organizations.0.customers.0.owner.mail",
            "email",
        ),
        (
            organization(customers=[{"type": "team", "members": [{"email": "a@b.c", "rol": ""}]}]),
            "organizations.0.customers.0.members.0.rol",
            "role",
        ),
    ],
)
def test_unknown_keys(value: object, place: str, close: str) -> None:
    """A key that means nothing is a mistake, and the one that was meant is offered."""
    assert f"{place}: there is no such key; did you mean {close!r}?" in messages_of(value)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "must be an object: keys and values"),
        ([], "must be an object: keys and values"),
        ({}, "organizations: is needed"),
        ({"organizations": None}, "organizations: must be a list"),
        ({"organizations": [5]}, "organizations.0: must be an object: keys and values"),
        ({"organizations": [{}]}, "organizations.0.name: is needed"),
        (organization(name=" "), "organizations.0.name: a name has 1 to 256 characters"),
        (organization(name="\ud800"), "organizations.0.name: must not contain a half"),
        (organization(slug="A b"), "organizations.0.slug: 'A b' is not a slug"),
        (organization(seed="7"), "organizations.0.seed: must be a whole number"),
        (organization(seed=True), "organizations.0.seed: must be a whole number"),
        (organization(id="7"), "organizations.0.id: must be a UUID such as"),
        (organization(id=str(UUID(int=1))), "organizations.0.id: must be a UUID of version 4"),
        (organization(tokens={}), "organizations.0.tokens: must be a list"),
        (organization(tokens=[{"name": ""}]), "organizations.0.tokens.0.name: a token needs a name"),
        (
            organization(tokens=[{"name": "a", "scopes": []}]),
            "organizations.0.tokens.0.scopes: a token needs at least one scope",
        ),
        (
            organization(tokens=[{"name": "a", "scopes": ["customer:read"]}]),
            "'customer:read' is not a scope; try customers:read",
        ),
        (
            organization(tokens=[{"name": "a", "expires_at": "2027-01-01T00:00:00"}]),
            "organizations.0.tokens.0.expires_at: must have an offset from UTC, such as Z",
        ),
        (organization(tokens=[{"name": "a", "value": "abc"}]), "value: not a token: polar_oat_, 37"),
        (
            organization(tokens=[{"name": "a"}, {"name": "a"}]),
            "organizations.0.tokens.1.name: the same as organizations.0.tokens.0.name",
        ),
        (organization(customers=[5]), "customers.0: must be an object: keys and values"),
        (organization(customers=[{}]), "customers.0.email: an individual customer needs one"),
        (
            organization(customers=[{"email": "a@b.c"}, {"email": "A@b.c"}]),
            "customers.1.email: the same as organizations.0.customers.0.email",
        ),
        (
            organization(customers=[{"email": f"{n}@b.c", "external_id": "x"} for n in (1, 2)]),
            "customers.1.external_id: the same as organizations.0.customers.0.external_id",
        ),
        (
            organization(customers=[{"email": "a@b.c", "members": [{"email": "x@y.z"}]}]),
            "customers.0.members: only a team has members besides its owner",
        ),
        (
            organization(customers=[{"type": "team", "members": [{"email": "x@y.z"}] * 2}]),
            "members.1.email: the same as organizations.0.customers.0.members.0.email",
        ),
        (
            organization(
                customers=[
                    {
                        "type": "team",
                        "owner": {"email": "o@y.z"},
                        "members": [{"email": "x@y.z", "role": "owner"}],
                    }
                ]
            ),
            "members.0.role: a customer has one owner",
        ),
        (organization(webhooks=[{}]), "organizations.0.webhooks.0.url: is needed"),
        (
            organization(webhooks=[{"url": "localhost:3000"}]),
            "webhooks.0.url: not the URL of a webhook handler, such as http://localhost:3000/webhooks",
        ),
        (
            organization(webhooks=[{"url": "https://a.b/", "events": ["customer.create"]}]),
            "webhooks.0.events.0: there is no such type of event; did you mean 'customer.created'?",
        ),
        (organization(webhooks=[{"url": "https://a.b/", "secret": "x"}]), "webhooks.0.secret: must "),
        (
            organization(webhooks=[{"url": "https://a.b"}, {"url": "https://A.B/"}]),
            "webhooks.1.url: the same as organizations.0.webhooks.0.url",
        ),
    ],
)  # fmt: skip
def test_mistakes(value: object, told: str) -> None:
    """Each mistake is told of where it is, in words that say what to do."""
    assert any(told in message for message in messages_of(value)), messages_of(value)


def test_the_right_checksum() -> None:
    """A token with a wrong checksum is told the right one."""
    wrong = TOKEN[:-6] + "000000"

    (told,) = messages_of(organization(tokens=[{"name": "a", "value": wrong}]))
    right = told.rpartition(" ")[2]

    assert told.startswith("organizations.0.tokens.0.value: not a token: its checksum is wrong")
    right_token = wrong[:-6] + right
    (acme,) = read(organization(tokens=[{"name": "a", "value": right_token}])).organizations
    assert acme.tokens[0].value == right_token


def test_two_organizations_of_one_name() -> None:
    """Two organizations that would have one id are told apart by a seed, a slug or an id."""
    value = {"organizations": [{"name": "Acme"}, {"name": "Acme"}]}

    assert messages_of(value) == ["organizations.1.id: the same as organizations.0.id"]
    assert (
        len(read({"organizations": [{"name": "Acme"}, {"name": "Acme", "seed": 1}]}).organizations)
        == 2
    )


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("seed.yaml", "a: {\nb: ]", "seed.yaml, line 2: not YAML: "),
        ("seed.yaml", "a: 1\nb: 2\na: 3", "seed.yaml, line 3: not YAML: the key 'a' is there twice"),
        ("seed.yaml", "a: &x\n  - *x", "seed.yaml, line 1: not YAML: a value that is a part of"),
        ("seed.yaml", "a: 1\n---\nb: 1", "seed.yaml, line 2: not YAML: "),
        ("seed.yaml", "a:\n  !!python/name:os x", "seed.yaml, line 2: not YAML: the tag"),
        ("seed.yaml", "a: " + "9" * 5000, "seed.yaml, line 1: not YAML: not a whole number"),
        ("seed.yaml", "? [a]\n: b", "seed.yaml, line 1: not YAML: a key that is not text"),
        ("seed.yaml", "a: b\nc: \x01", "seed.yaml, line 2: not YAML: "),
        ("seed.yaml", "[" * 5000, "seed.yaml, line "),
        ("seed.yaml", "", "seed.yaml, line 1: must be an object: keys and values"),
        ("seed.json", '{\n"a": }', "seed.json, line 2: not JSON: Expecting value"),
        ("seed.json", '{"a": NaN}', "seed.json, line 1: not JSON: NaN is no number"),
        ("seed.json", "[" * 100_000, "seed.json, line 1: values within values, too many deep"),
        ("seed.json", "", "seed.json, line 1: not JSON: Expecting value"),
        ("seed.ndjson", "\n5", 'seed.ndjson, line 2: a line is {"organization": …}'),
        ("seed.ndjson", '{"customr": {}}', 'seed.ndjson, line 1: a line is {"organization": …}'),
        ("seed.ndjson", '{"token": {}}', "line 1: token: an organization must come before it"),
        ("seed.ndjson", '\n{"a": }', "seed.ndjson, line 2: not JSON: Expecting value"),
        ("seed.ndjson", '{"organization": 5}\n{"token": {}}', "organization: must be an object"),
    ],
)  # fmt: skip
def test_malformed(tmp_path: Path, name: str, text: str, told: str) -> None:
    """A file that has not the form that its name says is told of by its line, in one line."""
    message = problems_of(tmp_path, text, name)[0]

    assert told in message
    assert message.isprintable()


def test_not_a_seeds_name(tmp_path: Path) -> None:
    """A file whose name does not say what it is is not read."""
    with pytest.raises(ConfigurationError, match=r"ends in \.yaml, \.yml, \.json or \.ndjson"):
        seed_in(tmp_path, "", "seed.txt")


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is told of, and so is one that is no file."""
    with pytest.raises(ConfigurationError, match="there is no file"):
        load(tmp_path / "none.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(ConfigurationError, match="cannot read"):
        load(tmp_path / "folder.yaml")


def test_not_text(tmp_path: Path) -> None:
    """A file that is not UTF-8 is told of."""
    (tmp_path / "seed.yaml").write_bytes(b"\xff")

    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(tmp_path / "seed.yaml")


def test_from_the_package(tmp_path: Path) -> None:
    """`icefloe.load` is the function for a user's tests."""
    (tmp_path / "seed.yaml").write_text(YAML, "utf-8")

    assert icefloe.load(str(tmp_path / "seed.yaml")) == load(tmp_path / "seed.yaml")


# --- YAML and JSON themselves ---------------------------------------------------------------------

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff"))
    | st.sampled_from(["no", "1e5", "0o17", "12:30", "2027-01-01", "~", "", "=", "<<", "1_0", "é "]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab:'#", max_size=3), inner),
    max_leaves=8,
)  # fmt: skip


@given(_VALUES)
def test_rendered_yaml_is_read_again(value: object) -> None:
    """What is written as YAML is read as the same value, whatever it looks like."""
    assert yaml_values.read(yaml_values.render(value))[0] == value


@given(_VALUES, st.sampled_from([None, 1, "\t"]))
def test_lines_in_json(value: object, indent: int | str | None) -> None:
    """The line of every place in JSON is that on which its key or item is written."""
    text = json.dumps(value, indent=indent)

    for place, _ in _places(value):
        line = text.split("\n")[json_places.find_line(text, place) - 1]
        if indent is None or not place:
            assert line == text.split("\n")[0]
        elif isinstance(place[-1], str):
            assert line.strip().startswith(json.dumps(place[-1]) + ":")
        else:
            assert not line.strip().startswith(("]", "}"))
    places = [json_places.find_line(text, place) for place, _ in _places(value)]
    assert places == sorted(places)
    assert indent is None or len(set(places)) == len(places)


def _places(value: object, place: tuple[str | int, ...] = ()) -> list[tuple[Any, object]]:
    found: list[tuple[Any, object]] = [(place, value)]
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for step, inner in pairs:
        found += _places(inner, (*place, step))
    return found


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"billing_address": {"country": "UK"}}, "did you mean 'GB'?"),
        ({"billing_address": {"country": "US", "state": "NY"}}, "did you mean 'US-NY'?"),
        ({"tax_id": ["1", "nope"]}, "must be the name of a format"),
        ({"locale": "xx-yy"}, "must be a language tag"),
    ],
)
def test_values_that_no_answer_shows(tmp_path: Path, values: dict[str, Any], told: str) -> None:
    """A customer's value that the API may not show is told by its place."""
    seed = organization(customers=[{"email": "ada@example.com", **values}])

    (problem,) = problems_of(tmp_path, json.dumps(seed), "seed.json")

    assert told in problem


class TestCommerce:
    """What organizations sell, and what customers have."""

    def test_forms(self, tmp_path: Path) -> None:
        """A seed says the same in YAML and NDJSON; ids follow from names."""
        inner = '"name": "Pro", "price": 2900, "recurring": "month"'
        lines = (
            '{"organization": {"name": "Acme", "seed": 7}}\n'
            f'{{"product": {{{inner}}}}}\n'
            '{"customer": {"email": "a@example.com", "subscriptions": [{"product": "Pro"}]}}\n'
        )
        seed = seed_in(tmp_path, lines, "seed.ndjson")
        (acme,) = seed.organizations
        (product,) = acme.objects
        assert (product.resource, product.values["recurring_interval"]) == ("products", "month")
        (subscription,) = acme.customers[0].objects
        assert subscription.values["product"] == "Pro"
        assert seed_in(tmp_path, lines, "again.ndjson").organizations[0].objects[0].values == (
            product.values
        )

    def test_problems(self, tmp_path: Path) -> None:
        """Each problem is told with its line, also of what customers have."""
        text = """\
organizations:
  - name: Acme
    products:
      - name: Pro
        prise: 5
      - name: Book
      - name: Book
    customers:
      - email: ada@example.com
        subscriptions:
          - product: Pro
            ends_in: 5
        orders: 5
        meters:
          - meter: credits
            credited: 1.5
"""
        told = problems_of(tmp_path, text)
        same = "seed.yaml, line 6: organizations.0.products.1"
        hint = "there is no such key; did you mean"
        customer = "organizations.0.customers.0"
        assert sorted(one.partition(", line ")[2] for one in told) == [
            f"12: {customer}.subscriptions.0.ends_in: {hint} 'ends_at'?",
            f"13: {customer}.orders: must be a list",
            f"16: {customer}.meters.0.credited: must be a whole number",
            f"5: organizations.0.products.0.prise: {hint} 'price'?",
            f"7: organizations.0.products.2: the same as {same}",
        ]
