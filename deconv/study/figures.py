"""The figures of the report, in the style of `deconv.drawing.plots`.

An upsampler has the same colour, line and marker in all of them; arms of one kind share
a colour, so that they are told apart by line and marker, also without seeing colours.
"""

from collections.abc import Mapping, Sequence
from math import copysign
from statistics import fmean, median, stdev

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from deconv.architecture import LARGEST_LATENT
from deconv.drawing.plots import (
    BLACK,
    BLUE,
    DPI,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    WIDTH,
    style,
)
from deconv.study import linear
from deconv.study.decisions import PRIMARY, SEEDS, Decision

LOOKS = {
    "transposed": (VERMILION, "-", "o"),
    "transposed2": (VERMILION, ":", "v"),
    "transposed4": (VERMILION, "--", "s"),
    "transposed6": (VERMILION, "-.", "D"),
    "transposed-bilinear": (ORANGE, "-", "^"),
    "transposed-blur": (PURPLE, "-", "P"),
    "nearest": (BLUE, "-", "o"),
    "bilinear": (SKY, "--", "s"),
    "subpixel": (GREEN, "-", "o"),
    "subpixel-icnr": (GREEN, "--", "s"),
    "fractional": (BLACK, ":", "x"),
}
"""Colour, line and marker of each upsampler."""
OUTER, INNER = (VERMILION, "o"), (BLUE, "s")
"""Colour and marker of the two layers."""
FAR_MARGINS = 10
"""Where a chart of contrasts ends at the latest, in margins of its measure."""
FAR = 5
"""Decibels from the median of all seeds at which a chart of seeds ends at the latest."""


def panels(
    count: int, height: int, title: str = "", same_rows: bool = True
) -> tuple[Figure, list[Axes]]:
    """Return a figure with `count` charts side by side, whose rows are the same or not."""
    spaced = ConstrainedLayoutEngine(w_pad=0.06, h_pad=0.08)
    figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, layout=spaced)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure, list(figure.subplots(1, count, squeeze=False, sharey=same_rows)[0])


def rows(axes: Axes, names: Sequence[str]) -> None:
    """Give a chart a row for each name, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)


def contrasts(decisions: Sequence[Decision]) -> Figure:
    """Draw mean difference and interval of each planned contrast: a chart for each task.

    Open where there are fewer seeds than were planned, so that nothing is decided. A mean that
    is off the chart is written at its edge.
    """
    tasks = list(dict.fromkeys(made.task for made in decisions))
    pairs = list(dict.fromkeys(f"{made.one}\n− {made.other}" for made in decisions))
    figure, charts = panels(len(tasks), 350)
    for axes, task in zip(charts, tasks, strict=True):
        measure = PRIMARY[task]
        far = FAR_MARGINS * measure.margin
        axes.axvspan(-measure.margin, measure.margin, color="#e8e8e8", lw=0)
        axes.axvline(0, color=GREY, lw=1)
        for made in decisions:
            if made.task == task and made.found:
                row, found = pairs.index(f"{made.one}\n− {made.other}"), made.found
                axes.plot(found.interval, (row, row), color=BLUE, lw=2, solid_capstyle="butt")
                inside = BLUE if found.n >= SEEDS else "white"
                axes.plot(found.mean, row, "o", mfc=inside, mec=BLUE, ms=6)
                if abs(found.mean) > far:  # off the chart
                    edge, says = copysign(far, found.mean), f"mean {measure.text(found.mean)}"
                    side = "left" if edge < 0 else "right"
                    axes.text(edge, row, says, ha=side, va="bottom", fontsize=8)
        low, high = axes.get_xlim()
        axes.set_xlim(max(low, -far), min(high, far))
        rows(axes, pairs)
        style(axes, f"difference ({measure.unit or 'mean IoU'})", "")
        axes.set_title(task, fontsize=10)
    says = "mean and 95 % interval; left of 0, the second arm is ahead; grey: too little to matter"
    if any(made.found and made.found.n < SEEDS for made in decisions):
        says += "; open: too few seeds to decide"
    figure.supxlabel(says, fontsize=9)
    return figure


def dots(tasks: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Draw the PSNR of every seed of each arm, and their mean: a chart for each task.

    Seeds far off are counted below it, so that the others can be told apart.
    """
    arms = list(dict.fromkeys(arm for own in tasks.values() for arm in own))
    figure, charts = panels(len(tasks), 120 + 27 * len(arms))
    for axes, (task, own) in zip(charts, tasks.items(), strict=True):
        for arm, psnr in own.items():
            row, (colour, _, marker) = arms.index(arm), LOOKS[arm]
            axes.plot(psnr, [row] * len(psnr), marker, ls="", c=colour, ms=5, alpha=0.55)
            mean = fmean(psnr)
            axes.plot((mean, mean), (row - 0.36, row + 0.36), color=BLACK, lw=1.6)
        found = [value for psnr in own.values() for value in psnr]
        near = [value for value in found if abs(value - median(found)) <= FAR]
        away = ""
        if len(near) < len(found):
            axes.set_xlim(min(near) - 0.2, max(near) + 0.2)
            away = f"; beyond: {len(found) - len(near)} of {len(found)} seeds"
        rows(axes, arms)
        style(axes, f"test PSNR (dB){away}", "")
        axes.set_title(task, fontsize=10)
    figure.supxlabel("a mark is a seed, a line is the mean of an arm", fontsize=9)
    return figure


def artefacts(task: str, arms: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """Draw replicas, phases and gains of each arm of a task, outer and inner layer beside."""
    names = list(arms)
    figure, (replica, phase, gain) = panels(3, 150 + 27 * len(names), task)
    for row, own in enumerate(arms.values()):
        for period, layer, look, step in ((2, "outer", OUTER, -0.15), (4, "inner", INNER, 0.15)):
            _spread(replica, own[f"replica_{period}"], row + step, look)
            _spread(phase, own[f"phase_spread_{period}"], row + step, look)
            _spread(gain, own[f"initial_gain_spread_{layer}"], row + step, look, "white")
            _spread(gain, own[f"gain_spread_{layer}"], row + step, look)
    for axes, label in (
        (replica, "replicas (1: as beside them)"),
        (phase, "spread of the phases' errors"),
        (gain, "spread of the phases' gains"),
    ):
        rows(axes, names)
        style(axes, label, "")
    replica.axvline(1, color=GREY, lw=1)
    phase.set_xlim(left=0)
    gain.set_xlim(-0.04, 1)
    for name, (colour, marker) in (("outer layer", OUTER), ("inner layer", INNER)):
        replica.plot([], [], marker, c=colour, ls="", ms=6, label=name)
    gain.plot([], [], "o", mfc="white", mec=BLACK, ls="", ms=6, label="before training")
    gain.plot([], [], "o", c=BLACK, ls="", ms=6, label="after")
    figure.legend(loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    return figure


def _spread(
    axes: Axes, found: Sequence[float], row: float, look: tuple[str, str], inside: str = ""
) -> None:
    """Draw mean ± standard deviation of the seeds as a mark and a line."""
    if not found:
        return
    (colour, marker), mean = look, fmean(found)
    if len(found) > 1:
        half = stdev(found)
        axes.plot((mean - half, mean + half), (row, row), color=colour, lw=1.2)
    axes.plot(mean, row, marker, mfc=inside or colour, mec=colour, ms=5)


def spectra(tasks: Mapping[str, Mapping[str, Sequence[Sequence[float]]]]) -> Figure:
    """Draw the ratio of radial spectra: a line for each arm, its mean over seeds, ring by ring."""
    figure, charts = panels(len(tasks), 440)
    for axes, (task, arms) in zip(charts, tasks.items(), strict=True):
        axes.axhline(1, color=GREY, lw=1)
        for arm, rings in arms.items():
            colour, line, marker = LOOKS[arm]
            there = [(ring, fmean(found)) for ring, found in enumerate(rings) if any(found)]
            x, y = [(ring + 0.5) / 14 for ring, _ in there], [mean for _, mean in there]
            axes.plot(x, y, line, marker=marker, ms=4, lw=1.3, c=colour, label=arm)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        style(axes, "cycles per pixel", "")
        axes.set_title(task, fontsize=10)
    charts[0].set_ylabel("power, over that of the originals", fontsize=10)
    figure.supxlabel("above 0.5 cycles per pixel there are only diagonals", fontsize=9)
    handles = {
        label: h
        for axes in charts
        for h, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles, loc="outside right center", fontsize=9, frameon=False)
    return figure


def rate_distortion(
    coded: Mapping[int, Mapping[str, Sequence[float]]],
    methods: Mapping[str, Sequence[linear.Row]],
) -> Figure:
    """Draw PSNR and SSIM against the size of a code: the autoencoder's, PCA's, bicubic's.

    `coded` has every seed's "psnr" and "ssim" for each size.
    """
    figure, charts = panels(2, 420, same_rows=False)
    dense = [numbers for numbers in coded if numbers < LARGEST_LATENT]
    for axes, measure in zip(charts, ("psnr", "ssim"), strict=True):
        means = [fmean(coded[numbers][measure]) for numbers in dense]
        axes.plot(dense, means, "-", c=VERMILION, marker="o", ms=5, label="autoencoder")
        for (name, found), look in zip(
            methods.items(), ((BLUE, "--", "s"), (GREEN, ":", "^")), strict=True
        ):
            colour, line, marker = look
            y = [getattr(row, measure) for row in found]
            axes.plot(
                [row.numbers for row in found], y, line, c=colour, marker=marker, ms=5, label=name
            )
        if LARGEST_LATENT in coded:
            maps = fmean(coded[LARGEST_LATENT][measure])
            axes.plot(
                LARGEST_LATENT,
                maps,
                "o",
                mfc="white",
                mec=VERMILION,
                ms=6,
                label="without a dense layer",
            )
        axes.axvline(linear.PIXELS, color=GREY, lw=1)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_locator(FixedLocator([8, 32, 128, 784, 3136]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        style(axes, "numbers for an image (the image has 784)", "")
    charts[0].set_ylabel("test PSNR (dB)", fontsize=10)
    charts[1].set_ylabel("test SSIM", fontsize=10)
    charts[0].legend(fontsize=9, frameon=False, loc="upper left")
    return figure
