"""The four official archives of Fashion-MNIST: their names, their checksums, their folder.

The public addresses of this dataset have served other files under its names (plain
MNIST among them), so no byte is parsed before its SHA-256 is known to be right.
"""

import hashlib
import os
from pathlib import Path

from deconv.config import ROOT
from deconv.errors import DataError
from deconv.files import read_whole

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"

# Official name -> SHA-256 of the official file (Xiao, Rasul and Vollgraf, 2017, arXiv:1708.07747).
ARCHIVES: dict[str, str] = {
    TRAIN_IMAGES: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    TRAIN_LABELS: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    TEST_IMAGES: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    TEST_LABELS: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
LARGEST = 30_000_000  # bytes of an archive; the largest of the four has 26,421,880


def find_data_dir(data_dir: Path | None) -> Path:
    """Return the folder of the archives: `data_dir`, else $FASHION_MNIST_DIR, else artifacts/data.

    A folder that somebody named must exist: `DataError` if it does not.
    """
    from_environment = os.environ.get("FASHION_MNIST_DIR")
    if data_dir is not None:
        named, said_by = data_dir, "--data-dir"
    elif from_environment:
        named, said_by = Path(from_environment), "FASHION_MNIST_DIR"
    else:
        return ROOT / "artifacts" / "data"
    # Not Path's methods: they raise for a user that is not there and a path that is too long.
    folder = Path(os.path.expanduser(named))  # noqa: PTH111
    if not os.path.isdir(folder):  # noqa: PTH112
        raise DataError(
            f"{said_by} names {folder}, but there is no such folder; "
            f"correct it, or leave it out to have Fashion-MNIST fetched into artifacts/data"
        )
    return folder


def missing_archives(folder: Path) -> list[str]:
    """Return the official names that no file in `folder` has."""
    return [name for name in ARCHIVES if not (folder / name).is_file()]


def official_bytes(path: Path) -> bytes:
    """Read an archive and verify its SHA-256.

    Raises `DataError` if it cannot be read or is not the official file of its name.
    """
    if path.name not in ARCHIVES:
        raise DataError(f"{path} has none of the official names: {', '.join(ARCHIVES)}")
    data = read_whole(path, LARGEST, DataError)
    if sha256_of(data) != ARCHIVES[path.name]:
        raise DataError(
            f"{path} is not the official file (cut short, or plain MNIST under the same name?): "
            f"SHA-256 is {sha256_of(data)}, expected {ARCHIVES[path.name]}; "
            f"delete it and run again to fetch the official one"
        )
    return data


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
