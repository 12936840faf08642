"""The control API of commerce: objects are placed as a test needs them."""
