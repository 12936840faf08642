"""Folders, and a database, for as long as a server runs."""

import contextlib
import secrets
import shutil
import tempfile
from pathlib import Path

from icefloe.domain.values.errors import ConfigurationError
from icefloe.settings import Loaded, Settings


def settle(loaded: Loaded, cleanup: contextlib.ExitStack) -> Settings:
    """The settings for serving, with a temporary database where `temporary` asks for one.

    `temporary` and `database` exclude each other. Where both are set, the source with the higher
    precedence wins: the command line, then a variable, then a file.

    Args:
        loaded: what is set, and where.
        cleanup: removes the folder when it is closed.

    Raises:
        ConfigurationError: both come from the same place, or the folder cannot be made.
    """
    settings, sources = loaded.settings, loaded.sources
    if not settings.temporary or loaded.comes_before("database", "temporary"):
        return settings.model_copy(update={"temporary": False})
    if not loaded.comes_before("temporary", "database"):
        raise ConfigurationError(
            f"a database is set (by {sources['database']}), and a temporary one is wanted"
            f" (by {sources['temporary']}): leave out one of them"
        )
    return settings.model_copy(update={"database": str(make_folder(cleanup) / "icefloe.db")})


def make_folder(cleanup: contextlib.ExitStack) -> Path:
    """A new folder that only this user may enter.

    Args:
        cleanup: removes the folder when it is closed.

    Raises:
        ConfigurationError: it cannot be made.
    """
    try:
        folder = Path(tempfile.gettempdir()) / f"icefloe-{secrets.token_hex(8)}"
        # Registered before it is made: a signal between the two must not leave it behind.
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise ConfigurationError(f"cannot make a temporary folder: {error}") from error
    return folder
