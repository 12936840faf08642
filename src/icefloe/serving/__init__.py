"""What serves the API: a server's address, processes, signals and end."""
