"""Progress bars, on standard error, and only where that is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def of_bytes(title: str, file: Path) -> Iterator[Callable[[int], None]]:
    """A bar for reading a file; yields a function to call with the number of bytes read so far."""
    console = Console(stderr=True)
    size = file.stat().st_size if file.is_file() else 0
    with Progress(
        TextColumn(title),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(title, total=size)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def of_unknown(title: str) -> Iterator[Callable[[int], None]]:
    """A counter for work of unknown length; yields a function to call with the items of each step."""
    console = Console(stderr=True)
    with Progress(
        TextColumn(title),
        TextColumn("{task.completed:,}"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done: bar.advance(task, done)


@contextmanager
def of_steps(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar for work whose length shows on the way; yields a function to call with done and total."""
    console = Console(stderr=True)
    with Progress(
        TextColumn(title),
        BarColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
