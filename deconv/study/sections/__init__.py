"""What the report of the study says, a section a function: from rows to Markdown and figures.

A section whose runs are missing is None, so a small study gives a short report, and
nothing in it has to be written by hand. To read in order: `base` (what every section
starts from), `answers` (what was decided), `arms` and `artefacts` (all that was measured),
`tuning`, `codes` (how much a bottleneck loses), `others` (other networks and tasks), `limits`.
"""
