"""Files of customers that were sent to be imported, and how far each import has come.

Each has a folder with the file itself and its state, which every process of this server on the machine
can read: a browser may ask any of them. Only the server's user can read the folder. The file is removed
as soon as its import is over, the state after an hour.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from icefloe.domain.values.errors import InvalidValue, StorageUnavailable
from icefloe.domain.values.imports import OnConflict, Report
from icefloe.exchange.mappings import Choices

MAX_BYTES = 50 * 1024 * 1024

_KEPT_SECONDS = 3600
_MAX_WAITING = 8
# Files that were found wrong stay for another choice of columns; the oldest is removed first.
_MAX_WRONG = 8
# Bytes of all organizations' files that this process stores; the last file may exceed it.
_MAX_KEPT_BYTES = 1024**3
_KEEPING = threading.Lock()
# Whoever is at work on an import says so more often than this.
_SILENT_SECONDS = 60
# This process, told apart from one that had the same number before it.
_SELF = f"{os.getpid()}-{secrets.token_hex(8)}"
_IS_WINDOWS = os.name == "nt"
_STOPPED = "The server was stopped or restarted meanwhile."
_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_FILE, _STATE = "customers", "state.json"


class Stage(StrEnum):
    """Where an import stands."""

    CHECKING = "checking"
    """The dry run for the preview runs."""
    CHECKED = "checked"
    """The preview is ready; a person must decide."""
    TAKING = "taking"
    """The import runs."""
    DONE = "done"
    """All customers were imported."""
    BROKEN = "broken"
    """It failed, or the server stopped: the database has all of it or nothing."""


BUSY = frozenset({Stage.CHECKING, Stage.TAKING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that was sent, and how far its import has come.

    Attributes:
        id: not to be guessed.
        organization_id: whose customers they become.
        name: what the file was called.
        size: its bytes.
        on_conflict: what to do with customers that exist already.
        choices: what a person has said about the file's columns and encoding.
        stage: where the import stands.
        done: how many of the bytes have been read.
        report: what came, or would come, of it.
        why: of a broken one, what happened, in a sentence.
        process: the one that has it in hand.
    """

    id: str
    organization_id: UUID
    name: str
    size: int
    on_conflict: OnConflict
    stage: Stage
    choices: Choices = field(default_factory=Choices)
    done: int = 0
    report: Report = field(default_factory=Report)
    why: str = ""
    process: str = _SELF

    @property
    def is_busy(self) -> bool:
        """Whether it goes on by itself."""
        return self.stage in BUSY

    @property
    def is_waiting(self) -> bool:
        """Whether it goes on, or a person can decide to take customers in."""
        return self.is_busy or (self.stage is Stage.CHECKED and not self.is_wrong)

    @property
    def is_wrong(self) -> bool:
        """Whether the file was checked, and cannot be imported as it is."""
        has_changes = self.report.added or self.report.updated
        return self.stage is Stage.CHECKED and bool(self.report.failed or not has_changes)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.stage in {Stage.DONE, Stage.BROKEN}

    @property
    def percent(self) -> int:
        """How much of the file has been read."""
        return min(100, 100 * self.done // self.size) if self.size else 0


def store(organization_id: UUID, name: str, source: BinaryIO, on_conflict: OnConflict) -> Upload:
    """Store a file that was sent.

    Raises:
        InvalidValue: the organization, or the server, has too many files that wait for a decision.
        StorageUnavailable: there is no room for it.
    """
    with _KEEPING:  # files that come at the same time count one another
        _make_room(organization_id)
        return _store(organization_id, name, source, on_conflict)


def _make_room(organization_id: UUID) -> None:
    """See that no more files are stored than may be; old wrong ones go first. Raises InvalidValue."""
    stored = [one for one in _all() if has_file(one)]
    own = [one for one in stored if one.organization_id == organization_id]
    waiting = sum(one.is_waiting for one in own)
    if waiting >= _MAX_WAITING:
        raise InvalidValue(
            f"{waiting} files have been sent and wait for a decision."
            " Take them in or cancel them, or try again in an hour."
        )
    wrong = _oldest_first(one for one in own if one.is_wrong)
    for one in wrong[: max(0, len(wrong) - _MAX_WRONG + 1)]:
        drop_file(one)
    here = [one for one in stored if one.process == _SELF and has_file(one)]
    size = sum(one.size for one in here)
    for one in _oldest_first(one for one in here if one.is_wrong):
        if size < _MAX_KEPT_BYTES:
            break
        drop_file(one)
        size -= one.size
    if size >= _MAX_KEPT_BYTES:
        raise InvalidValue(
            "So many files have been sent that the server takes no more for now."
            " Try again in an hour."
        )


def _oldest_first(uploads: Iterable[Upload]) -> list[Upload]:
    def moment_of(upload: Upload) -> float:
        try:
            return path_of(upload).stat().st_mtime
        except OSError:
            return 0.0

    return sorted(uploads, key=moment_of)


def _store(organization_id: UUID, name: str, source: BinaryIO, on_conflict: OnConflict) -> Upload:
    upload_id = secrets.token_urlsafe(16)
    try:
        folder = _root(make=True) / upload_id
        folder.mkdir(mode=0o700)
        with (folder / _FILE).open("xb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
            size = target.tell()
    except OSError as error:
        _remove(upload_id)
        raise StorageUnavailable(f"the file could not be stored: {error.strerror}") from error
    upload = Upload(
        id=upload_id,
        organization_id=organization_id,
        name=name,
        size=size,
        on_conflict=on_conflict,
        stage=Stage.CHECKING,
    )
    save(upload)
    return upload


def find(organization_id: UUID, upload_id: str) -> Upload | None:
    """The upload of an organization with that id."""
    if not _ID.fullmatch(upload_id):
        return None
    try:
        state = _root() / upload_id / _STATE
        saved_at = state.stat().st_mtime
        upload = _read(json.loads(state.read_text("utf-8")))
    except (OSError, ValueError):
        return None
    if upload.organization_id != organization_id:
        return None
    is_silent = upload.is_busy and time.time() - saved_at > _SILENT_SECONDS
    if not upload.is_over and (is_silent or not _is_alive(upload.process)):
        # Who had it in hand is no more: what was under way ended with it.
        upload = replace(upload, stage=Stage.BROKEN, why=_STOPPED)
        save(upload)
        drop_file(upload)
    return upload


def take_in_hand(upload: Upload, stage: Stage) -> Upload:
    """Begin to work on an upload, in this process."""
    begun = replace(upload, stage=stage, done=0, process=_SELF)
    save(begun)
    return begun


def save(upload: Upload) -> None:
    """Keep how far an import has come; a full disk does not end it."""
    values = asdict(upload) | {"organization_id": str(upload.organization_id)}
    folder = _root() / upload.id
    with contextlib.suppress(OSError):
        fresh = folder / f"{_STATE}.{os.getpid()}"
        fresh.write_text(json.dumps(values), "utf-8")
        fresh.replace(folder / _STATE)


def path_of(upload: Upload) -> Path:
    """Where the file is."""
    return _root() / upload.id / _FILE


def has_file(upload: Upload) -> bool:
    """Whether the file is still there."""
    return path_of(upload).is_file()


def drop_file(upload: Upload) -> None:
    """Remove the file; what is known of the import stays for a while."""
    with contextlib.suppress(OSError):
        path_of(upload).unlink(missing_ok=True)


def drop(upload: Upload) -> None:
    """Remove the file and all that is known of it."""
    _remove(upload.id)


def sweep() -> None:
    """Remove uploads that were not used for an hour, and files whose import no process works on."""
    with contextlib.suppress(OSError):
        for folder in _root().iterdir():
            with contextlib.suppress(OSError):
                state = folder / _STATE
                # Where the server was killed in the middle of an upload there is no state.
                last = (state if state.exists() else folder).stat().st_mtime
                if time.time() - last > _KEPT_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)
    for upload in _all():
        if not _is_alive(upload.process):
            drop_file(upload)


async def keep_sweeping() -> None:
    """Sweep now and then until cancelled; then remove the files that this process has in hand."""
    try:
        while True:
            await asyncio.to_thread(sweep)
            await asyncio.sleep(_KEPT_SECONDS / 6)
    finally:
        for upload in _all():
            if upload.process == _SELF and not upload.is_busy:
                drop_file(upload)


def _all() -> Iterator[Upload]:
    """Every upload, of whatever organization and server."""
    with contextlib.suppress(OSError):
        for state in _root().glob(f"*/{_STATE}"):
            with contextlib.suppress(OSError, ValueError):
                yield _read(json.loads(state.read_text("utf-8")))


def _read(values: dict[str, object]) -> Upload:
    """An upload as `save` wrote it. Raises ValueError."""
    try:
        report = Report(**values.pop("report"))  # type: ignore[arg-type]
        report.failures = [(place, reason) for place, reason in report.failures]
        return Upload(
            **values  # type: ignore[arg-type]
            | {
                "report": report,
                "organization_id": UUID(str(values["organization_id"])),
                "on_conflict": OnConflict(str(values["on_conflict"])),
                "choices": _read_choices(values["choices"]),
                "stage": Stage(str(values["stage"])),
            }
        )
    except (TypeError, KeyError) as error:
        raise ValueError("not a state of ours") from error


def _read_choices(values: Any) -> Choices:
    targets = tuple((column, str(target)) for column, target in values["targets"])
    return Choices(targets, values["encoding"])


def _is_alive(process: str) -> bool:
    """Whether a process still runs; one of another machine does not."""
    number = int(process.partition("-")[0])
    if process == _SELF or _IS_WINDOWS:  # where to ask whether it is alive is to end it
        return True
    if number == os.getpid():
        return False  # it had the number before
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True  # another user's
    return True


def _root(*, make: bool = False) -> Path:
    """Where all uploads of this user's servers are. Raises OSError where it is not ours alone."""
    if _IS_WINDOWS:  # the temporary folder is the user's own there
        root = Path(tempfile.gettempdir()) / "icefloe-imports"
        if make:
            root.mkdir(exist_ok=True)
        return root
    root = Path(tempfile.gettempdir()) / f"icefloe-imports-{os.getuid()}"
    if make:
        root.mkdir(mode=0o700, exist_ok=True)
    found = root.lstat()
    # In a folder that all may write to, another user may have made it first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{root} is not this user's alone")
    return root


def _remove(upload_id: str) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(_root() / upload_id, ignore_errors=True)
