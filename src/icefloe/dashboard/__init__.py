"""The dashboard: pages for people, at `/dashboard`, in the same process as the API."""
