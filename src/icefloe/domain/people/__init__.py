"""The rules of those who sign in to the dashboard: passwords, sessions, memberships, invitations."""
