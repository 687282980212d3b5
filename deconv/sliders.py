"""Sliders for notebooks: one layer, drawn again whenever a number changes.

    from deconv.sliders import explore
    explore("scatter", kernel=4)

The widgets are those that come with ipywidgets, and the picture is text (SVG), made
by the same code as the documentation's. Before the widgets the cell shows the
picture as an image: it is what stands in the notebook where no kernel runs, in an
export or on a web page. In JupyterLab, where the widgets live, it hides.
"""

from html import escape
from typing import Any

import ipywidgets as widgets
import numpy as np
from IPython.display import HTML, display

from deconv.arithmetic.drawing.animation import STEP
from deconv.arithmetic.drawing.frames import LIMITS, PICTURES, frame, scene_of, some_step
from deconv.arithmetic.drawing.raster import draw, png
from deconv.arithmetic.drawing.recipe import recipe
from deconv.arithmetic.drawing.svg import svg
from deconv.arithmetic.drawing.theme import DARK, properties
from deconv.errors import ConfigError

NAMES = {
    "scatter": "scatter: stamps that add up",
    "matrix": "matrix: y = Mᵀ x",
    "padded": "padded: a stretched input",
    "gradient": "gradient: windows sent back",
    "subpixel": "subpixel: a kernel for each phase",
    "direct": "the direct convolution",
    "collect": "collect: the gradient of a transposed layer",
    "both": "both: up, and down again",
    "overlap": "how many stamps overlap",
    "gains": "the gain of each phase",
}

_LIVE, _MARK = "deconv-live", "deconv-before-live"
_STYLE = f"""<span class="{_MARK}"></span><style>
.{_LIVE} svg {{ max-width: 100%; height: auto; }}
.{_LIVE} pre {{ white-space: pre-wrap; line-height: 1.4; }}
body[data-jp-theme-light="false"] .{_LIVE}, body.vscode-dark .{_LIVE}, html[theme="dark"] .{_LIVE}
{{ {properties(DARK)} }}
.jp-OutputArea-child:has(+ * .{_MARK}):has(+ * + * .{_LIVE}),
.jp-OutputArea-child:has(.{_MARK}) + .jp-OutputArea-child:not(:has(.{_LIVE})) {{ display: none; }}
</style>"""
"""Dark pages, and in JupyterLab: no image beside living widgets, no error in place of dead ones."""


def explore(
    view: str = "scatter",
    *,
    size: int = 4,
    kernel: int = 3,
    stride: int = 2,
    padding: int = 1,
    output_padding: int = 0,
    dilation: int = 1,
    step: int | None = None,
    x: np.ndarray | None = None,
    w: np.ndarray | None = None,
    seed: int | None = None,
) -> None:
    """Show a layer with sliders, starting from these numbers; call it at the end of a cell.

    `view` and the numbers are those of `deconv.arithmetic.drawing.frames.scene_of`.
    An input `x (n, n)` or a kernel `w (k, k)` that is given stays, and its size with
    it. Raises `ConfigError` where the numbers to start from make no layer.
    """
    numbers = {
        "size": _side(x, size),
        "kernel": _side(w, kernel),
        "stride": stride,
        "padding": padding,
        "output_padding": output_padding,
        "dilation": dilation,
    }
    Explorer(view, numbers, step, x=x, w=w, seed=seed).show()


class Explorer:
    """The widgets of `explore`, and what joins them."""

    def __init__(
        self, view: str, numbers: dict[str, Any], step: int | None = None, **given: Any
    ) -> None:
        self._given, self._busy = given, False
        scene = scene_of(view, **numbers, **given)
        count = PICTURES[view].steps(scene)
        self.page = frame(scene, view, step, finished=True)
        choices = [(said, name) for name, said in NAMES.items()]
        self.view = widgets.Dropdown(options=choices, value=view, description="picture")
        self.numbers = {
            name: _slider(name.replace("_", " "), numbers[name], *limits)
            for name, limits in LIMITS.items()
        }
        self.numbers["size"].disabled = given.get("x") is not None
        self.numbers["kernel"].disabled = given.get("w") is not None
        self.step = _slider("step", some_step(count) if step is None else step, 0, count - 1)
        self.play = widgets.Play(value=self.step.value, max=count - 1, interval=STEP)
        self.finished = widgets.Checkbox(value=True, description="whole output", indent=False)
        self.picture, self.message, self.recipe = (widgets.HTML() for _ in range(3))
        self.message.layout.min_height = "44px"  # so that nothing jumps when it speaks
        widgets.link((self.play, "value"), (self.step, "value"))
        for one in (self.view, *self.numbers.values(), self.step, self.finished):
            one.observe(self._update, "value")
        self._update()

    def widget(self) -> widgets.VBox:
        """All widgets, below each other."""
        wrap = widgets.Layout(flex_flow="row wrap")
        numbers = widgets.HBox(list(self.numbers.values()), layout=wrap)
        steps = widgets.HBox([self.play, self.step, self.finished], layout=wrap)
        box = widgets.VBox([self.view, numbers, steps, self.picture, self.message, self.recipe])
        box.add_class(_LIVE)
        return box

    def show(self) -> None:
        """Display the image for where no kernel runs, and then the widgets."""
        still = {
            "image/svg+xml": svg(self.page, themed=False),
            "image/png": png(draw(self.page)),  # JupyterLab's choice in a notebook from elsewhere
            "text/plain": f"{self.page.title}\n{self.page.subtitle} {self.page.caption}",
        }
        alive = self.widget()._repr_mimebundle_()
        alive["text/plain"] = "Run this cell to get sliders."
        display(still, raw=True)
        display(HTML(_STYLE))
        display(alive, raw=True)

    def _update(self, change: object = None) -> None:
        """Draw what the widgets say; where that cannot be, say why and leave the picture."""
        if self._busy:  # a new number of steps moved the slider of steps
            return
        self._busy = True
        try:
            numbers = {name: slider.value for name, slider in self.numbers.items()}
            scene = scene_of(self.view.value, **numbers, **self._given)
        except ConfigError as error:
            self.message.value = f'<p role="alert">⚠ No such layer: {escape(str(error))}.</p>'
        else:
            self.step.max = self.play.max = PICTURES[self.view.value].steps(scene) - 1
            for one in (self.step, self.play, self.finished):
                one.disabled = self.step.max == 0
            self.page = frame(scene, self.view.value, self.step.value, self.finished.value)
            self.picture.value = svg(self.page)
            self.message.value = ""
            self.recipe.value = f"<pre>{escape(chr(10).join(recipe(scene)))}</pre>"
        finally:
            self._busy = False


def _slider(name: str, value: int, smallest: int, largest: int) -> widgets.IntSlider:
    return widgets.IntSlider(
        value=value,
        min=smallest,
        max=largest,
        description=name,
        style={"description_width": "100px"},
        layout={"width": "300px"},
    )


def _side(values: np.ndarray | None, otherwise: int) -> int:
    try:
        return len(values)  # type: ignore[arg-type]
    except TypeError:  # None, or no array, which `scene_of` reports
        return otherwise
