"""Import torchvision where its compiled part does not fit the installed torch.

The torchvision wheel of the package index is built against the CUDA build of
torch. Beside a CPU-only torch its operators are missing, `import torchvision`
fails with "operator torchvision::nms does not exist", and `import torchmetrics`
fails with it. Datasets, transforms and grids need none of those operators: the
module that registers their shapes is the only thing in the way, so an empty one
takes its place and the import is tried again.
"""

import sys
from importlib import import_module
from types import ModuleType


def import_torchvision() -> ModuleType:
    """Return the torchvision package, also beside a CPU-only torch."""
    try:
        return import_module("torchvision")
    except RuntimeError:
        name = "torchvision._meta_registrations"
        sys.modules[name] = ModuleType(name)
        return import_module("torchvision")
