"""The server's secret: the key under which tokens are hashed."""

import contextlib
import secrets
from pathlib import Path

from icefloe import files
from icefloe.domain.values.errors import ConfigurationError

LEAST_CHARACTERS = 32
"""An attacker who has a token and its hash could find a shorter secret by trying."""
_BYTES = 32


def read_or_make(file: Path) -> bytes:
    """The secret in the file; the file is created (mode 0600) if it is missing.

    Two processes that start at once agree: the file appears whole, and the first one wins.

    Raises:
        ConfigurationError: the file cannot be read or made.
    """
    try:
        if not file.exists():
            with contextlib.suppress(FileExistsError):  # another process was first
                files.write(file, f"{secrets.token_hex(_BYTES)}\n".encode(), replaces=False)
        text = file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise _unusable(file, error) from error
    if len(text) < LEAST_CHARACTERS:
        raise _unusable(file, f"it has fewer than {LEAST_CHARACTERS} characters")
    return text.encode()


def _unusable(file: Path, reason: object) -> ConfigurationError:
    return ConfigurationError(
        f"the secret in {file} cannot be used ({reason}); restore it, or set ICEFLOE_SECRET"
    )
