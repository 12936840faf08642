"""`GET /v1/customers/`: who is found, in which order, on which page; and what is refused."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from icefloe.domain.values.imports import OnConflict
from support import Organization, new_customer

LIST = "/v1/customers/"
INTEGER = "Input should be a valid integer, unable to parse string as an integer"
SORTINGS = "'created_at', '-created_at', 'email', '-email', 'name' or '-name'"
ONE = "uuid"
MANY = (
    "json-or-python[json=list[uuid],"
    "python=chain[is-instance[Sequence],function-wrap[sequence_validator()]]]"
)
VERSION_7 = "0198f2a4-7c11-7a31-b1d2-6f0e5a4c3b21"

# Oldest first, as `sorting=created_at` has them.
EVERYBODY = ["ida", "bo", "cafe", "per", "han", "nobody+news", "team"]


def integer_problem(name: str, given: str) -> dict[str, Any]:
    """What a 422 says of text that is no whole number."""
    return {"type": "int_parsing", "loc": ["query", name], "msg": INTEGER, "input": given}


def positive_problem(name: str, given: str) -> dict[str, Any]:
    """What a 422 says of a number that is not above zero."""
    return {
        "type": "greater_than",
        "loc": ["query", name],
        "msg": "Input should be greater than 0",
        "input": given,
        "ctx": {"gt": 0},
    }


def sorting_problem(index: int, given: str) -> dict[str, Any]:
    """What a 422 says of a sorting that there is not."""
    return {
        "type": "enum",
        "loc": ["query", "sorting", index],
        "msg": f"Input should be {SORTINGS}",
        "input": given,
        "ctx": {"expected": SORTINGS},
    }


def identifier_problems(given: list[str], **wrong: Any) -> list[dict[str, Any]]:
    """What a 422 says of organization ids, one of which is wrong: it is wrong in two readings."""
    one = {
        "type": "uuid_type",
        "loc": ["query", "organization_id", ONE],
        "msg": "UUID input should be a string, bytes or UUID object",
        "input": given,
    }
    place = wrong.pop("place")
    loc = ["query", "organization_id", MANY, place]
    return [one, {"type": wrong.pop("type"), "loc": loc, "msg": wrong.pop("msg"), **wrong}]


class TestListCustomers:
    """The list."""

    @pytest.fixture
    def find(
        self, crew: Organization, crew_ids: dict[str, str]
    ) -> Callable[[str], tuple[list[str], dict[str, int]]]:
        """Asks for a query string; gives whom it finds, and the `pagination`."""
        names = {crew_id: name for name, crew_id in crew_ids.items()}

        def find(query: str) -> tuple[list[str], dict[str, int]]:
            answer = crew.get(f"{LIST}?{query}")
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert list(body) == ["items", "pagination"]
            return [names[item["id"]] for item in body["items"]], body["pagination"]

        return find

    def test_anonymous(self, crew: Organization) -> None:
        """Without a token the list is refused, and says which scheme it wants."""
        answer = crew.get(LIST, token=None)

        assert answer.status_code == 401
        assert answer.json() == {"error": "Unauthorized", "detail": "Unauthorized"}
        assert answer.headers["www-authenticate"] == 'Bearer realm="polar"'

    def test_anonymous_with_a_bad_query(self, crew: Organization) -> None:
        """Who asks is looked at before what is asked for."""
        assert crew.get(f"{LIST}?limit=x", token=None).status_code == 401

    def test_missing_scope(self, crew: Organization) -> None:
        """A token without a scope of customers is refused, and told which ones would do."""
        answer = crew.get(LIST, token=crew.token("members:read", "webhooks:write"))

        description = "The request requires higher privileges than provided by the access token."
        assert answer.status_code == 403
        assert answer.text == (
            f'{{"error": "insufficient_scope", "error_description": "{description}"}}'
        )
        assert answer.headers["www-authenticate"] == (
            'Bearer realm="polar", scope="customers:read customers:write",'
            f' error="insufficient_scope", error_description="{description}"'
        )

    def test_missing_scope_with_a_bad_query(self, crew: Organization) -> None:
        """What a token may do is looked at before what is asked for."""
        token = crew.token("members:read")

        assert crew.get(f"{LIST}?limit=x", token=token).status_code == 403

    @pytest.mark.parametrize("scope", ["customers:read", "customers:write"])
    def test_either_scope_reads(self, crew: Organization, scope: str) -> None:
        """Each of the two scopes of customers is enough to read."""
        assert crew.get(LIST, token=crew.token(scope)).status_code == 200

    def test_nobody(self, organization: Organization) -> None:
        """A list without customers has no page at all."""
        answer = organization.get(LIST)

        assert answer.text == '{"items":[],"pagination":{"total_count":0,"max_page":0}}'

    def test_valid(self, organization: Organization) -> None:
        """The answer is the wire document of each customer, byte for byte, in an envelope."""
        customer_id = str(uuid4())
        organization.keep(
            {
                "id": customer_id,
                "created_at": "2026-03-04T05:06:07.080900Z",
                "modified_at": "2026-03-05T05:06:07Z",
                "metadata": {"zz": 1, "b": "é", "a": True, "n": 1.0},
                "external_id": "usr/1",
                "email": "Zoë@Example.com",
                "email_verified": True,
                "name": 'Zoë "Z" <z>',
                "billing_name": "Zoë & Co",
                "billing_address": {"country": "US", "state": "US-NY", "line1": "1 Main"},
                "tax_id": ["123456789", "us_ein"],
                "locale": "en-US",
            }
        )

        answer = organization.get(LIST)

        assert answer.status_code == 200
        assert answer.content.decode() == (
            '{"items":[{'
            f'"id":"{customer_id}","created_at":"2026-03-04T05:06:07.080900Z",'
            '"modified_at":"2026-03-05T05:06:07Z",'
            '"metadata":{"a":true,"b":"é","n":1.0,"zz":1},"external_id":"usr/1",'
            '"email":"Zoë@Example.com","email_verified":true,"type":"individual",'
            '"name":"Zoë \\"Z\\" <z>","billing_name":"Zoë & Co",'
            '"billing_address":{"line1":"1 Main","line2":null,"postal_code":null,"city":null,'
            '"state":"US-NY","country":"US"},"tax_id":["123456789","us_ein"],"locale":"en-US",'
            f'"organization_id":"{organization.id}","default_payment_method_id":null,'
            '"deleted_at":null,"first_user_event_at":null,'
            '"avatar_url":"https://www.gravatar.com/avatar/'
            '5418899f7aabe5f45dd3350fe8edcf89e1763a9e64c85e529b1f68cbf5144767?d=blank"'
            '}],"pagination":{"total_count":1,"max_page":1}}'
        )

    def test_headers(self, crew: Organization) -> None:
        """An answer says its type, its length, its version, and that nobody may keep it."""
        answer = crew.get(LIST)

        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-length"] == str(len(answer.content))
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["polar-version"] == "2026-04"
        assert "icefloe-notice" not in answer.headers

    def test_without_the_slash(self, crew: Organization) -> None:
        """The path without its slash has the same answer: official clients follow no redirect."""
        assert crew.get("/v1/customers?limit=2").content == crew.get(f"{LIST}?limit=2").content

    def test_newest_first(self, find: Callable[[str], Any]) -> None:
        """Unless another order is asked for, the newest comes first; the deleted never come."""
        assert find("") == (EVERYBODY[::-1], {"total_count": 7, "max_page": 1})

    # --- pages ---

    def test_ten_to_a_page(self, organization: Organization) -> None:
        """Unless a limit is given, a page has ten."""
        organization.keep(*(new_customer(number) for number in range(12)))

        body = organization.get(LIST).json()

        assert len(body["items"]) == 10
        assert body["pagination"] == {"total_count": 12, "max_page": 2}

    def test_a_hundred_to_a_page_at_most(self, organization: Organization) -> None:
        """A larger limit is lowered to a hundred; the body keeps silent and a header tells."""
        organization.keep(*(new_customer(number) for number in range(103)))

        at_most = organization.get(f"{LIST}?limit=100")
        above = organization.get(f"{LIST}?limit=101")

        assert len(at_most.json()["items"]) == 100
        assert at_most.json()["pagination"] == {"total_count": 103, "max_page": 2}
        assert above.content == at_most.content
        assert "icefloe-notice" not in at_most.headers
        assert above.headers["icefloe-notice"] == "limit 101 lowered to 100"

    @pytest.mark.parametrize(
        ("query", "names", "max_page"),
        [
            ("limit=3", ["ida", "bo", "cafe"], 3),
            ("limit=3&page=1", ["ida", "bo", "cafe"], 3),
            ("limit=3&page=2", ["per", "han", "nobody+news"], 3),
            ("limit=3&page=3", ["team"], 3),
            ("limit=3&page=4", [], 3),
            ("limit=1&page=7", ["team"], 7),
            ("limit=7", EVERYBODY, 1),
            ("limit=100&page=2", [], 1),
            ("limit=3&page=9223372036854775807", [], 3),
            ("limit=100&page=92233720368547758080000", [], 1),
            ("limit=3&page=" + "9" * 60, [], 3),
            ("limit=" + "9" * 30, EVERYBODY, 1),
        ],
    )
    def test_pages(
        self, find: Callable[[str], Any], query: str, names: list[str], max_page: int
    ) -> None:
        """Every page, past the end too and whatever its number, knows the total and the last page."""
        found = find(f"sorting=created_at&{query}")

        assert found == (names, {"total_count": 7, "max_page": max_page})

    @pytest.mark.parametrize("text", ["2.0", "02", "%202", "2%20", "%2B2", "+2", "0_2"])
    def test_spellings_of_a_number(self, find: Callable[[str], Any], text: str) -> None:
        """Whole numbers may be written with a fraction of zero, zeros, spaces, a plus, underscores."""
        assert find(f"sorting=created_at&limit={text}&page={text}") == (
            ["cafe", "per"],
            {"total_count": 7, "max_page": 4},
        )

    @pytest.mark.parametrize("name", ["page", "limit"])
    @pytest.mark.parametrize(
        "text", ["", "x", "1.5", "1e1", "true", "null", "\u0665", "1,2", "0x1"]
    )
    def test_not_a_number(self, crew: Organization, name: str, text: str) -> None:
        """Anything else is refused, and named."""
        answer = crew.get(f"{LIST}?{name}={quote(text)}")

        assert answer.status_code == 422
        assert answer.json() == {
            "error": "RequestValidationError",
            "detail": [integer_problem(name, text)],
        }

    @pytest.mark.parametrize("name", ["page", "limit"])
    @pytest.mark.parametrize("text", ["0", "-1", "-9223372036854775809"])
    def test_not_above_zero(self, crew: Organization, name: str, text: str) -> None:
        """Pages and limits begin at one."""
        answer = crew.get(f"{LIST}?{name}={text}")

        assert answer.status_code == 422
        assert answer.json()["detail"] == [positive_problem(name, text)]

    def test_a_number_without_end(self, crew: Organization) -> None:
        """A number of thousands of digits is the client's mistake, not the server's."""
        assert crew.get(f"{LIST}?page={'9' * 5000}").status_code == 422

    # --- order ---

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("sorting=created_at", EVERYBODY),
            ("sorting=-created_at", EVERYBODY[::-1]),
            ("sorting=email", ["bo", "cafe", "han", "ida", "nobody+news", "per", "team"]),
            ("sorting=-email", ["team", "per", "nobody+news", "ida", "han", "cafe", "bo"]),
            ("sorting=name", ["per", "team", "bo", "cafe", "ida", "han", "nobody+news"]),
            ("sorting=-name", ["nobody+news", "han", "ida", "cafe", "bo", "team", "per"]),
            (
                "sorting=name&sorting=-name",
                ["per", "team", "bo", "cafe", "ida", "han", "nobody+news"],
            ),
            ("sorting[]=name", EVERYBODY[::-1]),
        ],
    )
    def test_order(self, find: Callable[[str], Any], query: str, names: list[str]) -> None:
        """Text is in the reference's order, whatever the machine's; nothing comes after everything."""
        assert find(query)[0] == names

    def test_several_sortings(self, organization: Organization) -> None:
        """Of several sortings each decides where those before it found no difference."""
        organization.keep(
            new_customer(1, email="b@x.com", name="Same", created_at="2026-01-01T00:00:00Z"),
            new_customer(2, email="a@x.com", name="Same", created_at="2026-01-02T00:00:00Z"),
            new_customer(3, email="c@x.com", name="Other", created_at="2026-01-03T00:00:00Z"),
            new_customer(4, email="d@x.com", name=None, created_at="2026-01-04T00:00:00Z"),
            new_customer(5, email="e@x.com", name=None, created_at="2026-01-05T00:00:00Z"),
        )

        def found(*sortings: str) -> str:
            query = "&".join(f"sorting={one}" for one in sortings)
            items = organization.get(f"{LIST}?{query}").json()["items"]
            return "".join(item["email"][0] for item in items)

        assert found("name", "email") == "cabde"
        assert found("name", "-email") == "cbaed"
        assert found("-name", "email") == "deabc"
        assert found("name", "-created_at") == "cabed"
        assert found("-name", "created_at") == "debac"

    def test_ties(self, organization: Organization) -> None:
        """Customers whom the order does not tell apart keep one, so that a walk sees each once."""
        same = {"created_at": "2026-01-01T00:00:00Z", "name": None}
        organization.keep(*(new_customer(number, **same) for number in range(23)))

        for sorting in ("created_at", "-created_at", "name", "-name"):
            walked = [
                item["id"]
                for page in range(1, 9)
                for item in organization.get(
                    f"{LIST}?limit=3&page={page}&sorting={sorting}"
                ).json()["items"]
            ]
            assert len(walked) == 23
            assert len(set(walked)) == 23

    @pytest.mark.parametrize(
        "text",
        ["", "nope", "name,-created_at", "--name", "-", "+name", " name", "NAME", "modified_at"],
    )
    def test_unknown_sorting(self, crew: Organization, text: str) -> None:
        """A sorting that there is not is refused, and those that there are named."""
        answer = crew.get(f"{LIST}?sorting={quote(text)}")

        assert answer.status_code == 422
        assert answer.json()["detail"] == [sorting_problem(0, text)]

    def test_unknown_sortings_among_others(self, crew: Organization) -> None:
        """Each wrong one of several sortings is named with its place."""
        answer = crew.get(f"{LIST}?sorting=name&sorting=a&sorting=email&sorting=b")

        assert answer.json()["detail"] == [sorting_problem(1, "a"), sorting_problem(3, "b")]

    # --- organization_id ---

    def test_own_organization(self, crew: Organization, find: Callable[[str], Any]) -> None:
        """The token's own organization, in any spelling of its id, narrows nothing."""
        for spelling in (
            str(crew.id),
            crew.id.hex,
            str(crew.id).upper(),
            f"{{{crew.id}}}",
            f"urn:uuid:{crew.id}",
        ):
            assert find(f"organization_id={spelling}")[1]["total_count"] == 7

    def test_foreign_organization(
        self, crew: Organization, strangers: Organization, find: Callable[[str], Any]
    ) -> None:
        """Another organization's list is empty, never forbidden, whether there is one or not."""
        nothing: Any = ([], {"total_count": 0, "max_page": 0})

        assert find(f"organization_id={strangers.id}") == nothing
        assert find(f"organization_id={uuid4()}") == nothing
        assert find(f"organization_id={strangers.id}&organization_id={uuid4()}") == nothing
        assert find(f"organization_id={strangers.id}&organization_id={crew.id}")[1] == {
            "total_count": 7,
            "max_page": 1,
        }

    def test_not_an_organization(self, crew: Organization) -> None:
        """What is no UUID of version 4 is refused, as a list in which it has a place."""
        answer = crew.get(f"{LIST}?organization_id={crew.id}&organization_id=abc")
        complaint = "invalid length: expected length 32 for simple format, found 3"
        assert answer.status_code == 422
        assert answer.json()["detail"] == identifier_problems(
            [str(crew.id), "abc"],
            place=1,
            type="uuid_parsing",
            msg=f"Input should be a valid UUID, {complaint}",
            input="abc",
            ctx={"error": complaint},
        )

        answer = crew.get(f"{LIST}?organization_id={VERSION_7}")
        assert answer.json()["detail"] == identifier_problems(
            [VERSION_7],
            place=0,
            type="uuid_version",
            msg="UUID version 4 expected",
            input=VERSION_7,
            ctx={"expected_version": 4},
        )

    # --- email ---

    @pytest.mark.parametrize(
        ("email", "names"),
        [
            ("bo@berg.no", ["bo"]),
            ("BO@Berg.NO", ["bo"]),
            ("ida@ANGSTROM.se", ["ida"]),
            ("nobody%2Bnews@sea.is", ["nobody+news"]),
            ("nobody+news@sea.is", []),
            ("", []),
            ("%20bo@berg.no", []),
            ("bo@berg", []),
            ("%25@berg.no", []),
            ("b_@berg.no", []),
            ("gone@sea.is", []),
            ("boss@arctic.org", []),
            ("a%00b", []),
            ("%00", []),
            ("%FF", []),
            ("x" * 10_000, []),
            ("nope@x.com&email=bo@berg.no", ["bo"]),
        ],
    )
    def test_email(self, find: Callable[[str], Any], email: str, names: list[str]) -> None:
        """An address is found whole and whatever its case; the last of several counts."""
        total = {"total_count": len(names), "max_page": len(names)}

        assert find(f"email={email}") == (names, total)

    # --- query ---

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("berg", ["bo"]),
            ("BERG", ["bo"]),
            ("ngstr", ["ida"]),
            ("ÅNGSTRÖM", ["ida"]),
            ("angstrom", ["ida"]),  # by the address; the name has other letters
            ("angström", []),
            ("étoile", ["cafe"]),
            ("ÉTOILE sarl", ["cafe"]),
            ("etoile sarl", []),
            ("crew_", ["ida", "bo"]),
            ("Crew_2", ["bo"]),
            ("rew_1", []),
            ("x_crew", ["cafe"]),
            ("team 7", ["team"]),
            ("arctic", ["team"]),
            ("boss", []),
            ("100%", ["per"]),
            ("%", ["per"]),
            ("pct%4", ["per"]),
            ("pctX4", []),
            ("_", ["per"]),
            ("\\", ["per"]),
            ("pure_oil \\ co", ["per"]),
            ("渔船", ["han"]),
            ("🚢", ["han"]),
            ("+news@", ["nobody+news"]),
            (" ", ["ida", "bo", "cafe", "per", "han", "team"]),
            (" berg ", []),
            ("", EVERYBODY),
            ("gone", []),
            ("gold", []),
            ("a\0b", []),
            ("\0", []),
            ("\t", []),
            ("'; DROP TABLE customers; --", []),
            ("x" * 10_000, []),
        ],
    )
    def test_query(self, find: Callable[[str], Any], text: str, names: list[str]) -> None:
        """Text is found within address, name and billing name, and where an external id begins."""
        found, pagination = find(f"sorting=created_at&limit=100&query={quote(text)}")

        assert found == names
        assert pagination["total_count"] == len(names)

    def test_query_never_finds_ids(
        self, find: Callable[[str], Any], crew_ids: dict[str, str]
    ) -> None:
        """A customer's id is no text to be found."""
        assert find(f"query={crew_ids['ida']}")[0] == []

    def test_query_of_broken_text(self, find: Callable[[str], Any]) -> None:
        """Bytes that are no UTF-8 find nobody, and break nothing."""
        assert find("query=%ff")[0] == []
        assert find("query=%ed%a0%80")[0] == []

    def test_repeated_query(self, find: Callable[[str], Any]) -> None:
        """Of several texts the last counts."""
        assert find("query=ida&query=berg")[0] == ["bo"]

    # --- metadata ---

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ("metadata[plan]=gold", ["ida", "bo"]),
            ("metadata%5Bplan%5D=gold", ["ida", "bo"]),
            ("metadata[plan]=GOLD", []),
            ("metadata[plan]=gol", []),
            ("metadata[plan]=", []),
            ("metadata[PLAN]=gold", []),
            ("metadata[seats]=5", ["ida", "bo"]),
            ("metadata[seats]=5.0", ["cafe"]),
            ("metadata[ratio]=1.5", ["bo"]),
            ("metadata[ratio]=1.50", []),
            ("metadata[beta]=true", ["ida", "cafe"]),
            ("metadata[beta]=false", ["per"]),
            ("metadata[beta]=True", []),
            ("metadata[beta]=1", []),
            ("metadata[a.b]=dotted", ["per"]),
            ("metadata[q'uote]=it's", ["per"]),
            ("metadata[x[y]=br", ["per"]),
            ("metadata[x%5By]=br", ["per"]),
            ("metadata[ключ]=значение", ["han"]),
            ("metadata[big]=12345678901234567890", ["han"]),
            ("metadata[exp]=1000000000000000000000", ["han"]),
            ("metadata[exp]=1e21", []),
            ("metadata[small]=0.0000001", ["han"]),
            ("metadata[small]=1e-07", []),
            ("metadata[neg]=-3", ["han"]),
            ("metadata[two%0Alines]=a%0Ab", ["han"]),
            ("metadata[plan]=gold&metadata[plan]=silver", ["ida", "bo", "cafe"]),
            ("metadata[plan]=gold&metadata[plan]=gold", ["ida", "bo"]),
            ("metadata[plan]=gold&metadata[beta]=true", ["ida"]),
            ("metadata[plan]=gold&metadata[plan]=silver&metadata[beta]=true", ["ida", "cafe"]),
            ("metadata[plan]=gold&metadata[none]=x", []),
            ("metadata[plan][]=gold", ["ida", "bo"]),
            ("metadata[plan][x]=gold", ["ida", "bo"]),
            ("metadata[plan]junk=gold", ["ida", "bo"]),
            ("metadata[]=gold", EVERYBODY),
            ("metadata=gold", EVERYBODY),
            ("Metadata[plan]=gold", EVERYBODY),
            ("xmetadata[plan]=gold", EVERYBODY),
            ("metadata[plan=gold", EVERYBODY),
            ("metadata[__external_id]=crew_gone", []),
            ("metadata[a%00b]=x", []),
            ("metadata[plan]=a%00b", []),
            ("metadata[plan]=gold&metadata[plan]=a%00b", ["ida", "bo"]),
            ("metadata[plan]=%ff", []),
        ],
    )
    def test_metadata(self, find: Callable[[str], Any], query: str, names: list[str]) -> None:
        """Values are compared by their text; one key's are alternatives, each key must match."""
        found, pagination = find(f"sorting=created_at&{query}")

        assert found == names
        assert pagination["total_count"] == len(names)

    @pytest.mark.parametrize("count", [50, 1_200, 3_000])
    def test_metadata_of_many_keys(self, find: Callable[[str], Any], count: int) -> None:
        """However many keys are asked for, nobody has them all, and the server stays sound."""
        assert find("&".join(f"metadata[k{at}]=v" for at in range(count)))[0] == []

    def test_metadata_of_many_values(self, find: Callable[[str], Any]) -> None:
        """One key may have thousands of alternatives."""
        query = "&".join(f"metadata[plan]=v{at}" for at in range(2_000))

        assert find(f"{query}&metadata[plan]=silver")[0] == ["cafe"]

    # --- active ---

    @pytest.mark.parametrize("text", ["true", "1", "TRUE", "t", "yes", "y", "on"])
    def test_active(self, find: Callable[[str], Any], text: str) -> None:
        """Some texts ask for the customers who have a subscription."""
        assert find(f"active={text}") == (["team"], {"total_count": 1, "max_page": 1})

    @pytest.mark.parametrize("text", ["false", "0", "FALSE", "f", "no", "n", "off"])
    def test_not_active(self, find: Callable[[str], Any], text: str) -> None:
        """Others ask for all who have none."""
        assert find(f"sorting=created_at&active={text}")[0] == EVERYBODY[:-1]

    @pytest.mark.parametrize("text", ["", "maybe", "2", "null"])
    def test_neither_active_nor_not(self, crew: Organization, text: str) -> None:
        """Anything but a yes or no is refused."""
        answer = crew.get(f"{LIST}?active={text}")

        assert answer.status_code == 422
        assert answer.json()["detail"] == [
            {
                "type": "bool_parsing",
                "loc": ["query", "active"],
                "msg": "Input should be a valid boolean, unable to interpret input",
                "input": text,
            }
        ]

    # --- together ---

    @pytest.mark.parametrize(
        ("query", "names", "total"),
        [
            ("email=bo@berg.no&query=berg", ["bo"], 1),
            ("email=bo@berg.no&query=ida", [], 0),
            ("query=crew_&metadata[plan]=gold&sorting=-name", ["ida", "bo"], 2),
            ("query=crew_&metadata[plan]=gold&limit=1&page=2", ["ida"], 2),
            ("query=crew_&metadata[beta]=true&active=false", ["ida"], 1),
            ("query=crew_&metadata[beta]=true&active=true", [], 0),
            ("active=true&sorting=-name&page=2", [], 1),
            ("active=false&sorting=-created_at&limit=2&page=3", ["bo", "ida"], 6),
            ("email=ida@angstrom.se&metadata[seats]=5&query=Ida&active=no&limit=5", ["ida"], 1),
        ],
    )
    def test_together(
        self,
        crew: Organization,
        find: Callable[[str], Any],
        query: str,
        names: list[str],
        total: int,
    ) -> None:
        """All filters must hold at once, under any order and on any page."""
        found, pagination = find(f"organization_id={crew.id}&{query}")

        assert (found, pagination["total_count"]) == (names, total)

    def test_every_mistake_is_named(self, crew: Organization) -> None:
        """Several mistakes are told at once, in one order whatever that of the request."""
        answer = crew.get(
            f"{LIST}?active=z&sorting=bad&organization_id=abc&limit=x&page=0&metadata[a]=b&odd=1"
        )

        assert answer.status_code == 422
        assert list(answer.json()) == ["error", "detail"]
        assert [(one["type"], one["loc"][1]) for one in answer.json()["detail"]] == [
            ("greater_than", "page"),
            ("int_parsing", "limit"),
            ("enum", "sorting"),
            ("uuid_type", "organization_id"),
            ("uuid_parsing", "organization_id"),
            ("bool_parsing", "active"),
        ]
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["polar-version"] == "2026-04"

    def test_mistakes_are_shown_as_they_came(self, crew: Organization) -> None:
        """What was wrong is given back, with quotes, other scripts and broken bytes in it."""
        answer = crew.get(f"{LIST}?limit=%22%C3%A9%5C%ff%00")

        assert answer.json()["detail"] == [integer_problem("limit", '"é\\\ufffd\0')]

    # --- notices ---

    def test_unknown_parameters(self, crew: Organization) -> None:
        """A parameter that means nothing changes nothing, and a header names it."""
        plain = crew.get(f"{LIST}?limit=2")
        noticed = crew.get(f"{LIST}?limit=2&per_page=5&sort=name&per_page=6")

        assert noticed.content == plain.content
        assert noticed.headers["icefloe-notice"] == (
            "unknown parameter 'per_page' ignored; unknown parameter 'sort' ignored"
        )

    @pytest.mark.parametrize("name", ["metadata", "metadata[", "metadata.plan"])
    def test_hint_for_metadata(self, crew: Organization, name: str) -> None:
        """What looks like a metadata filter and is none changes nothing, and a hint shows the form."""
        answer = crew.get(LIST, params={name: "pro"})

        assert answer.content == crew.get(LIST).content
        assert answer.headers["icefloe-notice"] == (
            f"unknown parameter {name!r} ignored: write metadata[key]=value"
        )

    def test_notices_of_all_kinds(self, crew: Organization) -> None:
        """A lowered limit and unknown parameters are told together."""
        answer = crew.get(f"{LIST}?customer=1&limit=500")

        assert answer.headers["icefloe-notice"] == (
            "limit 500 lowered to 100; unknown parameter 'customer' ignored"
        )

    def test_notices_are_plain_and_short(self, crew: Organization) -> None:
        """A notice is printable ASCII of bounded length, whatever the parameters' names."""
        names = [f"n{at}" for at in range(50)]
        odd = "%C3%A9%0D%0ASet-Cookie:%20a=b&" + "x" * 5000

        answer = crew.get(f"{LIST}?{odd}=1&{'=1&'.join(names)}=1")

        notice = answer.headers["icefloe-notice"]
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert notice.isascii()
        assert notice.isprintable()
        assert "more" in notice
        assert len(notice) < 2000

    # --- organizations apart ---

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "email=ida@angstrom.se",
            "query=ida",
            "query=crew_1",
            "metadata[plan]=gold",
            "metadata[seats]=5&metadata[beta]=true",
            "sorting=name",
            "sorting=email&sorting=-name",
            "active=false",
            "page=1&limit=100",
        ],
    )
    def test_one_organization_never_sees_another(self, strangers: Organization, query: str) -> None:
        """Whatever the filter, a token finds its own organization's customers alone."""
        body = strangers.get(f"{LIST}?{query}").json()

        assert body["pagination"] == {"total_count": 1, "max_page": 1}
        assert [item["name"] for item in body["items"]] == ["Ida of the strangers"]
        assert {item["organization_id"] for item in body["items"]} == {str(strangers.id)}

    @pytest.mark.parametrize(
        "query",
        [
            "email=bo@berg.no",
            "query=berg",
            "metadata[ratio]=1.5",
            "query=%E6%B8%94",
            "query=CREW_2",
        ],
    )
    def test_what_only_another_organization_has(self, strangers: Organization, query: str) -> None:
        """What another organization's customers have finds nobody."""
        assert strangers.get(f"{LIST}?{query}").json() == {
            "items": [],
            "pagination": {"total_count": 0, "max_page": 0},
        }

    # --- the request besides ---

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html", "image/png", ""])
    def test_accept_is_ignored(self, crew: Organization, accept: str) -> None:
        """The answer is JSON whatever a client says it accepts."""
        answer = crew.get(f"{LIST}?limit=1", headers={"Accept": accept})

        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"

    def test_other_headers_are_ignored(self, crew: Organization, strangers: Organization) -> None:
        """No header chooses another organization, and no answer is ever "not modified"."""
        headers = {
            "Polar-Organization": str(strangers.id),
            "If-None-Match": "*",
            "If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
        }

        answer = crew.get(f"{LIST}?limit=1", headers=headers)

        assert answer.content == crew.get(f"{LIST}?limit=1").content
        assert not {"etag", "content-encoding", "last-modified"} & set(answer.headers)

    def test_what_was_kept_is_seen_at_once(self, organization: Organization) -> None:
        """A customer is in the very next answer after it was kept, changed or deleted."""
        one = new_customer(1)
        organization.keep(one)
        assert organization.get(LIST).json()["pagination"]["total_count"] == 1

        organization.keep({**one, "name": "Renamed"}, on_conflict=OnConflict.UPDATE)
        assert organization.get(f"{LIST}?query=renamed").json()["items"][0]["name"] == "Renamed"
        assert organization.get(f"{LIST}?query=customer+1").json()["items"] == []

        gone = {**one, "deleted_at": "2026-06-01T00:00:00Z"}
        organization.keep(gone, on_conflict=OnConflict.UPDATE)
        assert organization.get(LIST).json()["pagination"]["total_count"] == 0
