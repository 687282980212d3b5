"""What the figures of the notebooks show, read back from the Figure objects."""

import numpy as np
import pytest

from deconv.architecture import Design, layers
from deconv.arithmetic import conv_transpose2d
from deconv.drawing import plots
from deconv.drawing.network import network
from deconv.drawing.teaching import image_grid, number_grids, padded_stamps, psnr_by_size, stamps
from deconv.errors import ConfigError, ImageError

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


def hatched(axes) -> set[tuple[int, int]]:
    corners = [patch.get_xy() for patch in axes.patches]
    return {(round(y + 0.5), round(x + 0.5)) for x, y in corners}


def border(size: int, first: int, last: int) -> set[tuple[int, int]]:
    kept = range(first, last)
    return {(i, j) for i, j in np.ndindex(size, size) if i not in kept or j not in kept}


@pytest.mark.parametrize(
    ("padding", "output_padding", "size", "cut"),
    [  # a kernel of 3 prints 5×5 of 2×2 with stride 2
        (0, 0, 5, set()),
        (1, 0, 5, border(5, 1, 4)),
        (1, 1, 5, border(5, 1, 5)),
        (0, 1, 6, set()),  # where nothing was cut, output padding adds zeros
    ],
)
def test_padded_stamps_hatch_what_is_not_in_the_output(padding, output_padding, size, cut):
    kernel = np.ones((3, 3), int)
    figure = padded_stamps(CORNER, kernel, 2, padding, output_padding)
    *_, whole, output = figure.axes
    assert whole.get_title() == f"all stamps, {size}×{size}"
    assert hatched(whole) == cut
    assert hatched(output) == set()
    expected = conv_transpose2d(
        CORNER[None, None],
        kernel[None, None],
        stride=2,
        padding=padding,
        output_padding=output_padding,
    )
    assert numbers(output) == [str(number) for number in expected.ravel()]
    kept = [n for n, place in zip(numbers(whole), np.ndindex(size, size), strict=True)
            if place not in cut]  # fmt: skip
    assert kept == numbers(output)
    says = " ".join(text.get_text() for text in figure.texts)
    assert f"padding {padding}, output padding {output_padding}" in says
    assert ("hatched: cut off by padding" in says) == bool(cut)


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


@pytest.mark.parametrize(
    ("limits", "unit", "said"),
    [
        ((-1, 1), "", "scale: black −1, white 1"),
        ((0, 255), "grey levels", "scale: black 0, white 255 grey levels"),
        (None, "", "each picture from its own lowest value (black) to its highest (white)"),
    ],
)
def test_image_grid_states_its_title_and_its_scale_above_the_images(limits, unit, said):
    figure = image_grid([np.eye(7)], 1, limits=limits, unit=unit, title="A long title " * 4)
    title, scale = figure.texts
    assert title.get_text() == "A long title " * 4
    assert said in scale.get_text()
    figure.draw_without_rendering()
    top = figure.axes[0].get_window_extent().y1
    boxes = [text.get_window_extent() for text in (title, scale)]
    assert boxes[0].y0 >= boxes[1].y1
    assert boxes[1].y0 >= top
    assert max(box.x1 for box in boxes) <= figure.bbox.width


def test_image_grid_needs_an_image():
    with pytest.raises(ImageError, match="no images"):
        image_grid([], columns=3)


def test_psnr_by_size_draws_a_line_for_each_label():
    (axes,) = psnr_by_size([4, 8], {"latent": [1.0, 2.0], "pixels": [3.0, 4.0]}, 5.0, 784).axes
    drawn = {line.get_label(): list(np.asarray(line.get_ydata())) for line in axes.lines}
    assert drawn["latent"] == [1, 2]
    assert drawn["pixels"] == [3, 4]
    assert drawn["the whole latent: 5.0 dB"] == [5, 5]


def test_psnr_by_size_passes_over_sizes_that_are_not_known():
    (axes,) = psnr_by_size([4, 8, 16], {"trained": [1.0, np.nan, 3.0]}, 5.0, 784).axes
    trained = axes.lines[0]
    assert list(np.asarray(trained.get_xdata())) == [4, 16]
    assert list(np.asarray(trained.get_ydata())) == [1, 3]


DESIGNS = [
    Design(),
    Design(latent=32),
    Design(upsampler="subpixel"),
    Design(upsampler="nearest", task="segment"),
    Design(architecture="linear", latent=8),
    Design(task="super-resolve", activation="leaky-relu"),
]


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_network_names_every_layer_and_every_shape(design):
    figure = network(design)
    said = [text.get_text() for text in figure.axes[0].texts]
    for layer in layers(design):
        assert layer.name.split(".")[1] in said
        shape = "×".join(map(str, (*layer.output[1:], layer.output[0])))
        wanted = f"{np.prod(layer.output):,} numbers"
        assert (f"{shape}\n{wanted}" if len(layer.output) == 3 else wanted) in said
    parameters = sum(layer.parameters for layer in layers(design))
    assert f"The network: {parameters:,} parameters in all" in said
    bounded = design.task != "segment" and design.architecture != "linear"
    assert ("tanh" in said[-2]) == bounded


@pytest.mark.parametrize("design", DESIGNS, ids=str)
def test_the_words_of_the_network_do_not_meet(design):
    figure = network(design)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    for number, one in enumerate(boxes):
        assert one.x0 >= 0
        assert one.x1 <= figure.bbox.width
        assert not any(one.overlaps(other) for other in boxes[:number])


def test_network_draws_maps_to_scale():
    axes = network().axes[0]
    fronts = [patch.get_extents() for patch in axes.patches[:15:3]]
    assert [round(front.height / fronts[2].height, 6) for front in fronts] == [4, 2, 1, 2, 4]
    assert all(np.isclose(front.width, front.height) for front in fronts)


def test_network_draws_no_chain_that_is_none():
    with pytest.raises(ConfigError, match="skip is no chain"):
        network(Design(architecture="skip"))
