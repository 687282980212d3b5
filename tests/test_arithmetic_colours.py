"""Colours that everybody can tell apart, and letters where colours are not enough."""

import itertools

import numpy as np
import pytest

from deconv.arithmetic.drawing.page import COLOURS, ORANGE, TINTS, WHITE
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.drawing.views import VIEWS

# What people see who lack a kind of cones: Machado, Oliveira and Fernandes 2009, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(colour: str, vision: str) -> np.ndarray:
    """CIELAB coordinates of a colour as a person with this vision sees it."""
    coded = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    seen = (np.array(VISIONS[vision]) @ linear).clip(0, 1)
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    xyz = to_xyz @ seen / [0.95047, 1, 1.08883]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def closest(colours: list[str], vision: str) -> float:
    """The smallest difference between two of the colours; 2.3 is just noticeable."""
    pairs = itertools.combinations(colours, 2)
    return min(float(np.linalg.norm(lab(a, vision) - lab(b, vision))) for a, b in pairs)


@pytest.mark.parametrize("vision", VISIONS)
def test_the_colours_of_phases_differ_for_everybody(vision):
    four = [COLOURS[tint] for tint in TINTS[:4]]
    assert closest(four, vision) > 15
    assert closest([*four, COLOURS[WHITE], COLOURS[ORANGE]], vision) > 15
    assert closest([COLOURS[tint] for tint in TINTS], vision) > 10  # the letters help as well
    assert len({COLOURS[tint] for tint in TINTS}) == 9


def test_colours_that_differ_for_most_people_alone_would_be_seen():
    assert closest(["#ecc9dd", "#b5e2d3"], "normal") > 30
    assert closest(["#ecc9dd", "#b5e2d3"], "deuteranopia") < 6


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_every_phase_has_its_letter_in_kernel_and_output(stride):
    scene = Scene.of(4, 4, stride, 1, 0, 1)
    count = VIEWS["subpixel"].steps(scene)
    page = VIEWS["subpixel"].page(scene, count - 1, count)
    kernel, output = page.columns[0][1], page.columns[1][0]
    assert kernel.marks is not None
    assert output.marks is not None
    assert set(kernel.marks.ravel()) == set(output.marks.ravel())
    assert len(set(output.marks.ravel())) == stride**2
    for panel in (kernel, output):
        pairs = set(zip(panel.marks.ravel(), panel.fills.ravel(), strict=True))  # type: ignore[union-attr]
        assert len({letter for letter, fill in pairs if fill != ORANGE}) == stride**2
    assert output.marks[0, 1] == "ab"[stride > 1]
