"""All exercises, a file for each topic."""

from types import ModuleType

from deconv.exercises.questions import Exercise
from deconv.exercises.topics import (
    backward_convolution,
    backward_layers,
    backwards,
    beyond,
    bottlenecks,
    checkerboards,
    costs,
    frameworks,
    handmade,
    handmade_network,
    layers,
    matrices,
    meanings,
    paddings,
    pitfalls,
    quality,
    sizes,
    stamps,
    training,
    views,
    ways_up,
)


def exercises_of(topic: ModuleType) -> list[Exercise]:
    """The exercises in a file, in its order."""
    return [value for value in vars(topic).values() if isinstance(value, Exercise)]


TOPICS = {
    "stamps": exercises_of(stamps),
    "sizes": exercises_of(sizes),
    "padding": exercises_of(paddings),
    "transposed": exercises_of(matrices),
    "views": exercises_of(views),
    "channels": exercises_of(layers),
    "checkerboards": exercises_of(checkerboards),
    "costs": exercises_of(costs),
    "training": exercises_of(training),
    "quality": exercises_of(quality),
    "pitfalls": exercises_of(pitfalls),
    "bottlenecks": exercises_of(bottlenecks),
    "ways up": exercises_of(ways_up),
    "frameworks": exercises_of(frameworks),
    "deconvolution": exercises_of(meanings),
    "by hand": exercises_of(handmade) + exercises_of(handmade_network),
    "backwards": exercises_of(backwards)
    + exercises_of(backward_layers)
    + exercises_of(backward_convolution),
    "beyond": exercises_of(beyond),
}
