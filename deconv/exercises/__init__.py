"""Exercises of the course: a check that says what is wrong, a hint, a solution.

    from deconv.exercises import check, hint, solution, task

    task("stamp-size")              # the question, with your numbers
    check("stamp-size", answer)     # right, not right yet (and why), or not tried yet
    hint("stamp-size")
    solution("stamp-size")

`seed("your name")` gives every student other numbers; so does the environment variable
DECONV_EXERCISES_SEED. `list_exercises()` prints all names, `progress()` what is done. For
teachers, `python -m deconv.exercises NOTEBOOK…` grades saved notebooks.

The usual checkers of notebooks did not fit: otter-grader shows the assertion that failed, and
with it the answer, and nbgrader loses its place where a student copies a cell. Here nothing is
stored: what is right is computed by the project's own arithmetic when the check is called, and
what is shown is the smallest case that goes wrong, and the usual mistake that would give it.
NumPy is all that this needs.
"""

from deconv.exercises.course import check, hint, list_exercises, progress, seed, solution, task

__all__ = ["check", "hint", "list_exercises", "progress", "seed", "solution", "task"]
