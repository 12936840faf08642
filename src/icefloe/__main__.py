"""`python -m icefloe` and the `icefloe` command."""

import sys

from icefloe import loading


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and exit status 2."""
    with loading.modules():
        from icefloe.cli.app import run  # noqa: PLC0415 - so that tests stay quick

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
