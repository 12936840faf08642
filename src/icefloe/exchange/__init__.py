"""Customers in files: tables, NDJSON and pages of the API, in and out; and seeds."""
