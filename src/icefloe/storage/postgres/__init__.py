"""PostgreSQL: the engine for more than one server."""
