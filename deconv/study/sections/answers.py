"""What the study was run for: which way up, as far as the planned contrasts say it."""

from collections.abc import Mapping
from statistics import fmean
from typing import NamedTuple

from deconv.compare.report import piped
from deconv.study import figures
from deconv.study.decisions import FAMILY, PRIMARY, SEEDS, Decision, table
from deconv.study.sections.base import Section, Study, picture, values
from deconv.study.statistics import ALPHA


class Question(NamedTuple):
    """What a planned contrast asks, in words."""

    text: str
    advice: str
    """Who says that the second of the two is better; empty where nobody does."""


QUESTIONS: Mapping[tuple[str, str], Question] = {
    ("transposed", "transposed4"): Question(
        "Should the stride divide the kernel: 4×4 instead of 3×3?",
        "Odena, Dumoulin and Olah (2016) advise it, against checkerboards",
    ),
    ("transposed6", "subpixel"): Question(
        "Pixel shuffle, or the transposed convolution that computes the same functions?", ""
    ),
    ("transposed4", "nearest"): Question(
        "Resize and convolve, which is a 4×4 transposed convolution with fewer free weights?",
        "Odena, Dumoulin and Olah (2016) advise it, against checkerboards",
    ),
    ("subpixel", "subpixel-icnr"): Question(
        "Should pixel shuffle start as a resize (ICNR)?",
        "Aitken et al. (2017, arXiv:1707.02937) advise it",
    ),
    ("transposed", "transposed-bilinear"): Question(
        "Should a transposed convolution start as a bilinear resize?",
        "Long, Shelhamer and Darrell (2015, arXiv:1411.4038) begin so",
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
        [QUESTIONS[pair].text, *(short(found.get((task, *pair))) for task in tasks)]
        for pair in FAMILY
    ]
    parts = [
        f"Each answer rests on a planned contrast of {SEEDS} paired seeds, at a level of "
        f"{100 * ALPHA:g} % after Holm's correction over the {len(FAMILY)} contrasts of its task. "
        "In brackets stands the 95 % interval of each difference alone.",
        piped([head, *cells]),
    ]
    for pair in FAMILY:
        advice = QUESTIONS[pair].advice
        parts.append(f"**{QUESTIONS[pair].text}**{f' {advice}.' if advice else ''}")
        answers = [found[task, *pair] for task in tasks if (task, *pair) in found]
        parts.append("\n".join(f"- {answer(study, each)}" for each in answers))
    return Section(title, parts)


def too_few(study: Study) -> str:
    """Say how many seeds there are, and how many there should be."""
    most = max((len(made.seeds) for made in study.decisions), default=0)
    return (
        f"a planned contrast has {most} paired seeds, and {SEEDS} were to decide. "
        "`python -m deconv.study --preset full` trains them."
    )


def short(made: Decision | None) -> str:
    """Return the answer in a few words, with the size of the difference."""
    if not made or not made.found:
        return "–"
    measure, found = PRIMARY[made.task], made.found
    low, high = found.interval
    if made.p > ALPHA:
        within = f"either: within ±{measure.margin:g} {measure.unit}".rstrip()
        head = within if made.p_equivalence <= ALPHA else "not decided"
        return f"{head} ({low:z.{measure.digits}f} to {high:z.{measure.digits}f})"
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
    said = [f"{advised(made)}{made.sentence}", cost(study, made)]
    for arm in (made.one, made.other):
        if seeds := study.learned_nothing(made.task, arm):
            said.append(
                f"{len(seeds)} runs of `{arm}` have learned nothing and draw black pictures; the "
                "mean difference counts them, and t rests on a normal distribution, which this "
                "is not."
            )
    return " ".join(filter(None, said))


def advised(made: Decision) -> str:
    """Say how the advice fared, where there is one."""
    if not QUESTIONS[made.one, made.other].advice or not made.found:
        return ""
    if made.p > ALPHA:
        return "No gain. " if made.p_equivalence <= ALPHA else ""
    if better(made) == made.one:
        return "The other way round. "
    return "A gain too small to matter. " if made.p_equivalence <= ALPHA else "A gain. "


def cost(study: Study, made: Decision) -> str:
    """Say what the second arm costs, in parts of the first."""
    arms = study.arms(made.task)
    if not {made.one, made.other} <= arms.keys():
        return ""
    macs, parameters = (
        fmean(values(arms[made.other], name)) / fmean(values(arms[made.one], name))
        for name in ("macs", "parameters")
    )
    if f"{macs:.2f}" == f"{parameters:.2f}" == "1.00":
        return "Both cost the same."
    return (
        f"`{made.other}` costs {macs:.2f} times the multiplications and {parameters:.2f} times "
        f"the parameters of `{made.one}`."
    )


def contrasts(study: Study) -> Section | None:
    """Show the planned contrasts, decided or not."""
    if not study.decisions:
        return None
    cells = table(study.decisions)
    for row, made in zip(cells[1:], study.decisions, strict=True):
        if made not in study.decided:
            row[-1] = f"too few seeds: {len(made.seeds)} of {SEEDS}"
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
