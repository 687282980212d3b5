"""Drawn garments: what the project trains on when it has no dataset and no network.

Photographs would have to be downloaded; a drawing is a few lines of code. The
classes, their order, the size and the look (bright on black, filling the frame,
toes to the left) follow Fashion-MNIST, so that everything else runs unchanged.
Numbers measured on drawings say nothing about the real photographs.

One idea draws it all: a pixel is a square of side 1, and its value is the share
of that square that lies inside the shape. Fifty pictures of a class are drawn at
once: a random number has shape (50, 1, 1), a row of pixels (28,), a column of
pixels (28, 1), and broadcasting makes (50, 28, 28) of them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["draw_garments"]

Array = np.ndarray
BLOCK = 500  # images drawn at once: few enough to stay in the processor's cache
X = np.arange(28, dtype=np.float32) + 0.5  # centres of the columns, (28,)
Y = X[:, None]  # centres of the rows, (28, 1), growing downwards
# How strongly a pattern has stripes across, stripes down, blotches; the first one is plain.
PATTERNS = np.array([[0, 0, 0], [1, 0, 0], [0, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]], np.float32)


def draw_garments(count: int, seed: int) -> tuple[Array, Array]:
    """Draw garments of the ten Fashion-MNIST classes.

    Returns images, uint8 `(count, 28, 28)`, bright on a background of 0, and
    labels, uint8 `(count,)`, numbered as in Fashion-MNIST. Every 500 images hold
    50 of each class. Image i depends on `seed` and i alone, so a smaller `count`
    gives the first images of a larger one.
    """
    images = np.empty((-(-count // BLOCK), BLOCK, 28, 28), np.uint8)
    labels = np.empty((len(images), BLOCK), np.uint8)
    for i in range(len(images)):
        rng = np.random.default_rng([seed, i])
        labels[i] = rng.permutation(np.arange(BLOCK) % 10)
        for label, draw in enumerate(GARMENTS):
            drawing = draw(Dice(rng, BLOCK // 10))
            images[i, labels[i] == label] = np.rint(255 * drawing.clip(0, 1))
    return images.reshape(-1, 28, 28)[:count], labels.ravel()[:count]


@dataclass(frozen=True)
class Dice:
    """Random numbers for n pictures, one for each, `(n, 1, 1)`."""

    rng: np.random.Generator
    n: int

    def __call__(self, low: float, high: float) -> Array:
        """Return numbers between low and high."""
        return self.rng.uniform(low, high, (self.n, 1, 1)).astype(np.float32)

    def chance(self, share: float) -> Array:
        """Return 1 for this share of the pictures and 0 for the others."""
        return (self(0, 1) < share).astype(np.float32)


def between(low: Array | float, at: Array, high: Array | float) -> Array:
    """Share of a pixel centred `at` that lies between two edges."""
    return (np.minimum(high, at + 0.5) - np.maximum(low, at - 0.5)).clip(0, 1)


def path(at: Array, *knots: tuple[Array | float, Array | float]) -> Array:
    """Height at `at` of the broken line through `knots` (place, height); level beyond its ends."""
    height = np.asarray(knots[0][1], np.float32)
    for (start, low), (end, high) in pairwise(knots):
        height = height + (high - low) * ((at - start) / (end - start)).clip(0, 1)
    return height


def paint(canvas: Array, where: Array, tone: Array) -> None:
    """Lay brightness `tone` over the canvas; `where`, 0 to 1, is how much it covers."""
    canvas += where * (tone - canvas)


def cloth(dice: Dice, patterned: float, darkest: float = 0.1) -> Array:
    """Brightness of a piece of cloth with its pattern, folds and grain, `(n, 28, 28)`."""
    brightness = darkest + (0.97 - darkest) * np.sqrt(dice(0, 1))  # bright is more common
    kind = np.where(dice.chance(patterned), dice(1, len(PATTERNS)), 0).astype(int)
    across, down, blotches = np.moveaxis(PATTERNS[kind], -1, 0)
    rows, columns = (np.sin(2 * np.pi * (t / dice(2.5, 7) + dice(0, 1))) for t in (Y, X))
    grain = dice.rng.standard_normal((dice.n, 28, 28), dtype=np.float32)
    blurred = 0.6 * (grain + np.roll(grain, 1, axis=1) + np.roll(grain, 1, axis=2))
    stripes = across * (3 * rows).clip(-1, 1) + down * (3 * columns).clip(-1, 1)
    pattern = stripes + blotches * blurred.clip(-1, 1)
    folds = np.sin(X * dice(0.4, 1) + Y * dice(-0.2, 0.2) + dice(0, 6)) * Y / 28
    light = 1 + dice(-0.01, 0.01) * (X - 14) + dice(0, 0.15) * folds + 0.015 * grain
    return brightness * light * (1 - dice(0.1, 0.45) * (across + down + blotches - pattern))


# ---------------------------------------------------------------------- garments that hang


def hang(
    dice: Dice, tone: Array, length: Array, sleeve: Array, arm: Array, depth: Array,
    width: float = 1, flare: Array | float = 0, slope: float = 0.45,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Draw a garment's sleeves and body.

    `length` and `sleeve` say how far down they reach, `arm` how far aside the arms
    hang, `depth` how deep the neckline is, `flare` how much wider than the waist
    the hem is, all in pixels; `slope` is the shoulders'. Returns the canvas and, for
    the details: the body's front, each pixel's distance from the middle line, the
    height of the neckline.
    """
    shoulder, waist, neck = width * dice(6.5, 7.7), width * dice(5.8, 7.4), dice(2, 3.7)
    aside = abs(X - 14 + dice(-0.5, 0.5) + dice(-0.04, 0.04) * Y)
    top = dice(0, 0.5) + slope * dice(0.6, 1.4) * (aside[:, :1] - neck).clip(0)
    neckline = top + depth * (1 - (aside[:, :1] / neck) ** dice(1, 4)).clip(0)
    side = path(Y, (2, shoulder), (9, shoulder - 0.5), (16, waist), (28, waist + flare))
    outer = path(Y, (1, shoulder), (8, arm - 1), (26, arm))
    inner = outer - dice(0.85, 1.1) * path(Y, (8, 5), (26, 2.6))
    cuff = sleeve - 0.15 * (aside - shoulder)
    body = between(-side, aside, side) * between(top, Y, length)
    canvas = between(inner, aside, outer) * between(top, Y, cuff) * tone * dice(0.9, 1.25)
    paint(canvas, body, tone * 0.5)  # the inside of the back, seen through the neckline
    front = body * between(neckline, Y, 28)
    paint(canvas, front, tone)
    paint(canvas, front * between(side - 0.6, aside, side) * between(5, Y, cuff), tone * 0.6)
    return canvas, front, aside, neckline


def t_shirt(dice: Dice) -> Array:
    tone = cloth(dice, patterned=0.3)
    canvas, front, aside, neckline = hang(
        dice, tone, dice(26, 29), sleeve=dice(6, 14), arm=dice(10.5, 14), depth=dice(1, 4)
    )
    paint(canvas, front * between(0, Y, neckline + 1) * between(-4, aside, 4), tone * 0.8)
    width = dice(1.5, 4.5)
    badge = between(-width, aside, width) * between(dice(7, 10), Y, dice(11, 16))
    paint(canvas, badge * dice.chance(0.3), cloth(dice, patterned=1))
    return canvas


def trouser(dice: Dice) -> Array:
    tone = cloth(dice, patterned=0.15, darkest=0.3)
    aside = abs(X - 14 + dice(-0.5, 0.5) + dice(-0.03, 0.03) * Y)
    ankle = dice(4.2, 6.5)
    outer = path(Y, (0, dice(3.8, 4.8)), (9, dice(4.5, 5.8)), (27, ankle))
    inner = path(Y, (dice(6, 11), -1), (27, ankle - dice(2.2, 3.6)))
    legs = between(inner, aside, outer) * between(dice(0, 0.8), Y, dice(26, 28))
    crease = (1 - abs(aside - (inner + outer) / 2) / 2).clip(0)
    canvas = legs * tone * (0.9 + dice(0, 0.4) * crease)
    paint(canvas, legs * between(1.6, Y, 2.3), tone * 0.6)  # waistband
    paint(canvas, legs * between(-0.4, aside, 0.4) * between(2, Y, 9), tone * 0.7)  # fly
    return canvas


def pullover(dice: Dice) -> Array:
    tone, hem = cloth(dice, patterned=0.25), dice(23, 28)
    canvas, front, aside, neckline = hang(
        dice, tone, hem, sleeve=dice(26, 29), arm=dice(9.5, 12), depth=dice(0.5, 2.5)
    )
    paint(canvas, front * between(0, Y, neckline + 1.2) * between(-4, aside, 4), tone * 1.15)
    for end in (hem, 27.5):  # ribs at hem and cuffs
        edge = (canvas > 0) * between(end - 2.2, Y, end)
        paint(canvas, edge, tone * (0.85 + 0.15 * np.sin(3 * X)))
    chest = between(dice(7, 10), Y, dice(11, 15)) * dice.chance(0.3)
    paint(canvas, front * chest, tone * dice(0.4, 1.4))
    return canvas


def dress(dice: Dice) -> Array:
    tone, waist, sleeve = cloth(dice, patterned=0.35, darkest=0.25), dice(9, 14), dice(0, 18)
    canvas, front, _, _ = hang(
        dice, tone, dice(27, 29), sleeve, dice(7, 9), dice(0.5, 4), width=0.7, flare=dice(0, 4)
    )
    pleats = 1 + dice(0, 0.3) * np.sin(X * dice(1.2, 2.4))
    paint(canvas, front * between(waist, Y, 28), tone * pleats)
    paint(canvas, front * between(waist - 1, Y, waist + dice(-1, 1)), tone * dice(0.3, 1.3))
    return canvas


def coat(dice: Dice) -> Array:
    tone, sleeve = cloth(dice, patterned=0.15, darkest=0.35), dice(26, 29)
    canvas, front, aside, neckline = hang(
        dice, tone, dice(23, 29), sleeve, dice(9, 11.5), depth=dice(0, 5), slope=0.9
    )
    lapel = front * between(0, Y, neckline + dice(1.5, 4)) * between(-4.5, aside, 4.5)
    paint(canvas, lapel, tone * dice(0.7, 1.5))
    paint(canvas, front * between(-0.4, aside, 0.4), tone * dice(0.3, 0.9))  # where it opens
    buttons = between(1.2, aside, 2) * (np.sin(Y * dice(1.3, 2)) > 0.6) * dice.chance(0.4)
    pockets = between(2.8, aside, 5.2) * between(17, Y, dice(17.5, 20)) * dice.chance(0.5)
    belt = between(14, Y, 15.5) * dice.chance(0.25)
    paint(canvas, front * np.maximum(np.maximum(buttons, pockets), belt), tone * dice(0.3, 0.7))
    return canvas


def shirt(dice: Dice) -> Array:
    tone = cloth(dice, patterned=0.45)
    canvas, front, aside, neckline = hang(
        dice, tone, dice(25, 29), sleeve=dice(7, 36), arm=dice(9, 11.5), depth=dice(0.5, 3)
    )
    collar = between(aside / 2, Y, neckline + 2.2) * between(-4, aside, 4)
    paint(canvas, front * collar, tone * 1.2)
    paint(canvas, front * between(0.8, aside, 1.3), tone * 0.8)  # where it opens
    buttons = between(-0.6, aside, 0.6) * (np.sin(Y * dice(1.3, 2)) > 0.6)
    paint(canvas, front * buttons, tone * dice(0.3, 1.5))
    return canvas


# ---------------------------------------------------------------------- shoes and the bag


def sandal(dice: Dice) -> Array:
    tone = cloth(dice, patterned=0.15)
    heel = 0.5 + 12 * dice(0, 1) ** 2
    floor = 19.5 + heel / 2 + dice(-1, 1)
    sole = path(X, (1, floor - 2), (4, floor - 1), (9, floor - 1), (21, floor - 1 - heel))
    foot = sole - dice(0.8, 1.4) * path(X, (1, 1), (4, 4), (10, 6), (18, 8), (27, 9))
    canvas = np.zeros_like(tone)
    for left, right in ((2, 6), (6, 10), (10, 15), (15, 21)):  # straps over the foot
        strap = dice(left, right) + dice(-0.9, 0.9) * (Y - sole)
        strap = between(strap, X, strap + dice(1.5, 5)) * between(foot, Y, sole)
        paint(canvas, strap * dice.chance(0.7), tone * dice(0.7, 1.2))
    rim = between(foot, Y, foot + dice(1, 2.5)) * between(dice(3, 22), X, 26.5)
    heel_strap = between(foot, Y, sole) * between(dice(23.5, 25.5), X, 26.5)
    paint(canvas, np.maximum(rim, heel_strap) * dice.chance(0.7), tone)
    slim = path(Y, (floor - heel, 21), (floor, dice(22, 25.3)))
    front = np.where(dice.chance(0.5), dice(8, 16), slim)  # a wedge, or a slim heel
    paint(canvas, between(sole, Y, floor) * between(front, X, 26.5), tone * 0.7)
    paint(canvas, between(sole, Y, sole + dice(1, 3)) * between(0.3, X, 27.5), dice(0.2, 0.9))
    return canvas


def sneaker(dice: Dice) -> Array:
    tone, floor = cloth(dice, patterned=0.2), dice(19.5, 21.5)
    outline = ((0.5, 3.5), (2.5, 5), (8, 6.5), (15, 11), (17, 11.5), (20, 8), (24, 8.5), (27, 11))
    upper, tread = floor - dice(0.85, 1.25) * path(X, *outline), floor - dice(1.5, 3)
    body = between(upper, Y, tread) * between(0.5, X, 27.3)
    canvas = body * tone
    for left, right in ((0, 4), (12, 18), (23, 25)):  # toe cap, stripe, heel cap
        edge = dice(left, right) + dice(-0.9, 0.9) * (Y - 15)
        paint(canvas, body * between(edge, X, edge + dice(1, 4)), tone * dice(0.4, 1.5))
    laces = between(0, Y, upper + 3) * between(8.5, X, 15.5) * (np.sin(2 * X + Y) > 0)
    paint(canvas, body * laces, tone * dice(0.2, 1.5))
    paint(canvas, between(tread, Y, floor) * between(0.2, X, 27.8), dice(0.1, 1))
    paint(canvas, between(tread, Y, tread + 0.8) * between(0.2, X, 27.8), tone * 0.3)
    return canvas


def bag(dice: Dice) -> Array:
    tone = cloth(dice, patterned=0.25, darkest=0.25)
    aside = abs(X - 14 + dice(-0.4, 0.4))
    rim, bottom, width = dice(3, 13), dice(23, 27.5), dice(9, 13.9)
    reach, height = np.where(dice.chance(0.7), dice(3, 7), width - 0.7), dice(3, 11)
    ring = abs(np.hypot(aside / reach, (Y - rim) / height) - 1) * np.minimum(reach, height)
    canvas = between(-0.7, ring, 0.7) * between(0, Y, rim + 1) * dice.chance(0.8) * tone
    side = path(Y, (rim, width - dice(0, 3)), (bottom, width))
    corner = dice(0, 2) * (aside - width + 2).clip(0)  # cut off at top and bottom
    body = between(-side, aside, side) * between(rim + corner, Y, bottom - corner)
    paint(canvas, body, tone)
    flap = rim + dice(3, 8) - dice(-0.1, 0.3) * aside
    paint(canvas, body * between(rim, Y, flap) * dice.chance(0.6), tone * dice(0.7, 1.2))
    paint(canvas, body * between(flap, Y, flap + 0.8) * dice.chance(0.7), tone * 0.4)
    clasp = between(-1.2, aside, 1.2) * between(flap - 1, Y, flap + dice(0, 1.5))
    paint(canvas, body * clasp * dice.chance(0.6), dice(0.2, 1))
    return canvas


def ankle_boot(dice: Dice) -> Array:
    tone = cloth(dice, patterned=0.1, darkest=0.3)
    floor, heel, rim = dice(24, 27), 7 * dice(0, 1) ** 2, dice(0.5, 9)
    sole = path(X, (1, floor - 2), (4, floor - 1), (9, floor - 1), (18, floor - 1 - heel))
    vamp = path(X, (0.5, floor - 4), (3, floor - 6.5), (9, floor - 9), (14, floor - 15))
    front = path(Y, (rim, dice(14, 17)), (floor - 9, dice(11.5, 13.5)))
    back = path(Y, (rim, dice(25.5, 27.5)), (floor - 8, 25.5), (floor - 3, 27.3))
    shaft = between(front, X, back) * between(rim + dice(-0.1, 0.1) * (X - 20), Y, sole)
    body = np.maximum(shaft, between(vamp, Y, sole) * between(0.5, X, 20))
    canvas = body * tone
    laces = between(front, X, front + 3) * between(0, Y, floor - 7) * (np.sin(X + 2.5 * Y) > 0)
    paint(canvas, body * laces * dice.chance(0.4), tone * dice(0.3, 0.7))
    panel = between(19, X, dice(19.8, 23)) * between(0, Y, floor - dice(8, 11))
    paint(canvas, body * panel * dice.chance(0.4), tone * dice(0.4, 0.8))
    slim = path(Y, (floor - 1 - heel, 19.5), (floor, 19.5 + 0.7 * heel))
    paint(canvas, between(sole, Y, floor) * between(slim, X, 27), tone * dice(0.5, 0.9))
    paint(canvas, between(sole, Y, sole + 1) * between(0.3, X, 27), tone * dice(0.3, 0.8))
    return canvas


GARMENTS = (t_shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle_boot)
