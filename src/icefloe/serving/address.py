"""Where a server listens: that the port is free, which one it is, and whether it answers yet."""

import contextlib
import errno
import socket
import sys

from icefloe.domain.values.errors import ConfigurationError
from icefloe.settings import Settings

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a client finds it
_TRY_SECONDS = 1.0


def take(settings: Settings, cleanup: contextlib.ExitStack) -> Settings:
    """Check that the port is free before anything is opened; for port 0, choose one.

    Args:
        settings: which address and port are wanted.
        cleanup: reserves a port that was chosen, until it is closed.

    Returns:
        The settings with the address and port there will be: a name has become its address.

    Raises:
        ConfigurationError: the address cannot be listened on.
    """
    settings = settings.model_copy(update={"host": _find_address(settings.host)})
    trial = cleanup.enter_context(socket.socket(_family(settings.host), socket.SOCK_STREAM))
    try:
        # The server's own socket can share the port with this one, which never listens.
        if settings.port == 0 and sys.platform == "linux":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        else:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((settings.host, settings.port))
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); {advise(error)}"
        ) from error
    port = trial.getsockname()[1]
    if settings.port or sys.platform != "linux":
        trial.close()
    return settings.model_copy(update={"port": port})


def advise(error: OSError) -> str:
    """What to do where an address cannot be listened on."""
    another = "choose another with --port"
    if error.errno != errno.EACCES:
        return another
    return (
        f"{another}, or allow this one to every user (sysctl net.ipv4.ip_unprivileged_port_start=443)"
        " or to the Python that runs Icefloe (setcap cap_net_bind_service=+ep); a Docker"
        " container needs neither"
    )


def url(settings: Settings) -> str:
    """The address that the server listens on, as a URL."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{'https' if settings.tls else 'http'}://{host}:{settings.port}"


def public_url(settings: Settings) -> str:
    """Where clients reach the server, with the base path: the settings count before the address."""
    return (settings.public_url or url(settings)) + settings.base_path


def is_listened_on(settings: Settings) -> bool:
    """Whether the server accepts connections now."""
    host = _ANYWHERE.get(settings.host, settings.host)
    with socket.socket(_family(host), socket.SOCK_STREAM) as trial:
        trial.settimeout(_TRY_SECONDS)
        try:
            trial.connect((host, settings.port))
        except OSError:
            return False
        return True


def _find_address(host: str) -> str:
    """The address of a host name; of several, the first of IPv4, which all clients try."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            f"cannot listen on {host}: there is no such address; give --host one of this machine's"
        ) from error
    found.sort(key=lambda each: each[0] != socket.AF_INET)
    return str(found[0][4][0])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
