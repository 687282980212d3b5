"""The images: read, verified, split, ordered, drawn."""
