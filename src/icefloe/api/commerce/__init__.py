"""The endpoints of commerce: a module for each noun, with its rows of the routing table."""
