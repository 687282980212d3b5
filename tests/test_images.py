"""A picture of one's own becomes an image of the network, or is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from deconv.data.images import read_picture
from deconv.errors import ImageError


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path, capsys):
    ramp = np.linspace(0, 65535, 28 * 28).reshape(28, 28).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "deep.png")
    (picture,) = read_picture(tmp_path / "deep.png")
    np.testing.assert_allclose(picture[..., 0], ramp / 32767.5 - 1, atol=0.01)
    assert "turned to 8 bits" in capsys.readouterr().out


def test_a_photo_is_turned_the_way_the_camera_was_held(tmp_path):
    ramp = np.tile(np.linspace(0, 255, 28).astype(np.uint8), (28, 1))  # dark on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # the top of the scene is on the right of the file
    Image.fromarray(ramp).save(tmp_path / "photo.jpg", exif=exif, quality=95)
    (picture,) = read_picture(tmp_path / "photo.jpg")
    assert picture[0].mean() < -0.9
    assert picture[-1].mean() > 0.9


def test_what_is_read_from_a_picture(tmp_path):
    grey = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.save(tmp_path / "bytes.npy", grey)
    np.save(tmp_path / "floats.npy", (grey / 127.5 - 1).astype(np.float64)[None, ..., None])
    expected = (grey / 127.5 - 1).astype(np.float32)[None, ..., None]
    for name in ("grey.png", "bytes.npy", "floats.npy"):
        found = read_picture(tmp_path / name)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=1e-6, err_msg=name)
    # one half white: the mean survives the resizing
    half = np.zeros((56, 112), np.uint8)
    half[:, 56:] = 255
    Image.fromarray(half).save(tmp_path / "half.png")
    found = read_picture(tmp_path / "half.png")
    assert found.shape == (1, 28, 28, 1)
    assert found[0, :, :10].max() < -0.9
    assert found[0, :, 18:].min() > 0.9


@pytest.mark.parametrize("kind", ["png", "jpg", "npy"])
@settings(max_examples=200)
@given(data=st.data())
def test_damaged_pictures_give_the_documented_error(kind, data, tmp_path_factory):
    """Cut short, some bytes changed, or bytes of anything: read, or refused; nothing else."""
    path = tmp_path_factory.mktemp("pictures") / f"picture.{kind}"
    grey = np.arange(784, dtype=np.uint8).reshape(28, 28)
    np.save(path, grey) if kind == "npy" else Image.fromarray(grey).save(path)
    whole = path.read_bytes()
    damage = data.draw(st.sampled_from(["cut", "bytes", "anything"]))
    if damage == "cut":
        damaged = whole[: data.draw(st.integers(0, len(whole) - 1))]
    elif damage == "bytes":
        place = data.draw(st.integers(0, len(whole) - 1))
        damaged = whole[:place] + data.draw(st.binary(min_size=1, max_size=9)) + whole[place + 9 :]
    else:
        damaged = data.draw(st.sampled_from([b"", whole[:8], b"PK\x03\x04"]))
        damaged += data.draw(st.binary(max_size=200))
    path.write_bytes(damaged)
    refused = None
    try:
        assert read_picture(path).shape[1:] == (28, 28, 1)
    except ImageError as error:
        refused = str(error)
    assert refused is None or str(path) in refused


def test_a_header_may_not_claim_more_than_there_is(tmp_path):
    path = tmp_path / "huge.npy"
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (10**9, 28, 28)}
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(ImageError, match="cannot read"):
        read_picture(path)


def test_what_numpy_says_of_an_array_is_not_passed_on(tmp_path):
    """It takes three lines, and advises to run what code there is in the file."""
    path = tmp_path / "array.npy"
    np.save(path, np.zeros((1, 28, 28), [(f"field {n}", "f4") for n in range(2_000)]))
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    for name in ("array.npy", "objects.npy"):
        with pytest.raises(ImageError) as error:
            read_picture(tmp_path / name)
        assert str(error.value).endswith("npy: it is not a whole NPY file of numbers")
