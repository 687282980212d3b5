"""Every figure of the project, except those of the arithmetic."""
