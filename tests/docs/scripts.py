"""The shell snippets of a page as one script, run as a reader would in a folder of their own.

A line that starts a server starts it in the background, as a reader has another terminal for it; the
server before it on the page is stopped first, and each must end with exit status 0.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

import support
from docs import pages

_SERVER = re.compile(r"(?m)^(icefloe (?:serve|demo)\b.*|make demo)$")
_ADDRESS = "127.0.0.1:8000"
_SECONDS = 120

_PRELUDE = """\
set -eu
server=
stop_server() {
  [ -z "$server" ] || { kill -TERM "$server"; wait "$server"; server=; }
}
start_server() {
  stop_server
  "$@" > server.log 2>&1 &
  server=$!
  await-server "$server"
  shown=$(sed -n 's/^ *token  *\\(polar_oat_[A-Za-z0-9]*\\)$/\\1/p' server.log)
  [ -z "$shown" ] || TOKEN=$shown
}
trap '[ -z "$server" ] || kill "$server" || true' EXIT
"""

_AWAIT = """\
import os, socket, sys, time
for _ in range(1000):
    os.kill(int(sys.argv[1]), 0)
    try:
        socket.create_connection(("127.0.0.1", int(os.environ["ICEFLOE_PORT"])), 1).close()
        sys.exit()
    except OSError:
        time.sleep(0.02)
sys.exit("the server does not listen")
"""

# `make` plans only; but what it plans for the demo is done. Its program is the one under test.
_MAKE = """\
#!/bin/sh -eu
planned=$({make} --no-print-directory --directory '{root}' --dry-run "$@")
[ "$*" = demo ] || exit 0
eval "$(printf '%s\\n' "$planned" | tail -n 1 | sed 's#\\.venv/bin#{programs}#')"
"""


def run(snippets: Iterable[pages.Snippet], folder: Path) -> str:
    """Run the snippets, and give what they print.

    Fails where a command fails, a server does not start, or does not stop cleanly.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    blocks = [_SERVER.sub(r"start_server \1", snippet.text) for snippet in snippets]
    script = "\n".join([_PRELUDE, *blocks, "stop_server\n"])
    (folder / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(
        ["/bin/sh", "-c", script.replace(_ADDRESS, f"127.0.0.1:{port}")],
        cwd=folder,
        env=_environment(folder, port),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    log = folder / "server.log"
    if done.returncode:
        told = log.read_text("utf-8") if log.exists() else ""
        pytest.fail(f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}\n{told}")
    return done.stdout


def environment(folder: Path) -> dict[str, str]:
    """The user's environment, but at home in a folder, and with the `icefloe` under test."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ICEFLOE_", "XDG_", "MAKE", "POLAR_", "PYTHONPATH"))
        and not name.lower().endswith("_proxy")
    }
    return {
        **kept,
        "HOME": str(folder),
        "PATH": os.pathsep.join([str(support.CLI.parent), kept["PATH"]]),
    }


def _environment(folder: Path, port: int) -> dict[str, str]:
    programs = folder / "programs"
    programs.mkdir()
    _make_program(programs / "await-server", f"#!{sys.executable}\n{_AWAIT}")
    # A reader sees an error; here it must fail.
    curl = f'#!/bin/sh\nexec {_find("curl")} --fail --silent --show-error "$@"\n'
    _make_program(programs / "curl", curl)
    make = _MAKE.format(make=_find("make"), root=pages.ROOT, programs=support.CLI.parent)
    _make_program(programs / "make", make)
    usual = environment(folder)
    path = os.pathsep.join([str(programs), usual["PATH"]])
    return {**usual, "PATH": path, "ICEFLOE_PORT": str(port)}


def _find(program: str) -> str:
    found = shutil.which(program)
    assert found is not None, f"the tests of the pages need {program}"
    return found


def _make_program(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    file.chmod(0o755)
