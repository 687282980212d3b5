"""The plan of the study: every run that a claim needs, and none that would choose by the test."""

from collections import Counter
from dataclasses import asdict
from math import isnan

import pytest

from deconv.study.decisions import FAMILY, PRIMARY, REPLICATED, REPLICATED_TASK, SEEDS, SHOWN
from deconv.study.jobs import Job
from deconv.study.measuring import CHOOSING
from deconv.study.plan import (
    CONTROL,
    PLANNED,
    RATES,
    SIZES,
    TASKS,
    TUNING_SEED,
    TWINS,
    answering_jobs,
    primary,
    rate_of,
    task_of,
    tuned_rates,
    tuning_jobs,
)
from deconv.study.results import DIVERGED, Row, failure

FULL = SIZES["full"]
CHOSEN: dict[tuple[str, str], float] = {
    key: 0.001 * (number + 1)
    for number, key in enumerate((task, arm) for task in TASKS for arm in FULL.arms)
}


def full() -> list[Job]:
    return answering_jobs("full", "fashion-mnist", CHOSEN)


def tune(arm: str, rate: float, psnr: float | None) -> Row:
    job = Job("pytorch", "tune", task="super-resolve", upsampler=arm, learning_rate=rate)
    return Row(job, {"validation_psnr": psnr}) if psnr else failure(job, f"the loss {DIVERGED}")


@pytest.mark.parametrize("preset", SIZES)
def test_no_run_is_planned_twice(preset):
    jobs = tuning_jobs(preset, "fashion-mnist") + answering_jobs(preset, "fashion-mnist", {})
    assert len(set(jobs)) == len(jobs)


def test_so_many_runs():
    assert not tuning_jobs("quick", "fashion-mnist")
    quick = SIZES["quick"]
    assert len(answering_jobs("quick", "fashion-mnist", {})) == len(quick.arms) * quick.seeds
    arms, planned, few = len(FULL.arms), len(PLANNED), FULL.others
    assert few == SHOWN  # as the report says
    found = Counter((job.purpose, job.framework) for job in full())
    assert found == {
        ("main", "pytorch"): 2 * ((planned + 2) * SEEDS + (arms - planned - 2) * few),
        ("main", "tensorflow"): planned * REPLICATED,
        ("stability", "pytorch"): 2 * arms,
        ("segment", "pytorch"): planned * few,
        ("latent", "pytorch"): len(FULL.latents) * few,
        ("architecture", "pytorch"): 9 * few,  # two tasks, and skips only in the first
        ("loss", "pytorch"): 4 * few,
        ("linear", "pytorch"): 1,
    }


def test_every_arm_but_the_twins_is_tuned_with_every_rate():
    found = [
        (task_of(job), job.upsampler, job.learning_rate)
        for job in tuning_jobs("full", "fashion-mnist")
    ]
    assert sorted(found) == sorted(
        (task, arm, rate)
        for task in TASKS
        for arm in set(FULL.arms) - TWINS.keys()
        for rate in RATES[task]
    )


@pytest.mark.parametrize("arm", sorted({CONTROL, *(arm for pair in FAMILY for arm in pair)}))
@pytest.mark.parametrize("task", TASKS)
def test_every_planned_arm_has_its_seeds(task, arm):
    own = [job for job in full() if (task_of(job), job.upsampler) == (task, arm)]
    seeds = {
        framework: {job.seed for job in own if (job.purpose, job.framework) == ("main", framework)}
        for framework in ("pytorch", "tensorflow")
    }
    again = REPLICATED if task == REPLICATED_TASK and arm in PLANNED else 0
    assert seeds == {"pytorch": set(range(SEEDS)), "tensorflow": set(range(again))}


def test_no_seed_that_tunes_decides():
    tuning = tuning_jobs("full", "fashion-mnist")
    assert {job.seed for job in tuning} == {TUNING_SEED}
    for job in full():
        assert (job.seed == TUNING_SEED) == (job.purpose in CHOOSING), job.name


def test_runs_of_a_seed_differ_in_their_arm_and_its_rate_alone():
    alike: dict[tuple[str, str, int], dict] = {}
    for job in full():
        if job.purpose == "main":
            settings = {**asdict(job), "upsampler": "", "learning_rate": 0}
            first = alike.setdefault((job.framework, task_of(job), job.seed), settings)
            assert settings == first


def test_every_arm_trains_with_the_rate_that_was_chosen_for_it():
    for job in full():
        if job.purpose == "main":
            same = TWINS.get(job.upsampler, job.upsampler)
            assert job.learning_rate == CHOSEN[task_of(job), same]
    stability = [job for job in full() if job.purpose == "stability"]
    factors = Counter(
        round(job.learning_rate / rate_of(CHOSEN, "super-resolve", job.upsampler), 6)
        for job in stability
    )
    assert factors == {3: len(FULL.arms), 10: len(FULL.arms)}


@pytest.mark.parametrize(("twin", "original"), TWINS.items())
def test_a_twin_has_the_rate_of_what_it_begins_as(twin, original):
    """Also where nothing was tuned, and even if someone tuned it."""
    assert rate_of({("a", original): 0.5, ("a", twin): 0.25}, "a", twin) == 0.5
    assert rate_of({}, "a", twin) == Job.learning_rate


def test_other_networks_and_losses_have_the_rate_of_their_task():
    """The best one that there is for it, and the default where nothing was tuned."""
    tuned = {task: rate for (task, arm), rate in CHOSEN.items() if arm == "transposed"}
    dense = tuned["reconstruct --latent 32"]
    rates: dict[tuple, set[float]] = {}
    for job in full():
        if job.purpose in ("architecture", "latent", "loss"):
            key = job.purpose, job.task, job.latent is None
            rates.setdefault(key, set()).add(job.learning_rate)
    assert rates == {
        ("architecture", "reconstruct", True): {Job.learning_rate},
        ("architecture", "super-resolve", True): {tuned["super-resolve"]},
        ("latent", "reconstruct", False): {dense},
        ("latent", "reconstruct", True): {Job.learning_rate},
        ("loss", "reconstruct", False): {dense},
    }


def test_the_rate_with_the_best_validation_psnr_is_taken_and_none_that_diverged():
    rows = [tune("nearest", 0.003, 19.0), tune("nearest", 0.01, 20.0), tune("nearest", 0.03, None)]
    assert tuned_rates(rows) == {("super-resolve", "nearest"): 0.01}


def test_of_equal_rates_the_lower_one_is_taken():
    rows = [tune("nearest", rate, 20.0) for rate in (0.03, 0.003, 0.01)]
    assert tuned_rates(rows) == {("super-resolve", "nearest"): 0.003}


def test_only_runs_that_tune_choose():
    main = Job("pytorch", "main", task="super-resolve", learning_rate=0.5)
    failed = Job("pytorch", "tune", task="super-resolve", learning_rate=0.5)
    assert tuned_rates([Row(main, {"validation_psnr": 99.0}), failure(failed, "no disk")]) == {}


def test_tasks_are_called_what_is_decided_on():
    for name, settings in TASKS.items():
        assert task_of(Job("pytorch", "main", **settings)) == name
    assert {*TASKS, "segment"} == PRIMARY.keys()


def test_what_decides_is_the_measure_of_each_task():
    diverged = failure(Job("pytorch", "main", seed=1), f"the loss {DIVERGED}")
    rows = [
        Row(Job("pytorch", "main"), {"psnr": 20.0, "ssim": 0.5}),
        Row(Job("tensorflow", "main"), {"psnr": 21.0}),
        Row(Job("pytorch", "segment", task="segment"), {"miou": 0.6}),
        Row(Job("pytorch", "tune"), {"psnr": 99.0}),
        diverged,
        failure(Job("pytorch", "main", seed=2), "the disk is full"),
    ]
    found = primary(rows)
    assert found.keys() == {("reconstruct", "transposed"), ("segment", "transposed")}
    assert found["segment", "transposed"] == {0: 0.6}
    assert found["reconstruct", "transposed"].keys() == {0, 1}  # what failed has not been run
    assert found["reconstruct", "transposed"][0] == 20.0
    assert isnan(found["reconstruct", "transposed"][1])
    assert primary(rows, "tensorflow") == {("reconstruct", "transposed"): {0: 21.0}}
