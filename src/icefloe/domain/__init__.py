"""What the service promises: rules and values, with no HTTP, no SQL and no framework."""
