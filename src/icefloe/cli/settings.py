"""`icefloe settings`."""

from icefloe.cli import options, output


def show_settings(*, as_json: options.AsJson = False) -> None:
    """Show each setting's value, and where it comes from."""
    from icefloe import database_url
    from icefloe.settings import load

    loaded = load({})
    values = loaded.settings.model_dump(mode="json")
    values["database"] = database_url.without_password(values["database"])
    values["read_database"] = [
        database_url.without_password(url) for url in values["read_database"]
    ]
    if as_json:
        output.print_json(
            {
                name: {"value": value, "source": loaded.sources[name]}
                for name, value in values.items()
            }
        )
    else:
        output.print_table(
            ["Setting", "Value", "Source"],
            [(name, _shown(value), loaded.sources[name]) for name, value in values.items()],
            empty="",
        )


def _shown(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
