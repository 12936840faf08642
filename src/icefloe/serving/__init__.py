"""What serves the API: a server's address, connections, processes, signals and end."""
