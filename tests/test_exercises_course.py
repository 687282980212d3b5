"""What a student calls, and what it needs."""

import io
import json
import sys
from typing import Any

import pytest
from test_arithmetic_dependencies import imported_by, python

from deconv import exercises
from deconv.exercises import course
from deconv.exercises.course import RECORD, SEED, catalogue


@pytest.fixture(autouse=True)
def fresh_session(monkeypatch):
    """A session of its own for every test."""
    monkeypatch.delenv(SEED, raising=False)
    monkeypatch.delenv(RECORD, raising=False)
    course.session.cache_clear()
    yield
    course.session.cache_clear()


def printed(capsys, call, *arguments):
    """What a call prints; it returns nothing and leaves standard error alone."""
    assert call(*arguments) is None
    out, err = capsys.readouterr()
    assert err == ""
    return out


def right(name):
    question: Any = catalogue()[name].question(course.session().seed)
    return question.answer


def test_check_says_right_wrong_and_not_tried_yet(capsys):
    said = [
        printed(capsys, exercises.check, "stamp-size", answer)
        for answer in (right("stamp-size"), 0, ...)
    ]
    assert said[0] == "✓ stamp-size: right.\n"
    assert said[1].startswith(
        '✗ stamp-size: not right yet. A hint: hint("stamp-size")\nYour answer: 0'
    )
    assert said[2].startswith('– stamp-size: not tried yet. The question: task("stamp-size")')
    assert printed(capsys, exercises.check, "stamp-size") == said[2]


def test_task_hint_and_solution_have_the_students_numbers(capsys):
    for call, part in [
        (exercises.task, "task"),
        (exercises.hint, "hint"),
        (exercises.solution, "solution"),
    ]:
        text = printed(capsys, call, "size-by-hand")
        expected = getattr(catalogue()["size-by-hand"].question(""), part)
        assert expected.split()[-1] in text


@pytest.mark.parametrize("name", ["size-by-hnad", "", 14, None, ["stamp-size"], "x" * 1000])
def test_a_name_that_does_not_exist_is_answered_in_a_sentence(capsys, name):
    for call in (exercises.check, exercises.hint, exercises.solution, exercises.task):
        assert "exercise" in printed(capsys, call, name)


def test_a_name_that_is_misspelt_is_guessed(capsys):
    assert "Did you mean size-by-hand" in printed(capsys, exercises.task, "size-by-hnad")


def test_lists_and_progress(capsys):
    everything = printed(capsys, exercises.list_exercises)
    assert all(f" {name} " in everything for name in catalogue())
    stamps = printed(capsys, exercises.list_exercises, "stamps")
    assert "first-stamp" in stamps
    assert "psnr-by-hand" not in stamps
    assert "The topics: stamps," in printed(capsys, exercises.list_exercises, "stampz")
    exercises.check("stamp-size", right("stamp-size"))
    exercises.check("first-stamp", 0)
    capsys.readouterr()
    done = printed(capsys, exercises.progress)
    assert done.startswith("1 of 2 exercises checked in this session are right.")
    assert f"(The whole course has {len(catalogue())}.)" in done
    assert "✓ stamp-size" in done
    assert "✗ first-stamp" in done


def test_a_seed_changes_the_numbers_and_forgets_what_was_checked(capsys):
    before = printed(capsys, exercises.task, "size-by-hand")
    exercises.check("stamp-size", right("stamp-size"))
    exercises.seed("Élodie Durand")
    capsys.readouterr()
    assert printed(capsys, exercises.progress).startswith("0 of")
    assert printed(capsys, exercises.task, "size-by-hand") != before
    exercises.check("stamp-size", right("stamp-size"))
    exercises.seed("  élodie  DURAND ")  # the same name, typed by the same student
    capsys.readouterr()
    assert printed(capsys, exercises.progress).startswith("1 of")
    exercises.seed()
    capsys.readouterr()
    assert printed(capsys, exercises.task, "size-by-hand") == before


def test_the_seed_can_be_an_environment_variable(capsys, monkeypatch):
    monkeypatch.setenv(SEED, "Ada")
    with_variable = printed(capsys, exercises.task, "size-by-hand")
    course.session.cache_clear()
    monkeypatch.delenv(SEED)
    exercises.seed("ada")
    capsys.readouterr()
    assert printed(capsys, exercises.task, "size-by-hand") == with_variable


def test_every_check_is_recorded_where_the_variable_says(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(RECORD, str(tmp_path / "record"))
    exercises.seed("ada")
    exercises.check("stamp-size", right("stamp-size"))
    exercises.check("stamp-size", 0)
    exercises.check("no-such-exercise", 0)
    lines = [json.loads(line) for line in (tmp_path / "record").read_text().splitlines()]
    assert lines == [
        {"exercise": "stamp-size", "state": state, "seed": "ada"} for state in ("right", "wrong")
    ]
    capsys.readouterr()
    monkeypatch.setenv(RECORD, str(tmp_path))  # a folder: the student's notebook goes on
    assert "could not be written" in printed(capsys, exercises.check, "stamp-size", 0)


def test_a_screen_without_unicode_shows_question_marks(monkeypatch):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", screen)
    exercises.check("stamp-size", 0)
    screen.flush()
    assert screen.buffer.getvalue().startswith(b"? stamp-size: not right yet.")


def test_printed_lines_fit_on_the_screen_and_code_stays_whole(capsys):
    for name, exercise in catalogue().items():
        for call in (exercises.task, exercises.hint):
            assert all(len(line) <= 100 for line in printed(capsys, call, name).splitlines()), name
        source = printed(capsys, exercises.solution, name)
        if "\ndef " in source:
            assert exercise.question("").solution in source


def test_importing_needs_numpy_and_the_standard_library_alone():
    assert imported_by("import deconv.exercises") == {"deconv"}


def test_every_solution_passes_without_any_other_library():
    python("""
import sys

for name in ("scipy", "skimage", "PIL", "matplotlib", "tyro", "torch", "tensorflow", "keras"):
    sys.modules[name] = None  # as if it were not installed

from deconv.exercises.course import catalogue
from deconv.exercises.functions import Function
from deconv.exercises.questions import Choice, Value

for name, exercise in catalogue().items():
    question = exercise.question("ada")
    if isinstance(question, Value):
        assert question.judge(question.answer).state == "right", name
    if isinstance(question, Function):
        assert question.judge(question.written).state == "right", name
    if isinstance(question, Choice):
        assert question.judge(question.solution[1]).state == "right", name
""")
