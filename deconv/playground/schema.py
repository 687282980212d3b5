"""What a request may hold, for the server: pydantic checks it, and documents it.

The limits are those of `layer` and `garment`, which check them again: they also run
where there is no pydantic.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deconv.architecture import LARGEST_LATENT
from deconv.arithmetic.drawing.frames import LIMITS, PICTURES
from deconv.arithmetic.drawing.hovering import PANELS
from deconv.arithmetic.drawing.layout import WIDTH
from deconv.arithmetic.drawing.scene import LARGEST_MAP, LARGEST_NUMBER
from deconv.arithmetic.drawing.svg import NARROWEST
from deconv.playground.garment import FARTHEST, STRONGEST_NOISE, WIDEST_BLUR
from deconv.playground.layer import LARGEST_SEED, MOST_STEPS, START

if TYPE_CHECKING:
    View = str
    PanelName = str
else:
    View, PanelName = Literal[tuple(PICTURES)], Literal[PANELS]
Number = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Cell = Annotated[list[int], Field(min_length=2, max_length=2)]
Place = Annotated[int, Field(ge=-LARGEST_MAP, le=LARGEST_MAP**2)]


def _number_of(name: str, about: str) -> Any:
    smallest, largest = LIMITS[name]
    return Field(START[name], ge=smallest, le=largest, description=about)


def _square(name: str, about: str) -> Any:
    most = LIMITS[name][1]
    return Field(None, min_length=1, max_length=most, description=about)


class Strict(BaseModel):
    """No value of another type is taken for the right one, and no unknown name."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Layer(Strict):
    """One layer, on one square map with one channel."""

    view: View = Field("scatter", description="Which picture.")
    size: int = _number_of("size", "Rows and columns of the input.")
    kernel: int = _number_of("kernel", "Rows and columns of the kernel.")
    stride: int = _number_of("stride", "Pixels from one stamp to the next.")
    padding: int = _number_of("padding", "Pixels that are cut off around the output.")
    output_padding: int = _number_of("output_padding", "Pixels that are added at the far end.")
    dilation: int = _number_of("dilation", "Pixels from one tap to the next.")
    seed: Seed | None = Field(None, description="Draws numbers; without it they are in order.")
    x: list[list[Number]] | None = _square("size", "The numbers of the input, row by row.")
    w: list[list[Number]] | None = _square("kernel", "The numbers of the kernel, row by row.")


class ArithmeticRequest(Layer):
    """A picture of a layer."""

    step: int | None = Field(None, ge=0, le=MOST_STEPS, description="Which step is outlined.")
    finished: bool = Field(True, description="Whether the whole output is shown at every step.")
    width: int = Field(WIDTH, ge=NARROWEST, le=WIDTH, description="Of the picture, in pixels.")
    picture: bool = Field(True, description="Whether the picture is wanted.")
    beside: list[Literal["overlap", "gains"]] = Field([], max_length=2, description="More of them.")


class MeetingRequest(Layer):
    """One cell of a layer."""

    map: PanelName = Field("output", description="Where the cell is: a panel of the picture.")
    step: int | None = Field(None, ge=0, le=MOST_STEPS, description="Which step is outlined.")
    row: Place = Field(0, description="Of the cell, counted from 0.")
    column: Place = Field(0, description="Of the cell, counted from 0.")


class ReconstructRequest(Strict):
    """A picture, what is done to it, and the models that draw it again."""

    pixels: list[Annotated[float, Field(ge=0, le=255)]] | None = Field(
        None, min_length=784, max_length=784, description="Grey levels, row by row; 0 is black."
    )
    image: int | None = Field(None, ge=0, description="Or the number of an image at hand.")
    framework: Literal["numpy", "pytorch", "tensorflow"] = Field(
        "numpy", description="What computes."
    )
    models: list[str] | None = Field(None, max_length=8, description="Names; without it, all.")
    noise: float = Field(0, ge=0, le=STRONGEST_NOISE, description="Its standard deviation.")
    seed: Seed = Field(0, description="Of the noise.")
    down: int = Field(0, ge=-FARTHEST, le=FARTHEST, description="Pixels to move down.")
    right: int = Field(0, ge=-FARTHEST, le=FARTHEST, description="Pixels to move to the right.")
    blur: float = Field(0, ge=0, le=WIDEST_BLUR, description="Standard deviation, in pixels.")
    off: list[Annotated[int, Field(ge=0, lt=LARGEST_LATENT)]] = Field(
        [], max_length=LARGEST_LATENT, description="Latent channels to switch off; NumPy alone."
    )
    maps: str | None = Field(None, description="Also what each layer of this model hands on.")


class ArithmeticAnswer(BaseModel):
    """A picture of a layer, and what is known about it."""

    title: str
    caption: str = Field(description="A sentence about the step.")
    step: int
    steps: int = Field(description="How many there are.")
    picture: str = Field("", description="SVG.")
    numbers: dict[str, list[list[float]]] = Field(description="Of input, kernel and output.")
    recipe: dict[str, str] = Field(description="Its size as a formula, and the lines of code.")
    beside: dict[str, str] = Field(description="More SVG, by name.")


class MeetingAnswer(BaseModel):
    """What meets at a cell."""

    sentence: str = Field(description="The sum written out, or what the cell reaches.")
    input: list[Cell] = Field(description="Row and column of each cell that meets it.")
    kernel: list[Cell]
    output: list[Cell]
    panels: dict[str, list[Cell]] = Field(description="The same in the picture's other panels.")


class Result(BaseModel):
    """What one model made of the picture."""

    model: str
    title: str
    output: list[float] = Field(description="784 grey levels.")
    error: list[float] = Field(description="What was added to each pixel, in grey levels.")
    psnr: float | None = Field(description="Decibels; null for a perfect picture.")
    ssim: float


class LayerMaps(BaseModel):
    """What one layer handed on."""

    layer: str
    channels: int
    height: int
    width: int
    largest: float = Field(description="The number that is shown white.")
    maps: list[list[int]] = Field(description="Grey levels of each channel, 128 at most.")


class ReconstructAnswer(BaseModel):
    """What the models made of a picture."""

    pixels: list[float] = Field(description="The picture that was sent, 784 grey levels.")
    input: list[float] = Field(description="The picture that the models were given.")
    results: list[Result]
    maps: list[LayerMaps] = []


class Problem(BaseModel):
    """What was wrong, in one sentence."""

    error: str
