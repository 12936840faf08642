"""The embedded engine: SQLite through APSW, in WAL mode, with shared commits."""
