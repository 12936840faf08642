"""The receivers that the page on webhooks shows, run in the environments of the examples."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import installations
from api import webhooks
from docs import pages, scripts
from examples import environments
from support import PATIENCE, Organization

pytestmark = pytest.mark.processes

_PAGE = "docs/webhooks.md"
_SECRET = "whsec_" + "Ab3d" * 11
_EVENTS = ["customer.created", "customer.updated", "customer.deleted"]
# What a reader adds, who has a server for the application already.
_SERVE = """
import { serve } from "@hono/node-server";
const options = { fetch: app.fetch, port: Number(process.env.PORT), hostname: "127.0.0.1" };
serve(options, () => console.log("ready"));
"""


def _find_snippet(language: str) -> str:
    (snippet,) = [one for one in pages.find_snippets(_PAGE) if one.language == language]
    return snippet.text


def _find_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def _running(command: list[str], folder: Path, ready: str, port: int) -> Iterator[Iterator[str]]:
    """The lines that a receiver prints, from the one on that says that it listens."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env={
            **scripts.environment(folder),
            "POLAR_WEBHOOK_SECRET": _SECRET,
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        too_slow = threading.Timer(PATIENCE, process.kill)  # killed, it ends its output
        too_slow.start()
        try:
            lines = iter(process.stdout)
            said = next((line for line in lines if ready in line), None)
            assert said is not None, f"{command} ended with status {process.wait(PATIENCE)}"
            yield lines
        finally:
            too_slow.cancel()
            process.kill()


def _cause(organization: Organization, port: int) -> str:
    """Create an endpoint there, and a customer; returns the customer's id."""
    url = f"http://127.0.0.1:{port}/webhooks/polar"
    webhooks.make(organization, url=url, events=_EVENTS, secret=_SECRET)
    answer = organization.request("POST", "/v1/customers/", body={"email": "ada@example.com"})
    made: str = answer.json()["id"]
    return made


def test_fastapi(organization: Organization, tmp_path: Path) -> None:
    """The receiver with FastAPI verifies what is sent."""
    (environment,) = environments.find_parts("fastapi-polar-1x").values()
    (tmp_path / "receiver.py").write_text(_find_snippet("py"), "utf-8")
    port = _find_free_port()
    python = os.fspath(environment / installations.PYTHON)
    command = [python, "-m", "uvicorn", "receiver:app", "--port", str(port)]
    with _running(command, tmp_path, "Uvicorn running", port) as lines:
        made = _cause(organization, port)
        said = [next(lines).strip(), next(lines).strip()]

    assert said[0] == f"customer.created {made}"
    assert said[1].endswith('"POST /webhooks/polar HTTP/1.1" 202 Accepted')


def test_hono(organization: Organization, tmp_path: Path) -> None:
    """The receiver with Hono verifies what is sent."""
    modules = environments.find_parts("node-webhooks")["node_modules"]
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "receiver.mjs").write_text(_find_snippet("js") + _SERVE, "utf-8")
    port = _find_free_port()
    command = [installations.find_program("node"), "receiver.mjs"]
    with _running(command, tmp_path, "ready", port) as lines:
        made = _cause(organization, port)
        said = next(lines)

    assert said == f"new: {made}\n"
