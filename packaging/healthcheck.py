"""Whether the server of a container can be sent requests: exit status 0 where it can, else 1.

It asks where the variables say that the server listens, so these are the way to set that.
"""

import http.client
import os
import ssl
import sys
from pathlib import Path

_SECONDS = 3


def main() -> int:
    """Ask; the answer is the exit status."""
    try:
        connection = _connect(os.environ.get("ICEFLOE_PORT"))
        connection.request("GET", "/readyz")
        return 0 if connection.getresponse().status == http.client.OK else 1
    except (OSError, http.client.HTTPException):
        return 1


def _connect(port: str | None) -> http.client.HTTPConnection:
    if not os.environ.get("ICEFLOE_TLS"):
        return http.client.HTTPConnection("127.0.0.1", int(port or 8000), timeout=_SECONDS)
    authority = Path(os.environ["XDG_DATA_HOME"], "icefloe/tls/ca.pem")
    context = ssl.create_default_context(cafile=str(authority))
    return http.client.HTTPSConnection(
        "127.0.0.1", int(port or 443), timeout=_SECONDS, context=context
    )


if __name__ == "__main__":
    sys.exit(main())
