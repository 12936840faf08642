"""`/docs`: the description that people read."""

import argparse
import base64
import hashlib
import re
import shlex
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from described import DESCRIBED_ROUTES, check_answer, find_document, find_operation
from icefloe.api.description import page as docs_page
from icefloe.api.versions import DEFAULT_VERSION, DESCRIBED_VERSIONS
from support import Organization

_LOADING = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "video", "audio"}
_OPERATIONS = [(route.method, route.path) for route in DESCRIBED_ROUTES]


class Page(HTMLParser):
    """What a page consists of: its tags, addresses, anchors, texts and blocks of code."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.anchors: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.code: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        self.attributes |= given.keys()
        self.addresses += [given[name] for name in ("href", "src") if name in given]
        self.anchors += [given["id"]] if "id" in given else []
        if tag == "pre":
            self.code.append("")

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)
        if self.tags[-1:] == ["pre"]:
            self.code[-1] += data

    @property
    def text(self) -> str:
        """Everything that is to be read."""
        return "".join(self.texts)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What the page describes."""
    return find_document(DEFAULT_VERSION)


@pytest.fixture(scope="module")
def page(document: dict[str, Any]) -> Page:
    """The page."""
    return Page(docs_page.render(document, DESCRIBED_VERSIONS)[0].decode())


class TestPage:
    """`GET /docs`."""

    def test_anonymous(self, organization: Organization, document: dict[str, Any]) -> None:
        """Anybody may read the page, which is HTML in UTF-8."""
        answer = organization.get("/docs", token=None)

        assert (answer.status_code, answer.text[:15]) == (200, "<!doctype html>")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.content == docs_page.render(document, DESCRIBED_VERSIONS)[0]

    def test_links_to_the_documents(self, organization: Organization, page: Page) -> None:
        """The page links to each version's OpenAPI document, and all its links lead somewhere."""
        documents = [address for address in page.addresses if not address.startswith("#")]

        assert documents == [f"{version}/openapi.json" for version in DESCRIBED_VERSIONS]
        assert [organization.get(f"/{path}").status_code for path in documents] == [200] * 3
        assert {address[1:] for address in page.addresses if address[0] == "#"} <= {*page.anchors}
        assert len({*page.anchors}) == len(page.anchors)

    @pytest.mark.parametrize(("method", "path"), _OPERATIONS)
    def test_names_every_endpoint(
        self, document: dict[str, Any], page: Page, method: str, path: str
    ) -> None:
        """An endpoint is there with its method, path, scopes, parameters and answers."""
        operation = find_operation(document, method, path)

        assert f"{method} {path}" in page.text
        for scheme in operation.get("security", ())[:1]:
            assert f"Scope: {' or '.join(scheme['oidc'])}." in page.text
        for parameter in operation.get("parameters", ()):
            assert parameter["description"].replace("`", "") in page.text
        assert {*operation["responses"]} <= {*page.texts}

    def test_loads_nothing(self, organization: Organization, page: Page) -> None:
        """The page loads nothing, runs nothing, and its policy forbids both."""
        answer = organization.get("/docs", token=None)
        policy = answer.headers["content-security-policy"]
        (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

        assert _LOADING.isdisjoint(page.tags)
        assert "style" not in page.attributes
        assert not any(name.startswith("on") for name in page.attributes)
        assert "url(" not in style
        assert "@import" not in style
        assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")

    def test_fits_any_screen(self, organization: Organization) -> None:
        """The page takes the screen's width, breaks long words, and has colours for the dark."""
        source = organization.get("/docs", token=None).text

        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in source
        assert "overflow-wrap: anywhere" in source
        assert "prefers-color-scheme: dark" in source

    def test_escapes(self, document: dict[str, Any]) -> None:
        """Text that looks like markup is shown, not obeyed."""
        text = '<script>alert("&amp;")</script>'
        info = {**document["info"], "summary": text, "description": f"`{text}`"}

        shown = Page(docs_page.render({**document, "info": info}, [text])[0].decode())

        assert "script" not in shown.tags
        assert shown.text.count(text) == 3
        assert shown.addresses[0] == f"{text}/openapi.json"


class TestExamples:
    """The commands on the page."""

    @pytest.mark.parametrize("at", range(len(_OPERATIONS)))
    def test_run(
        self, organization: Organization, document: dict[str, Any], page: Page, at: int
    ) -> None:
        """Each endpoint's example is understood by the server, and answered as described."""
        method, path = _OPERATIONS[at]
        operation = find_operation(document, method, path)
        name = operation["operationId"].replace(":", "-")
        command = dict(zip(_sections(page), page.code[1:], strict=True))[name]

        answer = _run(organization, command)

        assert answer.request.method == method
        check_answer(document, method, path, answer)


def _sections(page: Page) -> list[str]:
    """The anchors of the endpoints, in the page's order."""
    return [anchor for anchor in page.anchors if not anchor.startswith("schema-")]


def _run(organization: Organization, command: str) -> httpx.Response:
    """What the server answers to a command, read as curl reads it."""
    curl = argparse.ArgumentParser()
    curl.add_argument("url")
    curl.add_argument("-X", dest="method", default="GET")
    curl.add_argument("-H", dest="headers", action="append", default=[])
    curl.add_argument("-G", action="store_true")
    curl.add_argument("--data-urlencode", dest="query", action="append", default=[])
    curl.add_argument("-d", dest="body")
    joined = command.replace("\\\n", "")
    filled = joined.replace("$URL", organization.url).replace("$TOKEN", organization.token())
    program, *words = shlex.split(filled)
    given = curl.parse_args(words)

    assert program == "curl"
    return organization.request(
        given.method,
        given.url,
        token=None,
        headers=[tuple(header.split(": ", 1)) for header in given.headers],
        content=given.body.encode() if given.body else None,
        params=[tuple(pair.split("=", 1)) for pair in given.query] or None,
    )
