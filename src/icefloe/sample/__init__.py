"""The sample organization that `icefloe demo` serves: `customers` has it, the rest makes it."""
