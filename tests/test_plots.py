"""What the plots show, read back from the Figure objects and from the PNG files."""

import math
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from PIL import Image

from deconv.drawing import plots
from deconv.errors import ArtifactError, ImageError
from deconv.running.record import EpochRow


def grey_images(count: int) -> np.ndarray:
    """Float32 `(N, 28, 28, 1)`, each image of its own grey."""
    greys = np.linspace(-0.9, 0.9, count, dtype=np.float32)
    return np.tile(greys[:, None, None, None], (1, 28, 28, 1))


def history(losses: list[float]) -> list[EpochRow]:
    return [
        EpochRow(
            epoch,
            2 * loss,
            loss,
            0.01,
            1.0,
            "synthetic",
            validation_psnr=10 * math.log10(4 / loss),
            validation_ssim=0.9,
        )
        for epoch, loss in enumerate(losses, start=1)
    ]


def drawn_images(figure) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes]


def xs(line: Line2D) -> list[float]:
    return list(np.asarray(line.get_xdata()))


def ys(line: Line2D) -> list[float]:
    return list(np.asarray(line.get_ydata()))


def outlines(axes) -> list[np.ndarray]:
    """How many images are in each bin, for each label."""
    return [patch.get_data().values for patch in axes.patches]


def captions(figure) -> list[str]:
    return [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]


def row_names(figure) -> list[str]:
    return [axes.get_ylabel().replace("\n", " ") for axes in figure.axes if axes.get_ylabel()]


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_reconstructions_stand_under_their_originals_with_their_psnr():
    images = grey_images(2)
    outputs = images - np.array([0.02, 0.2], np.float32).reshape(2, 1, 1, 1)
    figure = plots.reconstructions(images, outputs)
    first, under_first, second, under_second = figure.axes
    assert captions(figure) == ["40.0 dB", "20.0 dB"]
    assert row_names(figure) == ["original", "reconstruction"]
    drawn = drawn_images(figure)
    for original, output, index in ((first, under_first, 0), (second, under_second, 1)):
        assert original.get_position().x0 == output.get_position().x0
        assert original.get_position().y0 > output.get_position().y1
        assert (drawn[2 * index] == images[index, ..., 0]).all()
        assert (drawn[2 * index + 1] == outputs[index, ..., 0]).all()
    assert second.get_position().x0 > first.get_position().x1


def test_black_is_minus_1_and_white_is_1_for_every_image():
    for axes in plots.reconstructions(grey_images(3), grey_images(3)).axes:
        assert axes.images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize("title", ["", "A title"])
def test_the_scale_stands_between_the_title_and_the_images(title):
    figure = plots.reconstructions(grey_images(3), grey_images(3), title)
    figure.draw_without_rendering()
    heading, scale = (text.get_window_extent() for text in figure.texts)
    assert [text.get_text() for text in figure.texts] == [title, "scale: black −1, white 1"]
    assert not title or heading.y0 >= scale.y1
    assert scale.y0 >= figure.axes[0].get_window_extent().y1


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (10, 1, 10), (16, 2, 8)])
def test_more_than_ten_images_go_on_in_further_rows(count, rows, columns):
    figure = plots.reconstructions(grey_images(count), grey_images(count))
    assert len(figure.axes) == 2 * count
    assert len({round(axes.get_position().y0, 6) for axes in figure.axes}) == 2 * rows
    assert len({round(axes.get_position().x0, 6) for axes in figure.axes}) == columns
    boxes = [axes.get_position() for axes in figure.axes]
    assert min(box.y0 for box in boxes) > 0
    assert max(box.x1 for box in boxes) <= 1


def test_every_pixel_of_an_image_is_drawn_equally_large(tmp_path):
    checks = (np.indices((28, 28)).sum(0) % 2 * 2.0 - 1).reshape(1, 28, 28, 1)
    figure = plots.reconstructions(checks, checks)
    plots.save(figure, tmp_path / "checks.png")
    picture = np.asarray(Image.open(tmp_path / "checks.png").convert("L"))
    box = figure.axes[0].get_position()
    height, width = picture.shape
    top, left = round((1 - box.y1) * height), round(box.x0 * width)
    side = round(box.width * width)
    zoom = side // 28
    expected = np.kron((checks[0, ..., 0] + 1) * 127.5, np.ones((zoom, zoom)))
    assert zoom > 1
    assert (picture[top : top + side, left : left + side] == expected).all()


def test_runs_are_compared_in_one_row_each_under_the_originals():
    images = grey_images(3)
    outputs = {"PyTorch": images * 0.9, "TensorFlow": images * 0.8}
    figure = plots.reconstructions_compared(images, outputs)
    assert row_names(figure) == ["original", "PyTorch", "TensorFlow"]
    assert len(captions(figure)) == 2 * 3
    column = [images[0], images[0] * 0.9, images[0] * 0.8]
    for drawn, expected in zip(drawn_images(figure)[:3], column, strict=True):
        assert (drawn == expected[..., 0]).all()


def test_a_perfect_image_is_infinitely_good():
    assert captions(plots.reconstructions(grey_images(1), grey_images(1))) == ["∞ dB"]


def test_reconstructions_that_do_not_fit_their_originals_are_refused():
    with pytest.raises(ImageError, match=r"\(2, 28, 28, 1\)"):
        plots.reconstructions(grey_images(3), grey_images(2))


def test_curves_show_both_losses_on_a_log_axis_and_ring_the_best_epoch():
    rows = history([0.01, 0.001, 0.002])
    loss, psnr = plots.curves(rows, "TensorFlow").axes
    training, validation, ring = loss.lines
    assert loss.get_yscale() == "log"
    assert ys(training) == [0.02, 0.002, 0.004]
    assert ys(validation) == [0.01, 0.001, 0.002]
    assert (xs(ring), ys(ring)) == ([2], [0.001])
    assert ys(psnr.lines[0]) == [row.validation_psnr for row in rows]
    assert xs(psnr.lines[1]) == [2]
    assert legend(loss) == ["training", "validation"]
    assert legend(psnr) == ["best epoch 2: 36.0 dB"]
    assert "dB" in psnr.get_ylabel()


def test_a_loss_that_changes_little_still_has_numbers_on_its_axis():
    figure = plots.curves(history([0.016, 0.01, 0.007]), "PyTorch")
    plots.png(figure)  # places the ticks
    loss = figure.axes[0]
    low, high = loss.get_ylim()
    ticks = zip(loss.get_yticks(), loss.get_yticklabels(), strict=True)
    labels = [label.get_text() for value, label in ticks if low <= value <= high]
    assert len(labels) >= 3
    assert all(labels)


@pytest.mark.parametrize("last", [0.018, 0.004, 0.0015, 0.001, 4e-4, 3e-5, 1e-6])
def test_the_numbers_on_the_axis_of_the_loss_do_not_overlap(last):
    figure = plots.curves(history([0.02, last]), "PyTorch")
    plots.png(figure)  # places the ticks
    low, high = figure.axes[0].get_ylim()
    boxes = [
        label.get_window_extent()
        for label in figure.axes[0].get_yticklabels()
        if low <= label.get_position()[1] <= high
    ]
    assert len(boxes) >= 2
    assert not any(one.overlaps(other) for one, other in pairwise(boxes))


def test_compared_curves_keep_the_colour_of_each_framework():
    runs = {"TensorFlow": history([0.02, 0.01]), "PyTorch": history([0.03, 0.001])}
    loss, psnr = plots.curves_compared(runs).axes
    assert legend(loss) == ["TensorFlow", "PyTorch"]
    assert legend(psnr) == ["best epoch 2: 26.0 dB", "best epoch 2: 36.0 dB"]
    by_label = {line.get_label(): line for line in loss.lines}
    assert ys(by_label["PyTorch"]) == [0.03, 0.001]
    assert to_hex(by_label["PyTorch"].get_color()).upper() == plots.VERMILION
    assert to_hex(by_label["TensorFlow"].get_color()).upper() == plots.BLUE


def test_a_framework_has_one_colour_whatever_stands_beside_it():
    assert plots.colours(["PyTorch 2.13"])["PyTorch 2.13"] == plots.VERMILION
    mixed = plots.colours(["TensorFlow", "other", "PyTorch 1", "PyTorch 2", "NumPy"])
    assert mixed["TensorFlow"] == plots.BLUE
    assert mixed["PyTorch 1"] == plots.VERMILION
    assert mixed["NumPy"] == plots.GREEN
    assert len(set(mixed.values())) == 5


def test_distribution_counts_every_image_and_marks_each_mean():
    rng = np.random.default_rng(0)
    psnr = {"PyTorch": rng.normal(40, 3, 200), "TensorFlow": rng.normal(35, 3, 100)}
    (axes,) = plots.psnr_distribution(psnr).axes
    assert [counts.sum() for counts in outlines(axes)] == [200, 100]
    assert [xs(line)[0] for line in axes.lines] == [
        pytest.approx(values.mean()) for values in psnr.values()
    ]
    assert legend(axes) == [f"{k}: mean {v.mean():.2f} dB" for k, v in psnr.items()]


def test_images_of_exactly_the_same_psnr_still_make_a_distribution():
    (axes,) = plots.psnr_distribution({"PyTorch": np.full(7, 40.0)}).axes
    assert outlines(axes)[0].sum() == 7


def test_distribution_leaves_perfect_images_out_and_refuses_to_draw_nothing():
    (axes,) = plots.psnr_distribution({"PyTorch": np.array([40.0, np.inf])}).axes
    assert outlines(axes)[0].sum() == 1
    assert legend(axes) == ["PyTorch: mean 40.00 dB"]
    with pytest.raises(ImageError, match="finite PSNR"):
        plots.psnr_distribution({"PyTorch": np.array([np.inf])})


def test_a_saved_figure_has_the_same_bytes_each_time_and_names_no_program(tmp_path):
    for name in ("a.png", "b.png"):
        plots.save(plots.curves(history([0.01, 0.001]), "PyTorch"), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.format == "PNG"
        assert picture.width == plots.WIDTH
        assert picture.info.keys() <= {"dpi"}


def test_a_figure_that_cannot_be_written_leaves_nothing_and_says_where(tmp_path):
    with pytest.raises(ArtifactError, match="missing"):
        plots.save(plots.curves(history([0.01])), tmp_path / "missing" / "a.png")
    assert list(tmp_path.iterdir()) == []
