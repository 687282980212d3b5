"""With which learning rates the arms were trained, and how much more they stand."""

from deconv.compare.report import piped
from deconv.study.plan import RATES, TASKS, TUNING_SEED, TWINS, rate_of, task_of, tuned_rates
from deconv.study.results import Row
from deconv.study.sections.base import UPSAMPLERS, Section, Study

STABILITY_TASK = "super-resolve"


def learning_rates(study: Study) -> Section | None:
    """Show how the learning rates were chosen, and what a higher one does."""
    chosen = tuned_rates(study.rows)
    if not chosen:
        return None
    twins = " and ".join(f"`{arm}` has the rate of `{one}`" for arm, one in TWINS.items())
    parts = [
        f"PSNR of the validation images, in decibels, with seed {TUNING_SEED}, which decides "
        "nothing else. The best rate of an arm, in bold, is that of all its other runs of the "
        "task; where two rates are close, another seed could prefer the other. Arms that "
        f"begin as the same function as another were not tuned: {twins}. The test images have no "
        "part in this.",
        piped(choices(study, chosen)),
    ]
    edge = sorted(
        f"`{arm}` ({task}, {rate:g})"
        for (task, arm), rate in chosen.items()
        if rate in (min(RATES[task]), max(RATES[task]))
    )
    if edge:
        parts.append(
            f"{len(edge)} of {len(chosen)} are at an end of what was tried, and a rate beyond it "
            f"might be better still: {', '.join(edge)}."
        )
    if stable := stability(study, chosen):
        parts += [
            "### Stability",
            f"Validation PSNR of `{STABILITY_TASK}` in decibels at the chosen rate and at 3 and 10 "
            f"times that rate; one seed, {TUNING_SEED}, so only large differences mean "
            "anything. What was not tuned shows the first number of the arm that it begins as.",
            piped(stable),
        ]
    return Section("Learning rates", parts)


def choices(study: Study, chosen: dict[tuple[str, str], float]) -> list[list[str]]:
    """Return the cells of the table of tuning: what each rate gave."""
    found = {
        (task_of(row.job), row.job.upsampler, row.job.learning_rate): row
        for row in study.rows
        if row.job.purpose == "tune"
    }
    tried = sorted({rate for rates in RATES.values() for rate in rates})
    cells = [["task", "arm", *(f"{rate:g}" for rate in tried)]]
    for task in TASKS:
        for arm in UPSAMPLERS:
            if best := chosen.get((task, arm)):
                own = [(rate, validation(found.get((task, arm, rate)))) for rate in tried]
                texts = [f"**{text}**" if rate == best else text for rate, text in own]
                cells.append([task, f"`{arm}`", *texts])
    return cells


def stability(study: Study, chosen: dict[tuple[str, str], float]) -> list[list[str]]:
    """Return the cells of the table of stability; nothing without such runs."""
    found: dict[tuple[str, int], Row] = {}
    for row in study.rows:
        job = row.job
        if task_of(job) == STABILITY_TASK and job.seed == TUNING_SEED:
            factor = job.learning_rate / rate_of(chosen, STABILITY_TASK, job.upsampler)
            if job.purpose == "stability" or (job.purpose == "tune" and round(factor, 6) == 1):
                found[job.upsampler, round(factor)] = row
    arms = [arm for arm in UPSAMPLERS if found.keys() & {(arm, 3), (arm, 10)}]
    cells = [["arm", "rate", "1×", "3×", "10×"]]
    for arm in arms:
        rate = rate_of(chosen, STABILITY_TASK, arm)
        own = [(TWINS.get(arm, arm), 1), (arm, 3), (arm, 10)]
        texts = [validation(found.get(key)) for key in own]
        cells.append([f"`{arm}`", f"{rate:g}", *texts])
    return cells if arms else []


def validation(row: Row | None) -> str:
    """Write the validation PSNR, or that the training diverged."""
    if row and row.diverged:
        return "diverged"
    return f"{row.measures['validation_psnr']:.2f}" if row and row.measures else "–"
