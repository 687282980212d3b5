"""What "deconvolution" means to three kinds of people, each done by hand."""

from typing import Any

import numpy as np

from deconv.arithmetic import conv2d, conv_transpose2d
from deconv.exercises.functions import Function
from deconv.exercises.questions import Choice, Draw, Question, Value, exercise, shuffled


@exercise("which-deconvolution")
def which_deconvolution(draw: Draw) -> Question:
    """What makes a blurred picture sharp."""
    x = draw.grid(64, low=-50, high=50) / 50
    blur = np.exp(-0.5 * np.linspace(-3, 3, 7) ** 2)
    response = np.fft.fft(np.pad(blur / blur.sum(), (0, 57)))
    y = np.fft.ifft(np.fft.fft(x) * response).real + draw.grid(64, low=-9, high=9) / 300

    def through(factor: np.ndarray) -> float:
        return float(np.mean((np.fft.ifft(np.fft.fft(y) * factor).real - x) ** 2))

    errors = {
        "a transposed convolution with the kernel of the blur": through(response.conj()),
        "a Wiener filter with the kernel of the blur": through(wiener_factor(response, 1e-3)),
        "a convolution with the kernel of the blur": through(response),
        "dividing its spectrum by that of the blur": through(1 / response),
    }
    names = list(errors)
    return Choice(
        question="A picture was blurred by a known kernel, and a little noise came on top. What "
        "brings back most of it?",
        options={
            names[0]: "That blurs it a second time: it undoes a change of size, not of values.",
            names[1]: "Think again.",
            names[2]: "That blurs it a second time.",
            names[3]: "Where the blur has left almost nothing, almost nothing but noise is divided "
            "by almost nothing.",
        },
        right=min(errors, key=lambda name: errors[name]),
        hint="Which of them divides where a convolution multiplies, and is careful about it?",
        because="Mean squared errors of all four, tried on one row of pixels: "
        + ", ".join(f"{name}: {error:.2g}" for name, error in errors.items()),
        order=shuffled(draw, len(names)),
    )


def wiener_factor(response: np.ndarray, balance: float) -> np.ndarray:
    """By what the Wiener filter multiplies each frequency."""
    return response.conj() / (np.abs(response) ** 2 + balance)


@exercise("wiener-by-hand")
def wiener_by_hand(draw: Draw) -> Question:
    """What the Wiener filter makes of a single frequency."""
    h, k, y = draw.choice([0.1, 0.2, 0.4, 0.5]), draw.choice([0.01, 0.02, 0.05]), draw.randint(2, 9)
    right = float(wiener_factor(np.array(h), k) * y)
    return Value(
        task=f"At one frequency the response of a blur is H = {h} (a real number), the blurred "
        f"picture holds Y = {y} of it, and the balance between sharpness and noise is {k}. What "
        "does the Wiener filter make of it? Three decimals.",
        answer=right,
        mistakes={
            "That is the inverse filter, which also blows up the noise.": y / h,
            "That is the blur once more.": y * h,
            "The response is squared below the line.": y * h / (h + k),
            "The balance is added to the square, not inside it.": y * h / (h + k) ** 2,
        },
        hint="X = H·Y / (H² + balance).",
        solution=f"{h}·{y} / ({h}² + {k}) = {right:.4f}; the inverse filter would say {y / h:.4f}.",
        tolerance=2e-3,
    )


def wiener(y: np.ndarray, kernel: np.ndarray, balance: float) -> np.ndarray:
    """Sharpen a row y that was blurred, round and round, by a kernel of the same length."""
    spectrum, response = np.fft.fft(y), np.fft.fft(kernel)
    sharp = spectrum * response.conj() / (np.abs(response) ** 2 + balance)
    return np.fft.ifft(sharp).real


def by_matrix(y: np.ndarray, kernel: np.ndarray, balance: float) -> np.ndarray:
    """The same as least squares: the x that keeps |M x − y|² + balance·|x|² smallest."""
    n = len(y)
    m = np.array([[kernel[(row - column) % n] for column in range(n)] for row in range(n)])
    return np.linalg.solve(m.T @ m + balance * np.eye(n), m.T @ y)


@exercise("build-wiener")
def build_wiener(draw: Draw) -> Question:
    """Write the Wiener filter of one row of pixels."""

    def bent(y: np.ndarray, kernel: np.ndarray, factor: np.ndarray) -> np.ndarray:
        return np.fft.ifft(np.fft.fft(y) * factor).real

    cases = []
    for n in (3, 4, 6, 8):
        kernel = draw.grid(n) / 10
        kernel[0] += 9  # no frequency is lost entirely
        cases.append((draw.grid(n) / 1.0, kernel, draw.randint(1, 9) / 10))
    return Function(
        task="Write wiener(y, kernel, balance): y is a row of n pixels that was blurred by the "
        "kernel, which has n numbers too; what falls out at one end has come in at the other, so "
        "np.fft.fft(x) * np.fft.fft(kernel) was the spectrum of the blurred row. Return the "
        "sharpened row: multiply its spectrum by conj(H) / (|H|² + balance), where H = "
        "np.fft.fft(kernel) and conj is np.conj; go back with np.fft.ifft and take the real part.",
        truth=by_matrix,
        cases=cases,
        mistakes={
            "That is the inverse filter: the balance is missing.": lambda y, k, b: bent(
                y, k, 1 / np.fft.fft(k)
            ),
            "conj is missing: the picture moves.": lambda y, k, b: bent(
                y, k, np.fft.fft(k) / (np.abs(np.fft.fft(k)) ** 2 + b)
            ),
            "That blurs once more: divide, do not multiply.": lambda y, k, b: bent(
                y, k, np.fft.fft(k)
            ),
            "|H| is squared below the line.": lambda y, k, b: bent(
                y, k, np.fft.fft(k).conj() / (np.abs(np.fft.fft(k)) + b)
            ),
        },
        hint="Three lines: H, the factor, and np.fft.ifft(np.fft.fft(y) * factor).real. "
        "|H|² is np.abs(H) ** 2.",
        written=wiener,
    )


def richardson_lucy_step(estimate: np.ndarray, y: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """One step: blur the estimate, compare with y, send the ratio back to where it came from."""
    blurred = np.convolve(estimate, kernel[::-1], mode="same")  # pixel i reads its neighbourhood
    return estimate * np.convolve(y / blurred, kernel, mode="same")


def step_by_layers(estimate: np.ndarray, y: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The same with the project's layers: the way back is the transposed convolution."""
    w = kernel[None, None, None]
    layer: dict[str, Any] = {"padding": (0, len(kernel) // 2)}
    ratio = y / conv2d(estimate[None, None, None], w, **layer)
    return estimate * conv_transpose2d(ratio, w, **layer)[0, 0, 0]


@exercise("richardson-lucy-step")
def lucy(draw: Draw) -> Question:
    """Write one step of Richardson and Lucy's deconvolution."""

    def blur(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
        return np.convolve(x, kernel[::-1], mode="same")

    cases = []
    for n in (3, 4, 6):
        estimate, y, kernel = draw.grid(n) / 1.0, draw.grid(n) / 1.0, draw.grid(3)
        cases.append((estimate, y, kernel / kernel.sum()))
    return Function(
        task="Write richardson_lucy_step(estimate, y, kernel) for rows of pixels and a kernel of "
        '3 numbers. The blur of a row x is np.convolve(x, kernel[::-1], mode="same"), which is '
        "a convolution as in every network. Blur the estimate, divide y by that, send the ratios "
        "back by the transposed convolution, and multiply the estimate by what arrives. (Textbooks "
        "also divide by the transposed convolution of ones. The sum of the kernel is 1, so that is "
        "1 inside the picture; here, as in scikit-image, it is left out.)",
        truth=step_by_layers,
        cases=cases,
        mistakes={
            "The flip is forgotten: the way back is the transposed convolution, not the same one "
            "again.": lambda e, y, k: e * blur(y / blur(e, k), k),
            "Compare by dividing, not by subtracting.": lambda e, y, k: (
                e * np.convolve(y - blur(e, k), k, mode="same")
            ),
            "Multiply the estimate by what comes back, do not add it.": lambda e, y, k: (
                e + np.convolve(y / blur(e, k), k, mode="same")
            ),
            "The ratio is upside down.": lambda e, y, k: (
                e * np.convolve(blur(e, k) / y, k, mode="same")
            ),
            "That is the step with the textbooks' division, which is left out here. It changes the "
            "pixels at the ends.": lambda e, y, k: (
                e * np.convolve(y / blur(e, k), k, "same") / np.convolve(np.ones(len(e)), k, "same")
            ),
        },
        hint="In the blur the kernel is flipped for np.convolve, which flips it once more. On the "
        "way back it is not.",
        written=richardson_lucy_step,
    )


@exercise("three-relus")
def three_relus(draw: Draw) -> Question:
    """Three ways to pass a ReLU backwards."""
    value, back = draw.grid(6, low=-5, high=5), draw.grid(6, low=-5, high=5)
    passed, positive = value > 0, np.maximum(back, 0)
    right = np.array([back * passed, positive, positive * passed])
    return Value(
        task="A ReLU got these numbers on the way forward, and these come back to it:\n"
        f"  forward: {value.tolist()}\n  back: {back.tolist()}\n"
        "What does it hand on backwards, by the chain rule (plain gradient), in the deconvnet of "
        "Zeiler and Fergus, and in guided backpropagation? Three lists of six numbers: "
        "[[…], […], […]].",
        answer=right,
        mistakes={
            "The first two have changed places: the chain rule asks what the ReLU let pass on the "
            "way forward, the deconvnet puts a ReLU on the way back.": right[[1, 0, 2]],
            "The last two have changed places.": right[[0, 2, 1]],
            "Only where both are positive: that is guided backpropagation, three times.": (
                right[[2, 2, 2]]
            ),
            "The chain rule knows the number that came in: where it was negative, nothing is "
            "handed on.": np.array([back, right[1], right[2]]),
        },
        hint="The chain rule looks at the number that went forward, the deconvnet at the one that "
        "comes back, guided backpropagation at both.",
        solution=str(right.tolist()),
    )


@exercise("unpooling")
def unpooling(draw: Draw) -> Question:
    """Undo a max pooling with its switches, as the deconvnet does."""
    x, back = np.array(draw.sample(range(1, 20), 6)), draw.grid(3)
    pairs = x.reshape(3, 2)
    right, other = np.zeros((3, 2), int), np.zeros((3, 2), int)
    right[np.arange(3), pairs.argmax(1)] = back
    other[np.arange(3), pairs.argmin(1)] = back
    return Value(
        task=f"One row: {x.tolist()} goes through max pooling, 2 pixels to 1, and the places of "
        f"the maxima (the switches) are kept. On the way back, {back.tolist()} arrives. Write "
        "down the six numbers after unpooling with the switches.",
        answer=right.ravel(),
        mistakes={
            "That is without the switches: each number was repeated.": np.repeat(back, 2),
            "The number belongs where the maximum was.": other.ravel(),
            "That is always the first place of the two.": np.kron(back, [1, 0]),
            "The maxima themselves do not come back, only what arrives.": (
                pairs * (right > 0)
            ).ravel(),
        },
        hint="Two places for each number. One of them gets it, the other one 0.",
        solution=str(right.ravel().tolist()),
    )
