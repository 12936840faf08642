"""`icefloe tls`."""

import typer

from icefloe.cli import options, output


def show_authority(*, as_json: options.AsJson = False) -> None:
    """Show the certificate authority that programs must trust.

    It is made if missing.
    """
    from icefloe import certificates

    authority = certificates.read_or_make_authority()
    if as_json:
        output.print_json(
            {"certificate": str(authority.file), "key": str(authority.key_file)},
        )
    else:
        typer.echo(authority.file)
