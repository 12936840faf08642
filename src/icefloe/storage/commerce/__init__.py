"""The objects of commerce: one way to store every resource, and the table of resources."""
