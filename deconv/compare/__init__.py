"""Runs side by side: `python -m deconv.compare [RUN_DIR …]`.

No number here is taken on trust. The weights of each run go through the
inference command of its framework, as a user would type it, and one arbiter
(`deconv.metrics`) measures what comes out. Those commands are processes of their
own, so this one needs neither framework.
"""

from deconv.compare.measuring import Group, MeasuredRun, compare
from deconv.compare.report import screen, write_report
from deconv.compare.runs import FinishedRun, finished_runs, read_runs

__all__ = [
    "FinishedRun",
    "Group",
    "MeasuredRun",
    "compare",
    "finished_runs",
    "read_runs",
    "screen",
    "write_report",
]
