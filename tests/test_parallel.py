"""The two packages line up: the same public names, in the same order, with the same parameters.

Read from the source, so that neither framework has to be installed.
"""

import ast

import pytest

from deconv.config import ROOT

FILES = (
    "__init__", "config", "data", "model", "variants", "engine", "tasks", "optimizer",
    "distributed", "train", "inference", "utils",
)  # fmt: skip
# Each with the reason why the other side has nothing like it.
ONLY_HERE = {
    ("pytorch", "data"): {"PairedImages": "a Dataset class; tf.data has functions instead"},
    ("tensorflow", "data"): {"paired_images": "a function; PyTorch has a Dataset class instead"},
    ("pytorch", "model"): {"Autoencoder": "a Module class; keras.Model takes the two parts"},
    ("tensorflow", "model"): {
        "keras_settings": "PyTorch reads no settings of its user's",
        "transposed_layer": "PyTorch's layer has padding and output padding itself",
    },
    ("pytorch", "variants"): {"enlarge": "a function; Keras has UpSampling2D instead"},
    ("tensorflow", "variants"): {"pixel_shuffle": "PyTorch has PixelShuffle"},
    ("tensorflow", "config"): {"device_type": "PyTorch's devices know their type"},
    ("tensorflow", "optimizer"): {"Adam": "Keras' own puts its epsilon elsewhere"},
    ("tensorflow", "train"): {"as_keras_file": "model.keras is a Keras format"},
    ("tensorflow", "utils"): {
        "canonical_variables": "PyTorch's names are the canonical ones",
        "to_canonical": "PyTorch's layout is the canonical one",
        "from_canonical": "PyTorch's layout is the canonical one",
    },
}


def public_definitions(framework: str, file: str) -> list[tuple[str, list[str]]]:
    """Return every public function, class and constant with its parameters' names.

    PyTorch writes a part of a model as a class, `TransposedDecoder`, Keras as a function,
    `transposed_decoder`: in `model.py` the two count as one name.
    """
    tree = ast.parse((ROOT / framework / "src" / f"{file}.py").read_text())
    found: list[tuple[str, list[str]]] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            found.append((node.name, [argument.arg for argument in every]))
        elif isinstance(node, ast.ClassDef):
            found.append((node.name, []))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                found += [(ast.unparse(name), []) for name in names]
    skip = ONLY_HERE.get((framework, file), {})
    named = [(n, p) for n, p in found if not n.startswith("_") and n not in skip]
    if file == "variants":  # Keras' functions are given the tensors that modules are called with
        return [(n.replace("_", "").lower(), []) for n, p in named]
    if file == "model":
        return [(n.replace("_", "").lower(), p) for n, p in named]
    return named


@pytest.mark.parametrize("file", FILES)
def test_same_names_in_the_same_order_with_the_same_parameters(file):
    one, other = (public_definitions(name, file) for name in ("pytorch", "tensorflow"))
    assert one == other
    assert one or file == "__init__"


def test_the_names_that_others_rely_on_are_there():
    promised = {
        "config": ["Config", "detect_device"],
        "data": ["build_datasets"],
        "model": ["build_model"],
        "engine": ["loss_fn", "train_step", "eval_step", "train_epoch", "evaluate"],
        "train": ["train", "main"],
        "inference": ["load_model", "reconstruct", "main"],
        "utils": [
            *("psnr", "ssim", "seed_everything", "to_numpy", "from_numpy"),
            *("load_weights", "export_weights"),
        ],
    }
    for file, names in promised.items():
        defined = [name for name, _ in public_definitions("pytorch", file)]
        names = [n.replace("_", "") for n in names] if file == "model" else names
        assert set(names) <= set(defined), file


def test_exceptions_to_the_rule_are_still_there():
    for (framework, file), names in ONLY_HERE.items():
        source = (ROOT / framework / "src" / f"{file}.py").read_text()
        for name in names:
            assert f"def {name}(" in source or f"class {name}(" in source, (framework, file, name)


@pytest.mark.parametrize("file", sorted((ROOT / "deconv").rglob("*.py"), key=str), ids=str)
def test_the_shared_part_imports_no_framework(file):
    tree = ast.parse(file.read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported.add(node.module.split(".")[0])
    assert not imported & {"torch", "torchvision", "tensorflow", "keras", "pytorch"}
