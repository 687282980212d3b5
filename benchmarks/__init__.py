"""Measurements behind the claims of the documentation. Each is a command to run."""
