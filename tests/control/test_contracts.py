"""Older contracts: what a client of then sends, and what it is answered."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from control.around import CUSTOMERS, Running, World, running_server
from icefloe.control.contracts.present import Contract
from icefloe.control.contracts.registry import NAMES, open_contract
from icefloe.domain.values.errors import InvalidValue
from support import ask_raw

pytestmark = pytest.mark.processes

NOT_FOUND = {"error": "ResourceNotFound", "detail": "Not found"}
PRESENT_FIELDS = [
    "id", "created_at", "modified_at", "metadata", "external_id", "email", "email_verified", "type",
    "name", "billing_name", "billing_address", "tax_id", "locale", "organization_id",
    "default_payment_method_id", "deleted_at", "first_user_event_at", "avatar_url",
]  # fmt: skip
FIELDS_OF_MID_2025 = [
    "id", "created_at", "modified_at", "metadata", "external_id", "email", "email_verified", "name",
    "billing_address", "tax_id", "organization_id", "deleted_at", "avatar_url",
]  # fmt: skip
NO_UUID = (
    "invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-],"
    " found `x` at 2"
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests here."""
    with running_server(tmp_path_factory.mktemp("around")) as running:
        yield running


@pytest.fixture
def world(running: Running) -> World:
    """An organization without customers, in mid-2025."""
    made = running.make_world()
    made.contract = open_contract("2025-06")
    return made


def create(world: World, **values: Any) -> httpx.Response:
    """Ask for a new customer."""
    return world.request("POST", CUSTOMERS, json={"email": "ada@example.com", **values})


def made(world: World, **values: Any) -> dict[str, Any]:
    """A customer made so, as a read shows it, which is as the answer showed it."""
    answer = create(world, **values)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    assert world.get(f"{CUSTOMERS}{document['id']}").json() == document
    return document


def changed(world: World, customer: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The customer changed so, as a read shows it, which is as the answer showed it."""
    answer = world.request("PATCH", f"{CUSTOMERS}{customer['id']}", json=values)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    assert world.get(f"{CUSTOMERS}{customer['id']}").json() == document
    return document


def bad_token_of(world: World) -> dict[str, str]:
    """Headers with a token that is not valid, which the server knows as the organization's."""
    token = f"polar_oat_{uuid4().hex}"
    world.aliases.append(token)
    return {"Authorization": f"Bearer {token}"}


def problems_of(answer: httpx.Response) -> list[tuple[str, list[str | int], object]]:
    """Type, place and input of what a 422 complains of."""
    assert answer.status_code == 422, answer.text
    return [(one["type"], one["loc"], one["input"]) for one in answer.json()["detail"]]


class TestNames:
    """Which contracts there are."""

    def test_all(self) -> None:
        """Each has its name; none is the present one."""
        assert NAMES == ("2025-06", "2026-04", "2026-10")
        assert [isinstance(open_contract(name), Contract) for name in NAMES] == [True] * 3
        assert type(open_contract(None)) is type(open_contract("2026-10")) is Contract

    def test_unknown(self) -> None:
        """There is no other, and the complaint says which there are."""
        with pytest.raises(InvalidValue, match="2025-06, 2026-04, 2026-10"):
            open_contract("2024-01")


class TestPresent:
    """The present contract."""

    def test_as_the_server(self, running: Running) -> None:
        """Answers are what they are without one."""
        world = running.make_world()
        world.make()
        plain = world.get()
        world.contract = open_contract("2026-10")

        answer = world.get(headers={"Polar-Version": "2026-10"})

        assert answer.content == plain.content
        assert answer.headers["polar-version"] == "2026-10"


class TestApril2026:
    """The contract of April 2026."""

    @pytest.fixture
    def world(self, running: Running) -> World:
        """An organization in April 2026."""
        made = running.make_world()
        made.contract = open_contract("2026-04")
        return made

    def test_fields(self, world: World) -> None:
        """Customers have no field that came later, in whatever answer they are."""
        fields = [
            name for name in PRESENT_FIELDS if name not in {"billing_name", "first_user_event_at"}
        ]
        customer = world.make()
        (item,) = world.get().json()["items"]
        state = world.get(f"{CUSTOMERS}{customer['id']}/state").json()

        assert list(customer) == list(item) == list(state)[: len(fields)] == fields

    def test_later_version(self, world: World) -> None:
        """The version that came later is not there; the one of then is."""
        later = world.get(headers={"Polar-Version": "2026-10"})

        assert (later.status_code, later.json()) == (404, {"detail": "Not Found"})
        assert "polar-version" not in later.headers
        assert world.get(headers={"Polar-Version": "2026-04"}).status_code == 200

    @pytest.mark.parametrize("path", ["{id}/members", "external/e1/members"])
    @pytest.mark.parametrize("root", [CUSTOMERS, f"/api{CUSTOMERS}"])
    def test_members_of_a_customer(self, world: World, root: str, path: str) -> None:
        """A customer's members have no list of their own: the path takes a POST alone."""
        customer = world.make(type="team", external_id="e1")
        place = root + path.format(**customer)

        for headers in (world.headers, {}):
            for method in ("GET", "HEAD", "PUT"):
                answer = world.request(method, place, headers=headers)
                assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert world.get(place).json() == {"detail": "Method Not Allowed"}
        assert world.get(place, headers=bad_token_of(world)).status_code == 401
        added = world.request("POST", place, json={"email": "ann@example.com"})
        assert added.status_code == 201
        assert world.get(f"{CUSTOMERS}{customer['id']}/members/{added.json()['id']}").json() == (
            added.json()
        )

    def test_what_is_no_customer(self, world: World) -> None:
        """Members and the export stay as they are."""
        world.make()

        assert len(world.get("/v1/members/").json()["items"]) == 1
        assert world.get("/v1/customers/export").headers["content-type"].startswith("text/csv")


class TestAnswers:
    """Mid-2025: what answers look like."""

    def test_fields(self, world: World) -> None:
        """A customer has thirteen fields in their order, in whatever answer it is."""
        customer = made(world, external_id="e1")
        (item,) = world.get().json()["items"]
        found = world.get(f"{CUSTOMERS}external/e1").json()
        state = world.get(f"{CUSTOMERS}external/e1/state").json()

        assert list(customer) == FIELDS_OF_MID_2025
        assert item == found == customer
        assert list(state)[:13] == FIELDS_OF_MID_2025
        assert customer["avatar_url"].endswith("?d=blank")

    def test_page_past_the_end(self, world: World) -> None:
        """A page past the end knows nothing of the others."""
        made(world)

        assert world.get(params={"page": 2}).json() == {
            "items": [],
            "pagination": {"total_count": 0, "max_page": 0},
        }
        assert world.get().json()["pagination"] == {"total_count": 1, "max_page": 1}

    @pytest.mark.parametrize("asked", ["2026-04", "2026-10", "1999-01"])
    def test_versions(self, world: World, asked: str) -> None:
        """There are no versions: the request's is ignored, and the answer names none."""
        answer = world.get(headers={"Polar-Version": asked})

        assert answer.status_code == 200
        assert "polar-version" not in answer.headers

    def test_without_an_email(self, world: World) -> None:
        """A customer without an e-mail is not there."""
        kept, world.contract = world.contract, Contract()
        team = world.make(type="team", email=None, owner={"email": "o@example.com"})
        world.contract = kept
        customer = made(world)

        assert world.get().json()["items"] == [customer]
        for path in (f"{CUSTOMERS}{team['id']}", f"{CUSTOMERS}{team['id']}/state"):
            answer = world.get(path)
            assert (answer.status_code, answer.json()) == (404, NOT_FOUND)

    def test_numbers_stay(self, world: World) -> None:
        """Metadata keeps its numbers, however long."""
        notes = {"big": 9007199254740993123456789, "float": 1.5}
        made(world, metadata=notes)

        assert '"big":9007199254740993123456789' in world.get().text


class TestParameters:
    """Mid-2025: what a query string may say."""

    @pytest.mark.parametrize("active", ["maybe", "", "true", "false"])
    def test_active(self, world: World, active: str) -> None:
        """`active` is ignored whatever it says."""
        made(world)

        answer = world.get(f"{CUSTOMERS}?limit=5&active={active}&email=ada@example.com")

        assert (answer.status_code, len(answer.json()["items"])) == (200, 1)

    def test_anonymize(self, world: World) -> None:
        """`anonymize` is ignored whatever it says."""
        customer = made(world)

        gone = world.request("DELETE", f"{CUSTOMERS}{customer['id']}?anonymize=perhaps")

        assert gone.status_code == 204

    def test_others_stay(self, world: World) -> None:
        """Other parameters are judged."""
        assert problems_of(world.get(f"{CUSTOMERS}?active=1&limit=none")) == [
            ("int_parsing", ["query", "limit"], "none")
        ]


class TestRoutes:
    """Mid-2025: which routes there are, and that they are found before the token is judged."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/members/"),
            ("GET", "/v1/members/external/x"),
            ("POST", "/v1/members/"),
            ("GET", "/v1/customers/{id}/payment-methods"),
            ("GET", "/v1/customers/external/e1/payment-methods"),
            ("POST", "/v1/customers/{id}/members"),
            ("PATCH", "/v1/customers/external/e1/members/x"),
            ("GET", "/api/v1/customers/{id}/payment-methods"),
            ("GET", "/v1/nope"),
        ],
    )
    def test_not_there(self, world: World, method: str, path: str) -> None:
        """What came later is not found, whoever asks."""
        customer = made(world, external_id="e1")
        path = path.replace("{id}", customer["id"])

        for headers in (world.headers, bad_token_of(world)):
            answer = world.request(method, path, headers=headers)
            assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})

    def test_absent(self, world: World) -> None:
        """What only the reference has names itself here as well."""
        assert world.get("/v1/checkouts/").json()["error"] == "NotImplemented"

    @pytest.mark.parametrize("name", ["members", "payment-methods", "state"])
    def test_external_ids_that_are_words(self, world: World, name: str) -> None:
        """An external id may be the name of what came later."""
        customer = made(world, external_id=name)

        assert world.get(f"{CUSTOMERS}external/{name}").json() == customer

    def test_upsert(self, world: World) -> None:
        """A customer cannot be put."""
        answer = world.request("PUT", f"{CUSTOMERS}external/x", json={"email": "a@example.com"})

        assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})
        assert answer.headers["allow"] == "GET"

    @pytest.mark.parametrize("query", ["", "?organization_id=x"])
    def test_export(self, world: World, query: str) -> None:
        """`export` is an id like any other, and a wrong one."""
        answer = world.get(f"{CUSTOMERS}export{query}")

        assert answer.status_code == 422
        assert answer.json()["detail"] == [
            {
                "type": "uuid_parsing",
                "loc": ["path", "id"],
                "msg": f"Input should be a valid UUID, {NO_UUID}",
                "input": "export",
                "ctx": {"error": NO_UUID},
            }
        ]

    def test_export_needs_a_token(self, world: World) -> None:
        """Without a token it is refused like any other id."""
        assert world.get(f"{CUSTOMERS}export", headers=bad_token_of(world)).status_code == 401

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/v1/nope", 404),
            ("GET", "/healthz", 200),
            ("POST", "/v1/refunds/", 401),
            ("PUT", CUSTOMERS, 405),
            ("GET", CUSTOMERS, 401),
        ],
    )
    def test_bad_token(self, world: World, method: str, path: str, status: int) -> None:
        """A token that is not valid matters only where one is needed."""
        assert world.request(method, path, headers=bad_token_of(world)).status_code == status

    @pytest.mark.parametrize("between", ["  ", " \t"])
    def test_spaces_before_the_token(self, world: World, between: str) -> None:
        """There is one space between scheme and token."""
        answer = world.get(headers={"Authorization": f"Bearer{between}{world.token}"})

        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")

    def test_scheme_in_lower_case(self, world: World) -> None:
        """The scheme's letter case does not matter."""
        assert world.get(headers={"Authorization": f"bearer {world.token}"}).status_code == 200


class TestBrowsers:
    """Mid-2025: pages of other origins may call."""

    @pytest.mark.parametrize("path", [CUSTOMERS, "/v1/members/", f"{CUSTOMERS}export"])
    def test_any_answer(self, world: World, path: str) -> None:
        """A page may read every answer, whether or not there was such a route."""
        answer = world.get(path, headers={"Origin": "https://page.example"})

        assert answer.headers["access-control-allow-origin"] == "*"


class TestBodies:
    """Mid-2025: what a body may hold."""

    def test_no_body(self, world: World) -> None:
        """A body that is not there is missing, whether or not its length is told."""
        request = (
            f"POST {CUSTOMERS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.token}\r\n"
            "Connection: close\r\n"
        )

        for rest in ("\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            answer = ask_raw(world.url, (request + rest).encode())
            assert answer.startswith(b"HTTP/1.1 422 ")
            assert (
                b'{"type":"missing","loc":["body"],"msg":"Field required","input":null}' in answer
            )

    def test_in_parts(self, world: World) -> None:
        """A body in parts, without a length, is read."""
        answer = world.request(
            "POST",
            CUSTOMERS,
            content=iter([b'{"email":', b'"ada@example.com"}']),
            headers={"Content-Type": "application/json"},
        )

        assert answer.status_code == 201

    def test_no_content_type(self, world: World) -> None:
        """What is not said to be anything is JSON; what is said to be text is text."""
        content = b'{"email":"ada@example.com"}'
        as_text = world.request(
            "POST", CUSTOMERS, content=content, headers={"Content-Type": "text/plain"}
        )

        assert world.request("POST", CUSTOMERS, content=content).status_code == 201
        assert problems_of(as_text) == [("model_attributes_type", ["body"], content.decode())]

    @pytest.mark.parametrize("value", ["robot", "TEAM", "team", None, 1, {}, [[]]])
    @pytest.mark.parametrize("name", ["type", "owner", "locale", "billing_name"])
    def test_later_fields(self, world: World, name: str, value: object) -> None:
        """A field that came later is ignored, whatever its value."""
        customer = made(world, **{name: value})

        assert changed(world, customer, **{name: value}) == customer

    def test_problems(self, world: World) -> None:
        """Problems are placed in the body, and show what was sent."""
        sent = {
            "type": "team",
            "owner": {"email": "b@example.com"},
            "name": 1,
            "metadata": {"a": []},
        }

        answer = world.request("POST", CUSTOMERS, json=sent)

        assert [(kind, place) for kind, place, _ in problems_of(answer)] == [
            ("string_type", ["body", "metadata", "a", "constrained-str"]),
            ("int_type", ["body", "metadata", "a", "int"]),
            ("float_type", ["body", "metadata", "a", "float"]),
            ("bool_type", ["body", "metadata", "a", "bool"]),
            ("string_type", ["body", "name"]),
            ("missing", ["body", "email"]),
        ]
        assert problems_of(answer)[-1][2] == sent

    @pytest.mark.parametrize(
        "content", [b"[]", b"1", b'"x"', b"[", b"{,}", b"\xff", b"[" * 100_000]
    )
    def test_no_object(self, world: World, content: bytes) -> None:
        """What is no object is refused, and no fault of the server's."""
        answer = world.request("POST", CUSTOMERS, content=content)

        assert answer.status_code in {400, 422}
        if answer.status_code == 422:
            assert [place[0] for _, place, _ in problems_of(answer)] == ["body"]

    def test_half_a_surrogate_pair(self, world: World) -> None:
        """What UTF-8 has not is shown as an escape."""
        answer = world.request("POST", CUSTOMERS, content=b'{"x":"\\ud800"}')

        assert problems_of(answer) == [("missing", ["body", "email"], {"x": "\ud800"})]

    def test_deep_values(self, world: World) -> None:
        """A value that is nested deep, in a field that nobody reads, does no harm."""
        content = b'{"email":"ada@example.com","x":' + b"[" * 900 + b"]" * 900 + b"}"

        assert world.request("POST", CUSTOMERS, content=content).status_code == 201


class TestNamesOfCustomers:
    """Mid-2025: a name may be of any length, and blank."""

    @pytest.mark.parametrize("name", ["x" * 257, "é" * 5000, " Ada ", "", " "])
    def test_as_sent(self, world: World, name: str) -> None:
        """It is shown as it was sent, in every answer."""
        customer = made(world, name=name)

        assert customer["name"] == name
        assert world.get().json()["items"] == [customer]

    def test_until_it_changes(self, world: World) -> None:
        """Another name takes its place."""
        customer = made(world, name="x" * 257)

        assert changed(world, customer, name="Ada")["name"] == "Ada"
        assert changed(world, customer, name="y" * 300)["name"] == "y" * 300
        assert changed(world, customer, name=None)["name"] is None

    def test_another_contract(self, world: World) -> None:
        """What is kept is the beginning."""
        customer = made(world, name="x" * 300)
        world.contract = Contract()

        assert world.get(f"{CUSTOMERS}{customer['id']}").json()["name"] == "x" * 256

    def test_forgotten_when_changed_otherwise(self, world: World) -> None:
        """What another way has changed since is shown as it is."""
        customer = made(world, name="x" * 300)
        then, world.contract = world.contract, Contract()
        changed(world, customer, name="Grace")
        world.contract = then

        assert world.get(f"{CUSTOMERS}{customer['id']}").json()["name"] == "Grace"

    def test_what_cannot_be_kept(self, world: World) -> None:
        """A name with a character that nothing can hold is refused."""
        assert problems_of(create(world, name="a\0b"))[0][:2] == ("value_error", ["body", "name"])


class TestEmails:
    """Mid-2025: e-mail addresses."""

    @pytest.mark.parametrize(
        ("length", "many"), [(65, "1 character too many"), (70, "6 characters too many")]
    )
    def test_too_long(self, world: World, length: int, many: str) -> None:
        """There are at most 64 characters before the @-sign."""
        email = "a" * length + "@example.com"

        answer = create(world, email=email)

        reason = f"The email address is too long before the @-sign ({many})."
        assert answer.status_code == 422
        assert answer.json()["detail"] == [
            {
                "type": "value_error",
                "loc": ["body", "email"],
                "msg": f"value is not a valid email address: {reason}",
                "input": email,
                "ctx": {"reason": reason},
            }
        ]
        assert create(world, email="a" * 64 + "@example.com").status_code == 201

    def test_letter_case(self, world: World) -> None:
        """A change of the letter case alone is one."""
        customer = changed(world, made(world), email="ADA@Example.COM")

        assert customer["email"] == "ADA@example.com"

    def test_others(self, world: World) -> None:
        """What was wrong then as now is said in the same words."""
        assert problems_of(create(world, email="nobody")) == [
            ("value_error", ["body", "email"], "nobody")
        ]


class TestAddresses:
    """Mid-2025: billing addresses."""

    @pytest.mark.parametrize("country", ["CU", "IR", "KP", "RU", "sy"])
    def test_every_country(self, world: World, country: str) -> None:
        """Countries that are under embargo now were taken."""
        customer = made(world, billing_address={"country": country, "city": "X", "state": "Y"})

        assert customer["billing_address"] == {
            "line1": None,
            "line2": None,
            "postal_code": None,
            "city": "X",
            "state": "Y",
            "country": country.upper(),
        }

    def test_no_country(self, world: World) -> None:
        """What is no country is refused with all that are."""
        answer = create(world, billing_address={"country": "XX"})

        assert problems_of(answer) == [("enum", ["body", "billing_address", "country"], "XX")]
        (problem,) = answer.json()["detail"]
        assert problem["msg"] == f"Input should be {problem['ctx']['expected']}"
        assert "'CU'" in problem["msg"]
        assert "'RU'" in problem["msg"]

    def test_taken_away(self, world: World) -> None:
        """An address can be taken away, which is a change, and given again."""
        customer = made(world, billing_address={"country": "FR"})
        without = changed(world, customer, billing_address=None)
        again = changed(world, customer, billing_address={"country": "FR"})

        assert without["billing_address"] is None
        assert without["modified_at"] is not None
        assert again["billing_address"] == customer["billing_address"]

    def test_none_to_take_away(self, world: World) -> None:
        """An address that is not there can be taken away."""
        assert changed(world, made(world), billing_address=None)["billing_address"] is None


class TestTaxNumbers:
    """Mid-2025: a tax number is a pair that nobody checks."""

    @pytest.mark.parametrize(
        ("address", "pair"),
        [
            ({"country": "FR"}, ["FR61954506077", "eu_vat"]),
            ({"country": "FR"}, ["fr 61 954", "eu_vat"]),
            ({"country": "DE"}, ["123", "us_ein"]),
            ({"country": "RU"}, ["123", "eu_vat"]),
            (None, ["FR61954506077", "eu_vat"]),
        ],
    )
    def test_as_sent(self, world: World, address: object, pair: list[str]) -> None:
        """It is shown as it was sent, whether it is right or not, for a new customer or another."""
        customer = made(world, billing_address=address, tax_id=pair)
        other = made(world, email="b@example.com", billing_address=address)
        changed_other = changed(world, other, tax_id=pair)

        assert customer["tax_id"] == changed_other["tax_id"] == pair
        assert changed_other["modified_at"] is not None

    def test_right_ones_are_kept(self, world: World) -> None:
        """One that is right in its country is there in other contracts as well."""
        pair = ["FR61954506077", "eu_vat"]
        customer = made(world, billing_address={"country": "FR"}, tax_id=pair)
        world.contract = Contract()

        assert world.get(f"{CUSTOMERS}{customer['id']}").json()["tax_id"] == pair

    def test_taken_away(self, world: World) -> None:
        """It can be changed and taken away."""
        customer = made(world, billing_address={"country": "FR"}, tax_id=["1", "eu_vat"])

        assert changed(world, customer, tax_id=["2", "eu_vat"])["tax_id"] == ["2", "eu_vat"]
        assert changed(world, customer, name="Ada")["tax_id"] == ["2", "eu_vat"]
        assert changed(world, customer, tax_id=None)["tax_id"] is None

    @pytest.mark.parametrize("value", ["FR61954506077", "", "12-3456789", 1, {}, True])
    def test_no_pair(self, world: World, value: object) -> None:
        """Anything but a pair is refused."""
        customer = made(world)
        for answer in (
            create(world, tax_id=value),
            world.request("PATCH", f"{CUSTOMERS}{customer['id']}", json={"tax_id": value}),
        ):
            assert answer.status_code == 422
            assert answer.json()["detail"] == [
                {
                    "type": "tuple_type",
                    "loc": ["body", "tax_id"],
                    "msg": "Input should be a valid tuple",
                    "input": value,
                }
            ]

    def test_what_cannot_be_kept(self, world: World) -> None:
        """A number with a character that nothing can hold is refused."""
        for number in (b"a\\u0000b", b"\\ud800"):
            content = b'{"email":"ada@example.com","tax_id":["%b","eu_vat"]}' % number
            answer = world.request("POST", CUSTOMERS, content=content)
            assert [place for _, place, _ in problems_of(answer)] == [["body", "tax_id"]]

    def test_wrong_pair(self, world: World) -> None:
        """A pair has two parts, a text and a format."""
        wrong = problems_of(create(world, tax_id=[1, "no_such"], email="nobody"))

        assert [(kind, place) for kind, place, _ in wrong] == [
            ("string_type", ["body", "tax_id", 0]),
            ("literal_error", ["body", "tax_id", 1]),
            ("value_error", ["body", "email"]),
        ]
