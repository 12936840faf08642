"""The options that the programs share."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

_DEFAULT_SIZE = 10_000


def make_parser(module: str, description: str) -> argparse.ArgumentParser:
    """A parser for the program in a module, with the options that all of them have."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write the figures to FILE (default: a new file in benchmarks/results)",
    )
    return parser


def add_size(parser: argparse.ArgumentParser) -> None:
    """How many customers."""
    parser.add_argument(
        "--size",
        type=_above_zero,
        default=int(os.environ.get("SIZE") or _DEFAULT_SIZE),
        help=f"customers in the organization (default: $SIZE, else {_DEFAULT_SIZE})",
    )


def add_shapes(parser: argparse.ArgumentParser) -> None:
    """How the shapes are measured, and on which data."""
    parser.add_argument(
        "--shape-rounds",
        type=_above_zero,
        default=300,
        help="answers to each kind of request, at most (default: 300)",
    )
    parser.add_argument(
        "--shape-seconds",
        type=float,
        default=0.4,
        help="seconds for each kind of request, at most, though five answers (default: 0.4)",
    )
    parser.add_argument(
        "--no-postgres", dest="postgres", action="store_false", help="measure SQLite alone"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="keep the customers in FOLDER, and use them again the next time",
    )


def add_rounds(parser: argparse.ArgumentParser) -> None:
    """How long it goes on over HTTP, and with writes."""
    parser.add_argument(
        "--rounds",
        type=_above_zero,
        default=6,
        help="rounds of each server and list over HTTP (default: 6)",
    )
    parser.add_argument(
        "--seconds", type=float, default=0.5, help="seconds of each round (default: 0.5)"
    )
    parser.add_argument(
        "--write-rounds",
        type=_above_zero,
        default=2,
        help="rounds of each way to write (default: 2)",
    )


def add_comparison(parser: argparse.ArgumentParser) -> None:
    """How long another server is asked."""
    parser.add_argument(
        "--rounds",
        type=_above_zero,
        default=100,
        help="answers to each kind of request behind the first, at most (default: 100)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=2.0,
        help="seconds for each kind of request, at most, though one answer (default: 2)",
    )
    parser.add_argument(
        "--pages",
        type=_above_zero,
        default=100,
        help="pages of the walk, at most (default: 100)",
    )


def read(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for; ends the program where it makes no sense."""
    options = parser.parse_args(words)
    for name in ("seconds", "shape_seconds"):
        if getattr(options, name, 1.0) <= 0:
            parser.error(f"--{name.replace('_', '-')} must be above zero")
    return options


def _above_zero(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number
