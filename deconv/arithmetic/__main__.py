"""`python -m deconv.arithmetic`: any small layer, printed, drawn and animated."""

from dataclasses import dataclass
from typing import Literal

from deconv import cli
from deconv.arithmetic.drawing.animation import animation, still
from deconv.arithmetic.drawing.scene import Scene
from deconv.arithmetic.sizes import whole
from deconv.arithmetic.summary import summary
from deconv.config import ROOT, UserPath
from deconv.errors import ConfigError
from deconv.files import check_target, explained, write_atomically

LARGEST_INPUT = 16


@dataclass(frozen=True)
class ArithmeticConfig:
    """Explain one transposed convolution: a printed summary, a picture and an animation."""

    input: int = 4
    """Rows and columns of the input, at most 16."""
    kernel: int = 3
    """Rows and columns of the kernel."""
    stride: int = 2
    """Step of the stamps on the output."""
    padding: int = 1
    """Pixels cut off on every side of the output."""
    output_padding: int = 0
    """Pixels given back at the bottom and at the right."""
    dilation: int = 1
    """Distance between the taps of the kernel."""
    view: Literal["scatter", "matrix", "padded", "gradient", "subpixel"] = "scatter"
    """Which explanation to draw."""
    output: UserPath = ROOT / "artifacts" / "arithmetic.gif"
    """The animation; the picture goes beside it and ends in .png."""
    overwrite: bool = False
    """Replace the files that --output names, if they are there."""

    def __post_init__(self) -> None:
        if whole("--input", self.input, 1) > LARGEST_INPUT:
            raise ConfigError(f"--input must be at most {LARGEST_INPUT}, but is {self.input}")
        if self.output.suffix != ".gif":
            raise ConfigError(f"--output must end in .gif, but is {self.output}")

    def scene(self) -> Scene:
        """The layer with its numbers; raises `ConfigError` where it cannot be drawn."""
        layer = (self.kernel, self.stride, self.padding, self.output_padding, self.dilation)
        return Scene.of(self.input, *layer)


def main() -> None:
    """Print the summary and write both files."""
    config = cli.parse(ArithmeticConfig)
    scene = config.scene()
    picture = config.output.with_suffix(".png")
    for path in (config.output, picture):
        check_target(path, config.overwrite or config.output == ArithmeticConfig.output)
    print(summary(scene.axis, config.output_padding))
    with explained("make the folder of", config.output):
        config.output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(picture, still(scene, config.view))
    write_atomically(config.output, animation(scene, config.view))
    print(f"\nDrawn: {config.output} and {picture.name}")


if __name__ == "__main__":
    cli.run(main)
