"""The wire: everything a client can see."""
