"""Fields that several bodies share: limits, normal forms, and the words of each refusal."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from icefloe.api.schemas import customers
from icefloe.api.schemas.problems import problems
from icefloe.domain.values import addresses

NOT_STORABLE = "Value error, This value contains invalid characters"


def refused_change(body: object) -> list[dict[str, Any]]:
    """The problems that the body has as a change of a customer, which has every kind of field."""
    with pytest.raises(ValidationError) as caught:
        customers.validate_customer_change(body)
    return problems(caught.value)


class TestFields:
    """Fields that several bodies share refuse in the same words everywhere."""

    @pytest.mark.parametrize("code", ["RU", "xx", "FRA", "", 33, None, ["FR"]])
    def test_only_accepted_countries_are_taken(self, code: object) -> None:
        """The refusal lists every country, and repeats the code in upper case."""
        (problem,) = refused_change({"billing_address": {"country": code}})

        assert problem["type"] == "enum"
        assert problem["loc"] == ["body", "billing_address", "country"]
        assert problem["msg"].startswith("Input should be 'AD', 'AE',")
        assert problem["msg"].endswith("'ZM' or 'ZW'")
        assert problem["msg"].count("'") == 2 * len(addresses.ACCEPTED_COUNTRIES)
        assert problem["input"] == (code.upper() if isinstance(code, str) else code)

    @pytest.mark.parametrize(
        ("country", "complaint"), [("US", "Invalid US state"), ("CA", "Invalid CA subdivision")]
    )
    def test_states_are_checked_with_their_country(self, country: str, complaint: str) -> None:
        """A wrong state is the address's mistake, which is shown as it was sent."""
        address = {"country": country.lower(), "state": "Nowhere"}

        assert refused_change({"billing_address": address}) == [
            {
                "type": "value_error",
                "loc": ["body", "billing_address"],
                "msg": f"Value error, {complaint}",
                "input": address,
                "ctx": {"error": {}},
            }
        ]

    def test_names_are_measured_as_sent(self) -> None:
        """256 characters of any kind fit; white space that would be stripped counts."""
        assert customers.validate_customer_change({"name": "🐧" * 256}).name == "🐧" * 256
        assert refused_change({"name": "n" * 256 + " "})[0]["msg"] == (
            "String should have at most 256 characters"
        )

    @pytest.mark.parametrize("text", ["a\0b", "\ud83d"])
    @pytest.mark.parametrize("field", ["name", "external_id", "tax_id"])
    def test_text_that_cannot_be_kept_is_refused(self, field: str, text: str) -> None:
        """NUL and unpaired surrogates are refused in every text."""
        (problem,) = refused_change({field: text})

        assert problem["loc"] == ["body", field]
        assert problem["msg"] in {
            NOT_STORABLE,
            "Input should be a valid string, unable to parse raw data as a unicode string",
        }

    def test_address_lines_that_cannot_be_kept_are_refused(self) -> None:
        """A NUL inside an address is refused where it stands."""
        (problem,) = refused_change({"billing_address": {"country": "FR", "city": "a\0"}})

        assert (problem["loc"][1:], problem["msg"]) == (["billing_address", "city"], NOT_STORABLE)

    @pytest.mark.parametrize("metadata", [{"k": "a\0"}, {"a\0": "v"}])
    def test_metadata_that_cannot_be_kept_is_refused(self, metadata: dict[str, str]) -> None:
        """A NUL in a key or a value is the mistake of the metadata as a whole."""
        assert refused_change({"metadata": metadata}) == [
            {
                "type": "value_error",
                "loc": ["body", "metadata"],
                "msg": NOT_STORABLE,
                "input": metadata,
                "ctx": {"error": {}},
            }
        ]


class TestMetadata:
    """Metadata takes texts, numbers and booleans, within its limits."""

    def test_values_keep_their_type_and_order(self) -> None:
        """Text that looks like a number stays text, 1.0 a float, and integers have no limit."""
        sent = {"z": "1", "a": 1.0, "b": True, "c": 10**40, "d": -0.0, "🐧" * 40: "v" * 500}

        kept = customers.validate_customer_change({"metadata": sent}).metadata

        assert json.dumps(kept) == json.dumps(sent)

    @pytest.mark.parametrize("value", [None, [], {}])
    def test_other_values_are_refused_four_times(self, value: object) -> None:
        """A value that is none of the four kinds hears so from each of them."""
        found = refused_change({"metadata": {"k": value}})

        assert [(problem["type"], *problem["loc"][2:]) for problem in found] == [
            ("string_type", "k", "constrained-str"),
            ("int_type", "k", "int"),
            ("float_type", "k", "float"),
            ("bool_type", "k", "bool"),
        ]

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
    def test_numbers_without_a_value_are_refused(self, number: str) -> None:
        """JSON has no NaN and no infinity; a parser that makes one is not trusted with it."""
        body = json.loads(f'{{"metadata": {{"k": {number}}}}}')

        found = refused_change(body)

        assert {problem["loc"][3] for problem in found} == {
            "constrained-str",
            "int",
            "float",
            "bool",
        }
        assert json.loads(json.dumps(found, allow_nan=False)) == found

    @pytest.mark.parametrize(
        ("metadata", "kind", "place"),
        [
            ({"": 1}, "string_too_short", ["", "[key]"]),
            ({"k" * 41: 1}, "string_too_long", ["k" * 41, "[key]"]),
            ({str(number): number for number in range(51)}, "too_long", []),
        ],
    )
    def test_limits_are_kept(
        self, metadata: dict[str, object], kind: str, place: list[str]
    ) -> None:
        """Keys have 1 to 40 characters, and there are at most 50."""
        (problem,) = refused_change({"metadata": metadata})

        assert (problem["type"], problem["loc"]) == (kind, ["body", "metadata", *place])

    @pytest.mark.parametrize("value", ["", "v" * 501])
    def test_texts_have_1_to_500_characters(self, value: str) -> None:
        """A text outside its limits is refused, also by the kinds that might have read it."""
        assert len(refused_change({"metadata": {"k": value}})) == 4
