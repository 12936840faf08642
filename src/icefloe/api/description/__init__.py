"""What describes the API; imported only when a client asks for a description."""
