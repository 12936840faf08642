"""Objects of commerce are placed as they are somewhere else, or as a test needs them."""
