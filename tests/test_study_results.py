"""`results.csv`: what is written is read, and what was changed by hand is refused, by name."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deconv.errors import ArtifactError, ConfigError
from deconv.study.jobs import Job
from deconv.study.results import DIVERGED, Row, failure, read_results, write_results

MEASURES = ("psnr", "miou")
JOB = Job("pytorch", "main", seed=3)
ROWS = [
    Row(Job("pytorch", "main", seed=10), {"psnr": 30.5}),
    Row(JOB, {"psnr": 1 / 3}),
    Row(Job("tensorflow", "replicate", task="segment", latent=32, limit=100), {"miou": 0.5}),
    failure(Job("pytorch", "stability", learning_rate=0.1), "it said,\n  \x1b[2J 'no'"),
]


@pytest.fixture
def path(tmp_path):
    write_results(tmp_path / "results.csv", ROWS, MEASURES)
    return tmp_path / "results.csv"


def test_what_is_written_is_read_whatever_its_order(path, tmp_path):
    assert read_results(path, MEASURES) == {row.job: row for row in ROWS}
    write_results(tmp_path / "again.csv", reversed(ROWS), MEASURES)
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()
    lines = path.read_text().splitlines()
    assert [line.split(",")[13] for line in lines if ",main," in line] == ["3", "10"]


def test_an_error_is_one_line_that_no_terminal_obeys():
    assert ROWS[-1].error == "it said, [2J 'no'"
    assert len(failure(JOB, 1000 * "long ").error) <= 500
    assert failure(JOB, " \n ").error


def test_what_computed_a_run_is_kept_and_is_no_part_of_its_result(tmp_path):
    row = Row(JOB, {"psnr": 30.0}, machine="PyTorch 1, one thread", seconds=7.5)
    assert row == Row(JOB, {"psnr": 30.0}, machine="another", seconds=8)
    write_results(tmp_path / "results.csv", [row], MEASURES)
    found = read_results(tmp_path / "results.csv", MEASURES)[JOB]
    assert (found.machine, found.seconds) == (row.machine, row.seconds)


def test_no_file_has_no_rows(tmp_path):
    assert read_results(tmp_path / "results.csv", MEASURES) == {}


jobs = st.builds(
    Job,
    framework=st.sampled_from(["pytorch", "tensorflow", "numpy"]),
    purpose=st.from_regex("[a-z0-9-]{1,9}", fullmatch=True),
    upsampler=st.sampled_from(["transposed", "subpixel"]),
    latent=st.none() | st.integers(1, 3136),
    learning_rate=st.floats(1e-30, 1e30) | st.integers(1, 10),
    batch_size=st.integers(1, 10**6),
    limit=st.none() | st.integers(1, 60_000),
    seed=st.integers(0, 2**32 - 1),
)
values = st.dictionaries(st.sampled_from(MEASURES), st.floats(-1e30, 1e30), min_size=1)
rows = st.builds(Row, jobs, values) | st.builds(failure, jobs, st.text("a,\"'\n \x1b"))


@pytest.fixture(scope="module")
def any_path(tmp_path_factory):
    return tmp_path_factory.mktemp("any") / "results.csv"


@settings(max_examples=50)
@given(content=st.lists(rows, unique_by=lambda row: row.job))
def test_any_results_are_read_as_they_were_written(any_path, content):
    path = any_path
    write_results(path, content, MEASURES)
    assert read_results(path, MEASURES) == {row.job: row for row in content}


@given(jobs, jobs)
def test_two_jobs_never_have_one_name(one, other):
    assert (one.name == other.name) == (one == other)
    assert re.fullmatch(r"[\w.=+-]{1,255}", one.name)


def test_a_rate_may_be_written_in_two_ways():
    assert Job("pytorch", "main", learning_rate=1).name.count("learning-rate=1.0") == 1


@pytest.fixture(scope="module")
def written(any_path):
    write_results(any_path, ROWS, MEASURES)
    return any_path.read_bytes()


@settings(max_examples=300)
@given(data=st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(written, any_path, data):
    path, content = any_path, bytearray(written)
    where = data.draw(st.integers(0, len(content) - 1))
    content[where : where + 1] = data.draw(st.binary(max_size=2))
    path.write_bytes(content)
    try:
        assert read_results(path, MEASURES) == {row.job: row for row in ROWS}
    except ArtifactError:
        assert path.read_bytes() == bytes(content)


def change(old, new):
    return lambda text: text.replace(old, new, 1)


def cut(text):
    return text[: len(text) - 30]


def twice(text):
    return text + text.splitlines(keepends=True)[1]


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (change("30.5", "31.5"), "line 3 .*: its checksum is wrong, so a value was changed; put"),
        (change("30.5", "very good"), "line 3 .*: psnr cannot be 'very good'"),
        (change("30.5", "1e999"), "line 3 .*: psnr cannot be '1e999'"),
        (change("30.5", "nan"), "line 3 .*: psnr cannot be 'nan'"),
        (change("30.5", ""), "line 3 .*: a run has either measures or an error"),
        (change("transposed", "transponded"), "line 2 .*: upsampler 'transponded' is not known"),
        (change("segment", "segmet"), "line 5 .*: task 'segmet' is not known; there is recon"),
        (change(",100,", ",-100,"), "line 5 .*: --limit must be at least 1"),
        (change(",100,", ",100,,"), "line 5 .*: it has 21 values for 20 columns"),
        (change("\n", "\n\n"), "line 2 .*: it has 0 values"),
        (cut, "line 5 .*: it is cut off"),
        (twice, "line 6 .*: it is the same run as line 2"),
        (change("psnr", "ssim"), "not the columns of this version .it lacks psnr; it has ssim"),
        (change("psnr,", ""), "not the columns of this version .it lacks psnr; it has nothing"),
        (lambda text: "", "not the columns of this version .it lacks framework, purpose"),
        (change("30.5", "\0"), "line 3 "),
        (change("30.5", '"30.5'), "line 4 "),
    ],
)
def test_what_was_changed_is_refused_and_kept(edit, complaint, path):
    path.write_text(edit(path.read_text()))
    before = path.read_bytes()
    with pytest.raises(ArtifactError, match=complaint) as error:
        read_results(path, MEASURES)
    assert path.name in str(error.value)
    assert len(str(error.value)) < 700
    assert path.read_bytes() == before


def test_what_is_no_text_is_refused(path):
    path.write_bytes(b"\xff" + path.read_bytes())
    with pytest.raises(ArtifactError, match="is not text"):
        read_results(path, MEASURES)


def test_a_spreadsheet_may_change_the_ends_of_lines(path):
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_results(path, MEASURES) == {row.job: row for row in ROWS}


def test_a_row_holds_finite_values_that_have_a_column(path):
    before = path.read_bytes()
    for value in (float("nan"), float("inf"), 1e39):
        with pytest.raises(ValueError, match="psnr cannot be"):
            Row(JOB, {"psnr": value})
    for measures, error in (({}, ""), ({"psnr": 1.0}, "it failed")):
        with pytest.raises(ValueError, match="either measures or an error"):
            Row(JOB, measures, error)
    with pytest.raises(ValueError, match="no column for ssim"):
        write_results(path, [Row(JOB, {"ssim": 1.0})], MEASURES)
    assert path.read_bytes() == before


def test_a_training_that_diverged_has_a_result():
    diverged = failure(JOB, f"the loss {DIVERGED} after step 3")
    assert diverged.diverged
    assert not diverged.failed
    assert failure(JOB, "the disk is full").failed
    assert not ROWS[0].failed


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"upsampler": "resise"}, "upsampler 'resise' is not known; there is transposed, "),
        ({"framework": "jax"}, "framework 'jax' is not known; there is pytorch, tensorflow, numpy"),
        ({"dataset": "auto"}, "not auto"),
        ({"dataset": "mnist"}, "dataset 'mnist' is not known"),
        ({"purpose": "Main_1"}, "a purpose is made of small letters"),
        ({"epochs": 0}, "--epochs must be at least 1"),
        ({"architecture": "skip", "latent": 8}, "--architecture skip"),
    ],
)
def test_a_job_that_no_trainer_takes(settings, complaint):
    with pytest.raises(ConfigError, match=complaint):
        Job(**{"framework": "pytorch", "purpose": "main"} | settings)
