"""The folder `tensorflow` beside the library of that name.

Everything about it happens in the first seconds of a process, so each test
starts one. The tests that need a module in `tensorflow/src` write it in a copy
of the package, and so test nothing but `tensorflow/__init__.py`.
"""

import os
import shutil
import subprocess
import sys
from importlib.machinery import PathFinder
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[1]


def python(*arguments, cwd, **environment):
    """Run a fresh Python as a user would: with no log level set yet."""
    clean = {k: v for k, v in os.environ.items() if k not in ("TF_CPP_MIN_LOG_LEVEL", "PYTHONPATH")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def library():
    """Skip the test where TensorFlow is not installed."""
    elsewhere = [p for p in sys.path if Path(p).resolve() != ROOT.resolve()]
    if PathFinder.find_spec("tensorflow", elsewhere) is None:
        pytest.skip("TensorFlow is not installed")


def copy_of_package(folder, hello=""):
    """Make `folder` a repository root whose only command is `tensorflow.src.hello`."""
    source = folder / "tensorflow" / "src"
    source.mkdir(parents=True)
    (folder / "deconv").mkdir()
    for file in ("tensorflow/__init__.py", "deconv/__init__.py", "deconv/startup.py"):
        shutil.copy(ROOT / file, folder / file)
    (source / "__init__.py").touch()
    (source / "hello.py").write_text(dedent(hello))
    return folder


def fake_library(folder, code):
    """Put a stand-in for TensorFlow in `folder`, for what the real one does not do on demand."""
    package = folder / "tensorflow"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(dedent(code))
    return folder


@pytest.mark.usefixtures("library")
def test_import_from_the_repository_root_gives_the_library_and_nothing_on_stderr():
    code = """
        import sys, importlib, keras            # keras first: it imports tensorflow by itself
        first = sys.modules["tensorflow"]
        import tensorflow as tf
        import tensorflow.src
        from tensorflow.python.framework import ops

        assert tf is first
        assert tf.__file__ == tf.__spec__.origin != {ours!r}, tf.__file__
        assert tensorflow.src.__file__ == {source!r}, tensorflow.src.__file__
        assert int(tf.function(lambda x: x + 1)(1)) == 2
        assert int(tf.function(lambda x: x + 1, jit_compile=True)(1)) == 2
        assert tf.keras.layers.Dense is keras.layers.Dense
        tf.config.list_physical_devices()       # asks for a GPU, and would log that there is none

        path = list(tf.__path__)
        assert importlib.reload(tf) is first
        assert tf.__path__ == path and tf.__file__ == tf.__spec__.origin
        print("done")
    """.format(
        ours=str(ROOT / "tensorflow" / "__init__.py"),
        source=str(ROOT / "tensorflow" / "src" / "__init__.py"),
    )
    result = python("-c", dedent(code), cwd=ROOT)
    assert (result.stdout, result.stderr) == ("done\n", "")


@pytest.mark.usefixtures("library")
def test_keras_is_what_our_code_needs_whatever_else_its_user_has_set(tmp_path):
    """A float16 learning rate, for example, would be rounded, and the results others."""
    file = '{"backend": "torch", "floatx": "float16", "image_data_format": "channels_first"}'
    (tmp_path / "keras.json").write_text(file)
    code = """
        from tensorflow.src.config import Config
        from tensorflow.src.engine import train_step
        from tensorflow.src.model import build_model
        from tensorflow.src.optimizer import build_optimizer
        import keras, numpy as np

        images = np.zeros((2, 28, 28, 1), np.float32)
        model = build_model(Config())
        optimizer = build_optimizer(model, Config())
        train_step(model, optimizer, images, images)
        print(keras.backend.backend(), {v.dtype for v in [*model.variables, *optimizer.variables]})
        print(keras.config.floatx(), keras.config.image_data_format())
    """
    result = python("-c", dedent(code), cwd=ROOT, KERAS_BACKEND="no-such", KERAS_HOME=str(tmp_path))
    assert result.stderr == ""
    ours, users = result.stdout.splitlines()
    assert ours == "tensorflow {'float32', 'int64'}" or ours == "tensorflow {'int64', 'float32'}"
    assert users == "float16 channels_first"


@pytest.mark.slow
@pytest.mark.usefixtures("library")
def test_module_runs_with_dash_m_and_its_functions_reach_a_spawned_worker(tmp_path):
    hello = """
        import multiprocessing, os, pickle
        import tensorflow as tf
        from tensorflow.src import hello    # what a worker gets by name; __main__ is another module

        def double(number):
            return os.getpid(), int(tf.constant(number) * 2)

        if __name__ == "__main__":
            assert pickle.loads(pickle.dumps(hello.double)) is hello.double
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                pid, number = pool.apply(hello.double, (21,))
            print(number, "here" if pid == os.getpid() else "there")
    """
    result = python("-m", "tensorflow.src.hello", cwd=copy_of_package(tmp_path, hello))
    assert (result.stdout, result.stderr) == ("42 there\n", "")


@pytest.mark.usefixtures("library")
def test_four_threads_import_from_another_folder_and_all_get_the_whole_library(tmp_path):
    root = copy_of_package(tmp_path / "root", "import tensorflow as tf\ntwo = int(tf.constant(2))")
    code = """
        import importlib, sys, threading, time
        seen = []

        def load(name, late):
            while late and threads[0].is_alive() and "tensorflow.python" not in sys.modules:
                time.sleep(0.001)       # until the first import is under way
            importlib.import_module(name)
            import tensorflow as tf
            seen.append((id(tf), int(tf.function(lambda x: x + 1)(1))))

        # Not keras beside tensorflow: so mixed, the library alone fails too.
        jobs = [("tensorflow", False), ("tensorflow.src.hello", False)]
        jobs += [("tensorflow", True), ("tensorflow.src.hello", True)]
        threads = [threading.Thread(target=load, args=job) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(len(seen), len(set(seen)))
    """
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    result = python("-c", dedent(code), cwd=elsewhere, PYTHONPATH=str(root))
    assert (result.stdout, result.stderr) == ("4 1\n", "")


@pytest.mark.usefixtures("library")
def test_autograph_leaves_plain_helpers_of_our_package_alone(tmp_path):
    """A trap to know: in modules named `tensorflow.*` only a decorated function is converted.

    Elsewhere `tf.function` also converts what it calls, and a Python `if` on a
    tensor works there. In `tensorflow.src` it needs `tf.cond`, `tf.where` or a
    decorator of its own.
    """
    hello = """
        import tensorflow as tf

        def plain(x):
            if x > 0:
                return x
            return -x

        decorated = tf.function(plain)

        @tf.function
        def calls(helper, x):
            return helper(x)

        print(int(decorated(tf.constant(-3))), int(calls(decorated, tf.constant(-3))))
        try:
            calls(plain, tf.constant(-3))
        except tf.errors.OperatorNotAllowedInGraphError as error:
            print(type(error).__name__)
    """
    # Not with -m: it names the module __main__, where AutoGraph does convert helpers.
    result = python("-c", "import tensorflow.src.hello", cwd=copy_of_package(tmp_path, hello))
    assert result.stdout == "3 3\nOperatorNotAllowedInGraphError\n", result.stderr


@pytest.mark.parametrize("arguments", [("-c", "import tensorflow"), ("-m", "tensorflow.src.hello")])
def test_absent_library_is_named_and_the_remedy_too(tmp_path, arguments):
    # -S leaves out the installed packages. What `pip uninstall` leaves behind is no library.
    (tmp_path / "left_behind" / "tensorflow").mkdir(parents=True)
    root = copy_of_package(tmp_path / "root")
    result = python("-S", *arguments, cwd=root, PYTHONPATH=str(tmp_path / "left_behind"))
    assert result.returncode == 1
    assert "ModuleNotFoundError: TensorFlow is not installed for " in result.stderr
    assert "pip install -e . -c constraints.txt" in result.stderr


EARLY_LOG = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    "I0000 00:00:1795184551.145961    3423 port.cc:153] oneDNN custom operations are on.\n"
)


@pytest.mark.parametrize(
    ("level", "shown"),
    [(None, "a warning\n"), ("0", f"{EARLY_LOG}a warning\n")],
    ids=["quiet", "level set by the user"],
)
def test_only_the_early_log_is_hidden_and_the_users_level_wins(tmp_path, level, shown):
    text = f"{EARLY_LOG}a warning\n".encode()
    log = f"import os; level = os.environ['TF_CPP_MIN_LOG_LEVEL']; os.write(2, {text!r})"
    result = python(
        "-S",
        "-c",
        "import tensorflow, sys; print(tensorflow.level); print('afterwards', file=sys.stderr)",
        cwd=copy_of_package(tmp_path / "root"),
        PYTHONPATH=str(fake_library(tmp_path / "site", log)),
        **({} if level is None else {"TF_CPP_MIN_LOG_LEVEL": level}),
    )
    assert (result.stdout, result.stderr) == (f"{level or 3}\n", f"{shown}afterwards\n")


def test_library_that_fails_to_load_shows_its_log_and_its_error(tmp_path):
    broken = "import os; os.write(2, b'a warning\\n'); raise ImportError('a broken library')"
    result = python(
        "-S",
        "-c",
        "import tensorflow",
        cwd=copy_of_package(tmp_path / "root"),
        PYTHONPATH=str(fake_library(tmp_path / "site", broken)),
    )
    assert result.stderr.startswith("a warning\nTraceback")
    assert result.stderr.endswith("ImportError: a broken library\n")


def test_second_copy_of_the_repository_is_not_taken_for_the_library(tmp_path):
    second = copy_of_package(tmp_path / "second")
    site = fake_library(tmp_path / "site", "name = 'the library'")
    result = python(
        "-S",
        "-c",
        "import tensorflow; print(tensorflow.name)",
        cwd=copy_of_package(tmp_path / "first"),
        PYTHONPATH=os.pathsep.join([str(second), str(site)]),
    )
    assert result.stdout == "the library\n", result.stderr


@pytest.mark.parametrize(
    "trouble",
    ["os.close(2)", "os.dup2(os.open(os.devnull, os.O_RDONLY), 2)", "tempfile.tempdir = 'none'"],
    ids=["standard error closed", "standard error fails", "no folder for temporary files"],
)
def test_import_works_without(trouble, tmp_path):
    library = """
        import contextlib, os
        with contextlib.suppress(OSError):
            os.write(2, b"a warning")
        name = "the library"
    """
    result = python(
        "-S",
        "-c",
        f"import os, tempfile; {trouble}; import tensorflow; print(tensorflow.name)",
        cwd=copy_of_package(tmp_path / "root"),
        PYTHONPATH=str(fake_library(tmp_path / "site", library)),
    )
    assert result.stdout == "the library\n"
