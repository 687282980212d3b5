"""How good a code of N numbers is: the autoencoder's, principal components, fewer pixels."""

from collections.abc import Mapping
from statistics import fmean

from deconv.architecture import LARGEST_LATENT
from deconv.compare.report import piped
from deconv.metrics import to_unit_range
from deconv.study import figures, linear
from deconv.study.jobs import Job
from deconv.study.results import Row
from deconv.study.sections.base import Section, Study, picture, plus_minus, seed_counts, values
from deconv.study.theory import measured

CLOSE = 0.02
"""How near to the least possible error, in parts of it, the linear autoencoder should come."""
Coded = Mapping[int, list[Row]]
"""Size of the code to the runs that have it."""
Beside = Mapping[int, tuple[linear.Row, linear.Row]]
"""Size of a code to what PCA and bicubic resizing make of it."""


def rate_and_distortion(study: Study) -> Section | None:
    """Show what codes of different sizes are worth, and whether training finds the best one."""
    coded: dict[int, list[Row]] = {}
    for row in study.of("latent"):
        coded.setdefault(row.job.latent or LARGEST_LATENT, []).append(row)
    coded = dict(sorted(coded.items()))
    parts, drawn = [], {}
    if coded:
        job = next(iter(coded.values()))[0].job
        train = to_unit_range(study.splits.train[: job.limit])
        sizes = [numbers for numbers in coded if numbers < linear.PIXELS]
        found = linear.baselines(train, to_unit_range(study.splits.test), sizes)
        beside = dict(zip(sizes, zip(found[::2], found[1::2], strict=True), strict=True))
        parts = [
            f"`reconstruct` with `{job.upsampler}` and a code of N numbers for an image, mean ± "
            f"standard deviation over {seed_counts(map(len, coded.values()))}, of the test images; "
            f"no claim rests on them. The learning rate is {job.learning_rate:g}, the best one for "
            "`--latent 32`. Beside it stand the best linear code (PCA, found in the same "
            f"{len(train):,} training images), and bicubic resizing to the square of pixels whose "
            "number is nearest to N, and back. From 784 numbers on these two are perfect, because "
            f"they keep every pixel. The {LARGEST_LATENT:,} numbers are the feature maps, without "
            f"a dense layer, trained with the default rate of {Job.learning_rate:g}, which was not "
            "tuned.",
            piped(table(study, coded, beside)),
            picture("rate-distortion", "PSNR and SSIM against the size of the code"),
            ahead(coded, beside),
        ]
        drawn = {"rate-distortion": figures.rate_distortion(*curves(coded, beside))}
    parts += linear_autoencoder(study)
    return Section("Rate and distortion", parts, drawn) if parts else None


def table(study: Study, coded: Coded, beside: Beside) -> list[list[str]]:
    """Return the cells: a row for each size."""
    cells = [["numbers", "seeds", "PSNR (dB)", "SSIM", "PCA: PSNR", "SSIM", "bicubic: pixels",
              "PSNR", "SSIM"]]  # fmt: skip
    for numbers, rows in coded.items():
        own = [plus_minus(values(rows, "psnr"), 2), plus_minus(values(rows, "ssim"), 4)]
        others = ["–"] * 5
        if numbers in beside:
            pca, small = beside[numbers]
            others = [f"{pca.psnr:.2f}", f"{pca.ssim:.4f}", f"{small.numbers}"]
            others += [f"{small.psnr:.2f}", f"{small.ssim:.4f}"]
        cells.append([f"{numbers:,}", study.noted(len(rows), rows), *own, *others])
    return cells


def curves(
    coded: Coded, beside: Beside
) -> tuple[dict[int, dict[str, list[float]]], dict[str, list[linear.Row]]]:
    """Return what is drawn: every seed's measures for each size, and the rows of each method."""
    seeds = {
        numbers: {name: values(rows, name) for name in ("psnr", "ssim")}
        for numbers, rows in coded.items()
    }
    methods = {
        "PCA": [pca for pca, _ in beside.values()],
        "bicubic": list({small.numbers: small for _, small in beside.values()}.values()),
    }
    return seeds, methods


def ahead(coded: Coded, beside: Beside) -> str:
    """Say where the autoencoder's mean is above that of PCA."""
    above = {n: fmean(values(coded[n], "psnr")) > pca.psnr for n, (pca, _) in beside.items()}
    up, down = (", ".join(f"{n}" for n in above if above[n] is wanted) for wanted in (True, False))
    return (
        f"By their means, which were not tested, the autoencoder is above PCA with {up or 'no'} "
        f"numbers, and below it with {down or 'none of these'}."
    )


def linear_autoencoder(study: Study) -> list[str]:
    """Hold a trained linear autoencoder against the error that PCA says is the least."""
    said = []
    for row in study.of("linear"):
        numbers, trained = row.job.latent, row.measures.get("train_mse")
        if numbers is None or trained is None:
            continue
        images = to_unit_range(study.splits.train[: row.job.limit])
        cells = measured.bound_rows(linear.pca(images), images, numbers, trained)
        least = cells[0].predicted
        above = trained / least - 1
        said += [
            "### A linear autoencoder",
            f"Two dense layers with {numbers} numbers between them can be no better than PCA. "
            f"Trained by the same engine for {row.job.epochs} epochs (seed {row.job.seed}, one "
            f"run), on all {len(images):,} training images, its error on these is "
            f"{100 * above:.2f} % above the least that is possible: "
            f"{'within' if above <= CLOSE else 'not within'} {100 * CLOSE:g} %.",
            piped(measured.table(cells)),
        ]
    return said
