"""Customers in files: NDJSON, pages of the API, and CSV; in and out."""
