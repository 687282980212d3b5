"""Running a training safely: its folder, its checkpoints, its record. A reader may skip it."""
