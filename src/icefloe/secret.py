"""The server's secret: the key under which tokens are hashed."""

import os
import secrets
import tempfile
from pathlib import Path

from icefloe.domain.values.errors import ConfigurationError

_BYTES = 32


def read_or_make(file: Path) -> bytes:
    """The secret in the file; the file is created (mode 0600) if it is missing.

    Two processes that start at once agree: the file appears whole, and the first one wins.

    Raises:
        ConfigurationError: the file cannot be read or made.
    """
    try:
        if not file.exists():
            keep_first(file, secrets.token_hex(_BYTES) + "\n")
        text = file.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise _unusable(file, error) from error
    if not text:
        raise _unusable(file, "it is empty")
    return text.encode()


def _unusable(file: Path, reason: object) -> ConfigurationError:
    return ConfigurationError(
        f"the secret in {file} cannot be used ({reason}); restore it, or set ICEFLOE_SECRET"
    )


def keep_first(file: Path, text: str) -> None:
    """Write a text to a file that only its user can read, and that appears whole.

    If several processes do so at once, the first one wins.

    Raises:
        OSError: the file cannot be made.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        try:
            os.link(temporary, file)
        except FileExistsError:
            return  # another process was first
    finally:
        Path(temporary).unlink()
