"""Documents as text: places for what is embedded, which no text of a customer's can imitate."""

import json
from uuid import UUID

import pytest

from icefloe.domain.values import documents
from icefloe.domain.values.documents import Embedded

ID = UUID("0a1b2c3d-0000-4000-8000-0123456789ab")
PLACE = Embedded("benefits", ID)


class TestRender:
    """`render` and `read`."""

    def test_there_and_back(self) -> None:
        """A document comes back as it was, embedded objects in their places."""
        document = {"a": [PLACE, {"b": Embedded("meters", ID, "priced")}], "c": "Ä", "d": 1.5}

        assert documents.read(documents.render(document)) == document

    def test_plain(self) -> None:
        """Without embedded objects, the text is JSON without white space."""
        assert documents.render({"a": [1, None], "b": "é"}) == '{"a":[1,null],"b":"é"}'.encode()

    @pytest.mark.parametrize(
        "text",
        [f"\x01benefits/{ID}/whole\x01", "NaN", "\\u0001", '"', f"benefits/{ID}/whole"],
    )
    def test_imitation(self, text: str) -> None:
        """A customer's text that looks like a place is no place."""
        document = {"a": text, "b": PLACE}

        rendered = documents.render(document)
        assert list(documents.find_places(rendered)) == [PLACE]
        assert documents.read(rendered) == document

    @pytest.mark.parametrize("value", [float("nan"), object()])
    def test_no_json(self, value: object) -> None:
        """What JSON cannot hold is refused."""
        with pytest.raises((TypeError, ValueError)):
            documents.render({"a": value})


class TestFill:
    """`fill`."""

    def test_fill(self) -> None:
        """Each place gets what is found for it."""
        text = documents.render({"a": [PLACE, Embedded("meters", ID)]})

        filled = documents.fill(text, lambda place: b'{"is":"%b"}' % place.resource.encode())
        assert json.loads(filled) == {"a": [{"is": "benefits"}, {"is": "meters"}]}
