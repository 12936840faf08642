"""`icefloe demo`: what a newcomer sees first."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

import plain_http
from support import CLI, run_here

pytestmark = pytest.mark.processes

# The customer of the reference's own documentation, as its page shows it, but for three things: he is
# not deleted (a list would not have him), his billing name is shown, as it has been since June 2026,
# and his picture's address has his e-mail's digest where the page has `xxx`.
_JOHN_DOE = {
    "id": "992fae2a-2a17-4b7a-8d9e-e287cf90131b",
    "created_at": "2023-11-07T05:31:56Z",
    "modified_at": "2023-11-07T05:31:56Z",
    "metadata": {},
    "external_id": "usr_1337",
    "email": "customer@example.com",
    "email_verified": True,
    "name": "John Doe",
    "billing_address": {
        "line1": "<string>",
        "line2": "<string>",
        "postal_code": "<string>",
        "city": "<string>",
        "state": "<string>",
        "country": "US",
    },
    "tax_id": ["911144442", "us_ein"],
    "organization_id": "1dbfc517-0bbf-4301-9ba8-555ca42b9737",
    "deleted_at": None,
}


@dataclass(slots=True)
class Demo:
    """A running demo and what it printed."""

    process: subprocess.Popen[str]
    printed: str

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._printed(r"URL +(\S+)")

    @property
    def token(self) -> str:
        """The token it shows."""
        return self._printed(r"token +(\S+)")

    def _printed(self, pattern: str) -> str:
        found = re.search(pattern, self.printed)
        assert found is not None, self.printed
        return found[1]


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Start the demo on a free port, and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shown = folder / "shown.txt"
    with shown.open("w") as out:
        process = subprocess.Popen(
            [str(CLI), "demo", "--port", str(port), "--database", str(folder / "demo.db")],
            stdout=out,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    try:
        for _ in range(5000):
            try:
                plain_http.get(f"http://127.0.0.1:{port}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.02)
        yield Demo(process, shown.read_text("utf-8"))
    finally:
        process.kill()
        process.wait(120)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one test after another runs the demo."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[Demo]:
    """A demo on a database of its own."""
    with running_demo(folder) as started:
        yield started


def ask(demo: Demo, path: str) -> httpx.Response:
    """Ask the demo, with the token it shows."""
    return plain_http.get(demo.url + path, headers={"Authorization": f"Bearer {demo.token}"})


def test_a_thousand_customers_answer_to_the_token_shown(demo: Demo) -> None:
    """The token that the demo prints lists a thousand customers of the organization it prints."""
    path = f"/v1/customers/?organization_id={_JOHN_DOE['organization_id']}&page=1&limit=10"

    answer = ask(demo, path)

    assert answer.status_code == 200
    assert answer.json()["pagination"] == {"total_count": 1000, "max_page": 100}


def test_the_documented_sample_is_the_documented_customer(demo: Demo) -> None:
    """The customer of the reference's documentation is there with every value of its page."""
    customer = ask(demo, "/v1/customers/?email=customer@example.com").json()["items"][0]

    assert {key: customer[key] for key in _JOHN_DOE} == _JOHN_DOE
    assert re.fullmatch(
        r"https://www\.gravatar\.com/avatar/[0-9a-f]{64}\?d=blank", customer["avatar_url"]
    )


def test_the_curl_line_can_be_pasted(demo: Demo) -> None:
    """The curl line that the demo prints answers with customers."""
    line = next(line for line in demo.printed.splitlines() if line.strip().startswith("curl "))

    shown = subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, check=True, timeout=120
    )

    assert '"total_count":1000' in shown.stdout


def test_it_says_that_it_made_the_sample(demo: Demo) -> None:
    """The first run says that the sample was made now."""
    assert "1,000 sample customers (made)" in demo.printed


def test_a_second_run_has_the_same_data_and_token_and_says_so(folder: Path, demo: Demo) -> None:
    """Another run on the same database keeps the data and the token, and says so."""
    with running_demo(folder) as again:
        assert "(the same as before)" in again.printed
        assert demo.token == again.token
        assert ask(again, "/v1/customers/").json()["pagination"]["total_count"] == 1000


def test_ctrl_c_stops_it_cleanly(tmp_path: Path) -> None:
    """Ctrl-C ends the demo with exit status 0."""
    with running_demo(tmp_path) as started:
        started.process.send_signal(signal.SIGINT)

        assert started.process.wait(120) == 0


def test_an_interrupted_making_is_completed(tmp_path: Path) -> None:
    """A demo database that has the organization but not its customers gets them."""
    database = str(tmp_path / "demo.db")
    run_here(
        "organizations", "create", "Half made", "--database", database,
        "--id", str(_JOHN_DOE["organization_id"]),
    )  # fmt: skip

    with running_demo(tmp_path) as started:
        assert ask(started, "/v1/customers/").json()["pagination"]["total_count"] == 1000
