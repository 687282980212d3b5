"""What both frameworks share. Nothing in this package imports torch or tensorflow."""
