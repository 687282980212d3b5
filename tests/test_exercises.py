"""Every exercise: its solution passes, its wrong answers fail and are told apart."""

import itertools
import json
import re
import time
from functools import cache
from typing import Any

import numpy as np
import pytest

from deconv.compare.seeds import paired
from deconv.exercises.course import catalogue
from deconv.exercises.framework_layer import LayerInFramework
from deconv.exercises.functions import Function, difference
from deconv.exercises.questions import Choice, Draw, Exercise, Value
from deconv.exercises.reading import as_numbers, in_short

SEEDS = ("", "ada", "grace", "emmy")


@cache
def drawn(exercise, seed):
    return exercise.question(seed)


ORDINARY = [
    exercise
    for exercise in catalogue().values()
    if not isinstance(drawn(exercise, ""), LayerInFramework)  # see test_exercises_frameworks.py
]
VALUES, CHOICES, FUNCTIONS = (
    [exercise for exercise in ORDINARY if isinstance(drawn(exercise, ""), kind)]
    for kind in (Value, Choice, Function)
)
every_exercise = pytest.mark.parametrize("exercise", ORDINARY, ids=lambda exercise: exercise.name)


def right_answer(question):
    """What a student who has read the printed solution would hand in."""
    if isinstance(question, Function):
        return written(question.solution, question.written.__name__)
    if isinstance(question, Choice):
        return question.solution[1]
    return question.answer


def wrong_answers(question):
    """Every listed wrong answer, with the message that is listed for it."""
    if isinstance(question, Choice):
        wrong = [item for item in question.letters.items() if item[1] != question.right]
        return [(letter, question.options[option]) for letter, option in wrong]
    return [(answer, message) for message, answer in question.mistakes.items()]


def written(source, name):
    namespace: dict = {}
    exec(source, namespace)
    return namespace[name]


def numbers_in(text):
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text)]


def variants(exercise):
    if isinstance(drawn(exercise, ""), Function):
        return {repr(drawn(exercise, seed).cases) for seed in SEEDS[:2]}
    return {drawn(exercise, seed).task for seed in SEEDS}


def test_there_are_enough_and_their_names_can_be_typed():
    names = list(catalogue())
    assert len(names) >= 40
    assert all(
        re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) and len(name) <= 28 for name in names
    )
    assert all(0 < len(exercise.line) <= 67 for exercise in catalogue().values())


def nonsense():
    """Answers that nobody should give, and somebody will."""
    circle: list = []
    circle.append(circle)
    return {
        "text": "fourteen",
        "empty text": "",
        "empty list": [],
        "empty array": np.array([]),
        "dictionary": {"size": 14},
        "object": object(),
        "class": dict,
        "module": re,
        "not a number": float("nan"),
        "infinite": float("inf"),
        "too large for a float": 10**400,
        "complex": 1 + 2j,
        "bool": True,
        "ragged": [[1, 2], [3]],
        "far too long": range(10**12),
        "generator": (n for n in range(3)),
        "a list of itself": circle,
        "cannot be shown": type("Shy", (), {"__repr__": lambda self: 1 / 0})(),
        "cannot be converted": type("Odd", (), {"__array__": lambda self, *a: 1 / 0})(),
        "wrong letter": "z",
        "mixed": [1, "two", None],
    }


@every_exercise
def test_the_solution_passes(exercise):
    for seed in SEEDS[:2]:
        question = drawn(exercise, seed)
        assert question.judge(right_answer(question)) == ("right", "")


@every_exercise
def test_listed_wrong_answers_fail_each_with_its_own_message(exercise):
    for seed in SEEDS[:1] if exercise in FUNCTIONS else SEEDS:
        question = drawn(exercise, seed)
        wrong = wrong_answers(question)
        verdicts = [question.judge(answer) for answer, _ in wrong]
        assert [verdict.state for verdict in verdicts] == ["wrong"] * len(wrong)
        assert len({verdict.message for verdict in verdicts}) == len(wrong) >= 3
        for (_, message), verdict in zip(wrong, verdicts, strict=True):
            assert message in verdict.message
            assert "Traceback" not in verdict.message


@every_exercise
def test_nonsense_is_answered_in_a_sentence(exercise):
    question = drawn(exercise, "")
    for name, answer in nonsense().items():
        verdict = question.judge(answer)
        assert (name, verdict.state) == (name, "wrong")
        assert verdict.message.strip()
        assert "Traceback" not in verdict.message


def test_the_solution_names_the_answer():
    for exercise in VALUES:
        question = drawn(exercise, "ada")
        told = numbers_in(question.solution.replace("−", "-"))
        for number in as_numbers(question.answer).ravel():
            room = max(question.tolerance, 2e-3 * abs(number))
            assert min(abs(one - number) for one in told) <= room, exercise.name


def test_no_message_and_no_hint_holds_the_answer():
    for exercise, seed in itertools.product(VALUES, SEEDS):
        question = drawn(exercise, seed)
        right = as_numbers(question.answer)
        wrong = [answer for answer, _ in wrong_answers(question)]
        wrong.append(np.full(right.shape, -12345.5))  # no listed one
        texts = [question.judge(answer).message.replace(in_short(answer), "") for answer in wrong]
        for text in [question.hint, *texts]:
            assert in_short(question.answer) not in text or right.size == 1, exercise.name
            room = max(question.tolerance, 1e-6 * abs(right).max())
            told = [number for number in numbers_in(text) if abs(number - right.ravel()[0]) <= room]
            assert right.size > 1 or not told, exercise.name


def test_an_untouched_cell_is_not_tried_yet():
    for exercise in ORDINARY:
        question = drawn(exercise, "")
        untouched = [..., None, [..., ...], (..., ...)]
        if isinstance(question, Function):
            head = f"def stub({', '.join(question.arguments)}):"
            bodies = ("...", "pass", "'''To do.'''", "raise NotImplementedError")
            untouched += [written(f"{head}\n    {body}", "stub") for body in bodies]
        states = {question.judge(answer).state for answer in untouched}
        assert states == {"untried"}, exercise.name


@pytest.mark.parametrize("answer", ["right", "wrong", "untouched"])
def test_no_check_takes_a_second_of_the_processor(answer):
    for exercise in ORDINARY:
        question = drawn(exercise, "")
        given = {"right": right_answer(question), "wrong": wrong_answers(question)[0][0]}
        begun = time.process_time()
        exercise.question("").judge(given.get(answer, ...))  # as `check` does it: drawn anew
        assert time.process_time() - begun < 1, exercise.name


def test_a_seed_has_its_own_numbers_and_always_the_same():
    for exercise in ORDINARY:
        assert len(variants(exercise)) >= 2, exercise.name
        one: Any = drawn(exercise, "ada")
        other: Any = exercise.question("ada")
        assert (one.task, one.solution) == (other.task, other.solution)
        if isinstance(one, Function):
            assert repr(one.cases) == repr(other.cases)


def test_a_choice_has_one_right_option_whatever_the_numbers():
    for exercise in CHOICES:
        assert len({drawn(exercise, seed).right for seed in (*SEEDS, *"abcd")}) == 1, exercise.name


def test_an_exercise_that_cannot_tell_right_from_wrong_would_be_noticed():
    def ask(draw: Draw) -> Value:
        n = draw.randint(1, 9)
        return Value("What?", n, {"Off by nothing.": n}, "No.", "Yes.")

    with pytest.raises(AssertionError, match="broken: no draw tells right and wrong apart"):
        Exercise("broken", "", ask).question("")


def test_a_message_that_tells_the_answer_would_be_noticed():
    assert Value("?", 14, {"Try again.": 13}, "Add.", "14").is_clear()
    assert not Value("?", 14, {"It is 14.": 13}, "Add.", "14").is_clear()
    assert not Value("?", 14, {"Try again.": 13}, "The answer is 14.", "14").is_clear()


def test_the_interval_between_frameworks_is_that_of_the_comparison():
    counts = set()
    for seed in "abcdefgh":
        question = drawn(catalogue()["which-framework-is-better"], seed)
        values = [json.loads(row) for row in re.findall(r" = (\[.*\])", question.task)]
        found = paired(*values)
        low, high = found.mean - found.margin, found.mean + found.margin
        assert f"from {low:.3f} to {high:.3f} dB" in question.solution
        assert ("It holds 0" in question.solution) == (low <= 0 <= high)
        counts.add(len(values[0]))
    assert counts == {4, 5, 6}


def test_inside_the_picture_the_division_that_richardson_lucy_step_leaves_out_is_by_one():
    for estimate, _, kernel in drawn(catalogue()["richardson-lucy-step"], "").cases:
        reached = np.convolve(np.ones(len(estimate)), kernel, mode="same")
        assert reached[1:-1] == pytest.approx(1)


def test_rounded_answers_pass_and_others_do_not():
    question = drawn(catalogue()["psnr-by-hand"], "")
    assert question.judge(round(question.answer, 2)).state == "right"
    assert question.judge(round(question.answer, 1) + 0.2).state == "wrong"


def test_an_answer_with_as_many_decimals_as_asked_passes_however_small_it_is():
    exercise = catalogue()["one-weight"]
    questions: list[Any] = [exercise.question(f"student {number}") for number in range(300)]
    assert all("Five decimals" in question.task for question in questions)
    assert min(abs(question.answer) for question in questions) < 0.01
    rounded = [question.judge(round(question.answer, 5)).state for question in questions]
    assert rounded == ["right"] * len(questions)


@pytest.mark.parametrize("kind", [list, tuple, np.array, np.float32, str])
def test_an_answer_may_be_of_any_kind_of_numbers(kind):
    question = drawn(catalogue()["first-stamp"], "")
    rows = question.answer.tolist()
    answer = str(rows) if kind is str else kind(rows)
    assert question.judge(answer).state == ("wrong" if kind is str else "right")


def test_the_order_of_a_set_is_free():
    question = drawn(catalogue()["sizes-that-meet"], "ada")
    sizes = sorted(question.answer, reverse=True)
    assert question.judge(sizes).state == question.judge(set(sizes)).state == "right"
    assert "does not belong there" in question.judge([*sizes, 1_000]).message
    assert (
        "not all" in question.judge(sizes[1:] if len(sizes) > 2 else []).message or len(sizes) < 3
    )


def test_what_is_wrong_with_a_result_is_said_without_the_right_one():
    right = np.arange(6.0).reshape(2, 3)
    assert difference(right.tolist(), right) == ""
    assert "[1, 0]" in difference(right + np.array([[0], [1]]), right)
    assert "the shape (3, 2)" in difference(right.T, right)
    assert "return" in difference(None, right)
    assert "'b'" in difference({"a": right}, {"a": right, "b": right})
    assert "Entry 'b'" in difference({"a": right, "b": 1}, {"a": right, "b": right})
