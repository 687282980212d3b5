"""What both frameworks share. Nothing in this package imports torch or tensorflow."""

from deconv import startup

startup.prepare()
