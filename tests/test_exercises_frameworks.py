"""The exercise that a layer of PyTorch or Keras answers."""

import time

import pytest

from deconv.exercises.course import catalogue
from deconv.exercises.framework_layer import LayerInFramework


@pytest.fixture
def question() -> LayerInFramework:
    """The one with kernel 3, which needs output padding."""
    exercise = catalogue()["layer-that-fits"]
    drawn = (exercise.question(f"{number}") for number in range(100))
    return next(one for one in drawn if isinstance(one, LayerInFramework) and one.axis.kernel == 3)


def said(question, answers):
    """The messages of answers that are all wrong."""
    verdicts = [question.judge(answer) for answer in answers]
    assert {verdict.state for verdict in verdicts} == {"wrong"}
    messages = [verdict.message for verdict in verdicts]
    assert len(set(messages)) == len(messages)
    assert not any("Traceback" in message for message in messages)
    return messages


def test_its_numbers_vary_and_it_is_not_tried_yet():
    questions = [catalogue()["layer-that-fits"].question(seed) for seed in "abcdefgh"]
    assert len({question.task for question in questions}) > 2
    for question in questions:
        assert question.is_clear()
        assert question.judge(...).state == question.judge(None).state == "untried"
    assert "A layer is wanted" in said(questions[0], [14, "ConvTranspose2d", lambda x: x][:1])[0]


def test_layers_of_pytorch(question):
    torch = pytest.importorskip("torch")
    for seed in "abcdefgh":
        drawn = catalogue()["layer-that-fits"].question(seed)
        line = drawn.solution.splitlines()[0]
        assert drawn.judge(eval(line, {"torch": torch})).state == "right"
    nn, n = torch.nn, question.axis.small

    def layer(**options):
        return nn.ConvTranspose2d(1, 1, **{"kernel_size": 3, "stride": 2, **options})

    for answer in (layer(padding=1, output_padding=1), layer(padding=1), ...):
        begun = time.process_time()
        question.judge(answer)
        assert time.process_time() - begun < 1
    messages = said(
        question,
        [
            layer(padding=1),
            layer(),
            layer(padding=1, output_padding=1, kernel_size=5),
            nn.Conv2d(1, 1, 3, stride=2, padding=1),
            nn.Upsample(scale_factor=2),
            nn.ConvTranspose2d(2, 1, 3, stride=2),
            nn.Sequential(layer(), nn.ZeroPad2d((0, -1, 0, -1))),
            nn.ConvTranspose2d,
        ],
    )
    assert f"It makes {2 * n - 1} × {2 * n - 1} of {n} × {n}." in messages[0]
    assert "one pixel further down and right" in messages[6]
    assert question.judge(nn.Sequential(layer(), nn.ZeroPad2d((-1, 0, -1, 0)))).state == "right"


@pytest.mark.slow  # TensorFlow takes seconds to load
def test_layers_of_keras(question):
    pytest.importorskip("tensorflow")
    import keras

    for seed in "abcdefgh":
        drawn = catalogue()["layer-that-fits"].question(seed)
        line = drawn.solution.splitlines()[1]
        assert drawn.judge(eval(line, {"keras": keras})).state == "right"
    layers, n = keras.layers, question.axis.small
    stamps = layers.Conv2DTranspose(1, 3, strides=2, padding="valid")
    cut = keras.Sequential([stamps, layers.Cropping2D(((1, 0), (1, 0)))])
    assert question.judge(cut).state == "right"
    messages = said(
        question,
        [
            layers.Conv2DTranspose(1, 3, strides=2, padding="same"),
            layers.Conv2DTranspose(1, 3, strides=2),
            layers.UpSampling2D(2),
            layers.Conv2D(1, 3, strides=2),
            layers.Conv2DTranspose,
        ],
    )
    assert "one pixel further down and right" in messages[0]
    assert f"It makes {2 * n + 1} × {2 * n + 1} of {n} × {n}." in messages[1]
