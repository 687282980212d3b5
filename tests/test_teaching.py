"""What the figures of the notebooks show, read back from the Figure objects."""

import numpy as np
import pytest

from deconv.drawing import plots
from deconv.drawing.teaching import image_grid, number_grids, psnr_by_size, stamps
from deconv.errors import ImageError

CORNER = np.array([[0, 1], [2, 3]])


def numbers(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_stamps_show_every_product_and_their_sum():
    input_, kernel, *canvases, total = stamps(CORNER, CORNER).axes
    assert numbers(input_) == numbers(kernel) == ["0", "1", "2", "3"]
    assert [axes.get_title() for axes in canvases] == [f"{n} × kernel" for n in range(4)]
    assert numbers(canvases[0]) == ["0", "0", "0", "0"]  # a stamp of zeros is drawn, too
    assert numbers(canvases[3]) == ["0", "3", "6", "9"]
    assert numbers(total) == ["0", "0", "1", "0", "4", "6", "4", "12", "9"]


def test_stamps_move_by_the_stride():
    last = stamps(CORNER, np.ones((3, 3), int), stride=2).axes[-2]
    places = {(round(text.get_position()[1]), round(text.get_position()[0])) for text in last.texts}
    assert places == {(row, column) for row in (2, 3, 4) for column in (2, 3, 4)}


def test_number_grids_leave_nan_empty():
    (axes,) = number_grids([np.array([[1.0, np.nan], [0.5, 2.0]])], ["title"]).axes
    assert numbers(axes) == ["1", "0.5", "2"]


def test_image_grid_draws_every_image_equally_large_in_whole_pixels():
    maps = [np.eye(size) for size in (7, 14, 28)]
    figure = image_grid(maps, columns=2, captions=["a", "b", "c"], row_labels=["long label", "d"])
    boxes = [axes.get_window_extent().bounds for axes in figure.axes]
    widths, heights = {round(box[2], 6) for box in boxes}, {round(box[3], 6) for box in boxes}
    assert widths == heights
    assert widths.pop() % 28 == 0
    assert boxes[0][0] < boxes[1][0]
    assert boxes[2][1] < boxes[0][1]
    assert [axes.get_xlabel() for axes in figure.axes] == ["a", "b", "c"]
    assert plots.png(figure).startswith(b"\x89PNG")


def test_image_grid_scales_to_the_limits_or_to_each_image():
    fixed, own = (
        image_grid([np.array([[0.0, 4.0]])], 1, limits=limits).axes[0].images[0].get_clim()
        for limits in ((-1, 1), None)
    )
    assert fixed == (-1, 1)
    assert own == (0, 4)


def test_image_grid_needs_an_image():
    with pytest.raises(ImageError, match="no images"):
        image_grid([], columns=3)


def test_psnr_by_size_draws_a_line_for_each_label():
    (axes,) = psnr_by_size([4, 8], {"latent": [1.0, 2.0], "pixels": [3.0, 4.0]}, 5.0, 784).axes
    drawn = {line.get_label(): list(np.asarray(line.get_ydata())) for line in axes.lines}
    assert drawn["latent"] == [1, 2]
    assert drawn["pixels"] == [3, 4]
    assert drawn["the whole latent: 5.0 dB"] == [5, 5]
