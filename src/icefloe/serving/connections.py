"""How many connections a process serves at once, and how long one may wait for its client.

Granian counts open connections, idle ones too, and leaves further ones in the kernel's queue until one
closes. Its default of 128 is what a few browsers and a pool of clients use up. Every connection is an
open file, so that the number also depends on how many files the process may open (`ulimit -n`).
"""

from __future__ import annotations

import os
import socket
import stat
import sys
import threading
import time
from pathlib import Path
from typing import Any

from icefloe.settings import Settings

# How many connections the kernel completes for us while all are in use; it may allow fewer (somaxconn).
_QUEUE = 1024
# Open files besides connections: a SQLite database's, logs, those that sorting and imports need.
_OTHER_FILES = 128
_PROCESS_FILES = Path("/proc/self/fd")
_LOOK_SECONDS = 0.02
# macOS says "unlimited" where it means this.
_MOST_FILES = 10_240 if sys.platform == "darwin" else 1_048_576


def raise_open_files() -> int | None:
    """Raise the soft limit of open files to the hard one, for this process and those it starts.

    Returns:
        How many files each may open from now on; None on a system without such a limit.
    """
    try:
        import resource
    except ImportError:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else hard
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # a system may allow less than its limit says
        return soft
    return wanted


def count(settings: Settings, open_files: int | None) -> int:
    """How many connections a process serves at once: the setting, or fewer where files are short.

    Args:
        settings: what is in force.
        open_files: how many files a process may open; None is as many as it likes.
    """
    if open_files is None:
        return settings.connections
    # Those of a PostgreSQL database and its standbys; SQLite's readers are fewer.
    database = settings.database_connections * (1 + len(settings.read_database))
    # Where few files are allowed in all, each side gets half.
    return min(settings.connections, max(open_files - database - _OTHER_FILES, open_files // 2))


def options(settings: Settings, connections: int) -> dict[str, Any]:
    """What Granian is started with, be it in this process or over several.

    Args:
        settings: what is in force.
        connections: how many a process serves at once.
    """
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    return {
        "address": settings.host,
        "port": settings.port,
        "interface": Interfaces.ASGI,
        # With HTTP/2 to choose from, a connection may stay silent for ever: no timeout covers it.
        "http": HTTPModes.http1,
        "http1_settings": HTTP1Settings(header_read_timeout=settings.head_timeout * 1000),
        "backlog": _QUEUE,
        "backpressure": connections,
        "log_enabled": False,
        "websockets": False,
    }


def end_unread(settings: Settings) -> None:
    """Have the kernel end connections whose clients leave an answer unread for `answer_timeout`.

    Granian has no such timeout, and makes its sockets itself. A connection inherits the kernel's from
    the socket that listens, which a thread waits for. Linux alone has it.
    """
    if sys.platform == "linux":
        threading.Thread(
            target=_set_user_timeout, args=(settings.port, settings.answer_timeout), daemon=True
        ).start()


def _set_user_timeout(port: int, seconds: int) -> None:
    while not (found := _find_listening(port)):
        time.sleep(_LOOK_SECONDS)
    with found:
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, seconds * 1000)


def _find_listening(port: int) -> socket.socket | None:
    """Another handle on this process's socket that listens on a port; None while there is none."""
    for name in os.listdir(_PROCESS_FILES):  # noqa: PTH208 - a path of a file that is open leads elsewhere
        try:
            if not stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                continue
            found = socket.socket(fileno=os.dup(int(name)))
        except OSError:  # closed by now
            continue
        if _listens_on(found, port):
            return found
        found.close()
    return None


def _listens_on(found: socket.socket, port: int) -> bool:
    if found.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    is_listening = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) != 0
    return is_listening and found.getsockname()[1] == port
