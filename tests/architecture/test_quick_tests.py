"""What `make check` runs starts no process and asks no server."""

import socket
import subprocess
import sys

import pytest


def test_a_process() -> None:
    """A test without the marker fails when it starts a process."""
    with pytest.raises(pytest.fail.Exception, match="starts a process or asks a server"):
        subprocess.run([sys.executable, "--version"], check=True)


def test_a_connection() -> None:
    """A test without the marker fails when it opens a connection."""
    with (
        socket.socket() as client,
        pytest.raises(pytest.fail.Exception, match="starts a process or asks a server"),
    ):
        client.connect(("127.0.0.1", 9))


@pytest.mark.processes
def test_marked() -> None:
    """A test with the marker may do both."""
    subprocess.run([sys.executable, "--version"], check=True, stdout=subprocess.DEVNULL)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        socket.create_connection(listener.getsockname()).close()
