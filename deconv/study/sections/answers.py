"""What the study was run for: which way up, as far as the planned contrasts say it."""

from collections.abc import Mapping
from statistics import fmean
from typing import NamedTuple

from deconv.compare.report import piped
from deconv.study import figures
from deconv.study.decisions import FAMILY, PRIMARY, SEEDS, Decision, table
from deconv.study.plan import DECIDING, RATES
from deconv.study.sections.base import Section, Study, measured, picture, plural, values
from deconv.study.statistics import ALPHA


class Question(NamedTuple):
    """What a planned contrast asks, in words."""

    text: str
    advice: str
    """Who says that the second of the two is better; empty where nobody does."""
    besides: str
    """What else differs between the two, and what else to know."""
    checkerboards: bool = False
    """Whether they say it because of checkerboards, which the primary measure hardly sees."""
    others: tuple[str, ...] = ()
    """Arms whose means help to tell why."""


QUESTIONS: Mapping[tuple[str, str], Question] = {
    ("transposed", "transposed4"): Question(
        "A kernel that the stride divides: 4×4 instead of 3×3?",
        "Odena, Dumoulin and Olah (2016) advise it, against checkerboards",
        "A 4×4 kernel is larger as well, and an even kernel lies evenly on the pixels that come of "
        "one. So a gain need not come from the division: the stride divides the kernel of "
        "`transposed2` too.",
        checkerboards=True,
        others=("transposed2", "transposed6"),
    ),
    ("transposed6", "subpixel"): Question(
        "Pixel shuffle, or the transposed convolution that has the same weights in other places?",
        "",
        "Both begin as the same function, and Adam moves each weight by itself. So only rounding "
        "can part them, and the biases: `subpixel` has four for each channel, and `transposed6` "
        "one.",
    ),
    ("transposed4", "nearest"): Question(
        "Resize and convolve, which is a 4×4 transposed convolution with fewer free weights?",
        "Odena, Dumoulin and Olah (2016) advise it, against checkerboards",
        "The first weights differ as well, and so may the learning rates. `transposed-blur` can be "
        "the same functions as `nearest`, and begins as such a one; but its weights are four times "
        "as large, so that a step of Adam changes them by less.",
        checkerboards=True,
        others=("transposed-blur",),
    ),
    ("subpixel", "subpixel-icnr"): Question(
        "Should pixel shuffle start as a resize (ICNR)?",
        "Aitken et al. (2017, arXiv:1707.02937) advise it",
        "",
    ),
    ("transposed", "transposed-bilinear"): Question(
        "Should a transposed convolution start as a bilinear resize?",
        "Long, Shelhamer and Darrell (2015, arXiv:1411.4038) begin so, with kernels of 4×4",
        "Here the kernels are 3×3, so that only the start differs from `transposed`.",
    ),
}


def what_to_use(study: Study) -> Section:
    """Say what follows from the decisions, and nothing else."""
    title, made = "What to use", study.decided
    if not made:
        return Section(title, [f"This study decides nothing: {too_few(study)}"])
    tasks = list(dict.fromkeys(each.task for each in made))
    found = {(each.task, each.one, each.other): each for each in made}
    head = ["", *(f"`{task}`" for task in tasks)]
    cells = [
        [QUESTIONS[pair].text, *(short(study, found.get((task, *pair))) for task in tasks)]
        for pair in FAMILY
    ]
    parts = [
        f"Each answer rests on a planned contrast of {SEEDS} paired seeds, at a level of "
        f"{100 * ALPHA:g} % after Holm's correction over the {len(FAMILY)} contrasts of its task. "
        "In brackets stands the 95 % interval of each difference alone. Primary measure: "
        f"{'; '.join(f'`{task}`, {PRIMARY[task].name}' for task in tasks)}.",
        piped([head, *cells]),
    ]
    for pair in FAMILY:
        question = QUESTIONS[pair]
        advice = f"{question.advice}." if question.advice else ""
        parts.append(" ".join(filter(None, [f"**{question.text}**", advice, question.besides])))
        answers = [found[task, *pair] for task in tasks if (task, *pair) in found]
        parts.append("\n".join(f"- {answer(study, each)}" for each in answers))
    return Section(title, parts)


def too_few(study: Study) -> str:
    """Say how many seeds there are, and how many there should be."""
    most = max((len(made.seeds) for made in study.decisions), default=0)
    return (
        f"a planned contrast has {plural(most, 'paired seed')}, and {SEEDS} were to decide. "
        "`python -m deconv.study --preset full` trains them."
    )


def trouble(study: Study, made: Decision) -> str:
    """Say which runs of a contrast diverged or learned nothing; empty where all are as planned."""
    pair, arms = (made.one, made.other), study.arms(made.task)
    diverged, said = sum(study.diverged(made.task)[arm] for arm in pair), []
    if diverged or len(made.seeds) < SEEDS:
        why = f": {diverged} diverged" if diverged else ""
        said.append(f"{len(made.seeds)} of {SEEDS} pairs{why}")
    said.append(study.nothing(row for arm in pair for row in arms.get(arm, [])))
    return "; ".join(filter(None, said))


def short(study: Study, made: Decision | None) -> str:
    """Return the answer in a few words, with the size of the difference."""
    if not made:
        return "–"
    measure, found, wrong = PRIMARY[made.task], made.found, trouble(study, made)
    if not found:
        return f"– ({wrong})"
    low, high = found.interval
    between = f"({low:z.{measure.digits}f} to {high:z.{measure.digits}f})"
    if wrong:
        pair = f"`{made.one}` − `{made.other}`"
        return f"{pair}: {measure.text(found.mean)} {between} ({wrong})"
    if made.p > ALPHA:
        within = f"either: within ±{measure.margin:g} {measure.unit}".rstrip()
        head = within if made.p_equivalence <= ALPHA else "not decided"
        return f"{head} {between}"
    low, high = sorted(map(abs, found.interval))
    size = (
        f"{measure.text(abs(found.mean))} ({low:.{measure.digits}f} to {high:.{measure.digits}f})"
    )
    if made.p_equivalence <= ALPHA:
        return f"`{better(made)}`, by too little to matter: {size}"
    return f"**`{better(made)}`**, by {size}"


def better(made: Decision) -> str:
    """Return the arm that is ahead."""
    assert made.found
    return made.one if made.found.mean > 0 else made.other


def answer(study: Study, made: Decision) -> str:
    """Return a decision with all that it rests on, what it says of the advice, and the cost."""
    head, warning = advised(made), ""
    if wrong := trouble(study, made):
        head = f"Neither arm is called better ({wrong}). The tests alone: "
        warning = (
            "They count a run that learned nothing like any other, leave out a pair of which one "
            "diverged, and expect a normal distribution, which this is not."
        )
    said = [f"{head}{made.sentence}", warning, rates(study, made), cost(study, made)]
    return " ".join(filter(None, [*said, others(study, made), replicas(study, made)]))


def advised(made: Decision) -> str:
    """Say how the advice fared, where there is one."""
    if not QUESTIONS[made.one, made.other].advice or not made.found:
        return ""
    measure = PRIMARY[made.task].short
    if made.p > ALPHA:
        return f"No gain in {measure}. " if made.p_equivalence <= ALPHA else ""
    if better(made) == made.one:
        return f"The other way round, in {measure}. "
    small = " too small to matter" if made.p_equivalence <= ALPHA else ""
    return f"A gain in {measure}{small}. "


def rates(study: Study, made: Decision) -> str:
    """Say with which learning rates the arms were trained, and where a better one may be beyond."""
    arms, said = study.arms(made.task), []
    tried = RATES.get(made.task, RATES["super-resolve"])
    ends = (min(tried), max(tried)) if study.of("tune") else ()
    for arm in (made.one, made.other):
        for rate in sorted({row.job.learning_rate for row in arms.get(arm, [])}):
            end = ", at the end of what was tried" * (rate in ends)
            said.append(f"`{arm}` {rate:g}{end}")
    return f"Learning rates: {'; '.join(said)}." if said else ""


def cost(study: Study, made: Decision) -> str:
    """Say what the second arm costs, in parts of the first."""
    arms = study.arms(made.task)
    if not {made.one, made.other} <= arms.keys():
        return ""
    macs, parameters = (
        fmean(values(arms[made.other], name)) / fmean(values(arms[made.one], name))
        for name in ("macs", "parameters")
    )
    if max(abs(macs - 1), abs(parameters - 1)) < 0.01:
        return (
            "Both do the same number of multiplications and have as many parameters (within 1 %)."
        )
    return (
        f"`{made.other}` costs {macs:.2f} times the multiplications and {parameters:.2f} times "
        f"the parameters of `{made.one}`."
    )


def others(study: Study, made: Decision) -> str:
    """Say what the arms have that help to tell why."""
    arms, measure = study.arms(made.task), PRIMARY[made.task]
    names = (made.one, made.other, *QUESTIONS[made.one, made.other].others)
    rows = {arm: arms[arm] for arm in names if arm in arms}
    if len(rows) < 3:
        return ""
    column = DECIDING.get(made.task, DECIDING["main"])
    said = (
        f"`{arm}` {measured(own, column, measure.digits)} ({plural(len(own), 'seed')})"
        for arm, own in rows.items()
    )
    return f"Beside it, {measure.short}: {', '.join(said)}. These were not tested."


def replicas(study: Study, made: Decision) -> str:
    """Say what there is to see of checkerboards, where the advice is against them."""
    arms, said = study.arms(made.task), []
    for arm in (made.one, made.other):
        outer, inner = (values(arms.get(arm, []), f"replica_{period}") for period in (2, 4))
        if outer and inner:
            said.append(f"`{arm}` {fmean(outer):.2f} and {fmean(inner):.2f}")
    if not QUESTIONS[made.one, made.other].checkerboards or not said:
        return ""
    return (
        "Replicas, which checkerboards leave in the errors (outer and inner layer, mean): "
        f"{'; '.join(said)}. This was not tested."
    )


def contrasts(study: Study) -> Section | None:
    """Show the planned contrasts, decided or not."""
    if not study.decisions:
        return None
    cells = table(study.decisions)
    for row, made in zip(cells[1:], study.decisions, strict=True):
        if wrong := trouble(study, made):
            row[-1] += f" ({wrong})"
        if made not in study.decided:
            row[-1] = f"too few seeds: {wrong}"
    parts = [
        "A difference above 0 means that the first arm of a contrast is ahead. Both p-values are "
        f"after Holm's correction over the {len(FAMILY)} contrasts of a task; an interval is that "
        "of its contrast alone.",
        piped(cells),
    ]
    drawn = {"contrasts": figures.contrasts(study.decisions)}
    says = "Mean differences of the planned contrasts with their 95 % intervals"
    parts.append(picture("contrasts", says))
    return Section("The planned contrasts", parts, drawn)
