"""The sample organization that `icefloe demo` serves: `customers` makes it from the rest."""
