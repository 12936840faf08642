"""Benchmarks: Icefloe beside a bare handler on the same server and data; see README.md."""
