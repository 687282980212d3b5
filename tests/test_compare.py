"""What is said and written about runs, from arrays."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deconv import metrics
from deconv.compare import (
    FinishedRun,
    Group,
    MeasuredRun,
    measuring,
    report,
)
from deconv.config import DatasetName
from deconv.data.splits import Splits
from deconv.drawing import plots
from deconv.errors import ArtifactError, ImageError
from deconv.metrics import to_unit_range
from deconv.running.record import WEIGHTS, EpochRow, RunRecord, write_history, write_record
from deconv.weights import initial_weights, write_weights

RECORD = RunRecord(
    framework="pytorch",
    framework_version="2.13.0",
    device="cpu",
    dataset="fashion-mnist",
    dataset_sha256="a" * 64,
    train_images=55_000,
    upsampler="transposed",
    precision="float32",
    compiled=False,
    seed=0,
    epochs=2,
    batch_size=64,
    learning_rate=0.01,
    weight_decay=0.0,
    best_epoch=2,
    parameters=37_569,
    test_mse=0.0004,
    test_psnr=40.0,
    test_ssim=0.99,
    train_seconds=12.34,
    images_per_second=8_914.0,
)
ROWS = [
    EpochRow(1, 0.02, 0.01, 0.01, 6.1, "synthetic", validation_psnr=26.0, validation_ssim=0.9),
    EpochRow(2, 0.01, 0.001, 0, 6.2, "synthetic", validation_psnr=36.0, validation_ssim=0.9),
]


def dataset(name: DatasetName = "fashion-mnist", sha256: str = "a" * 64) -> Splits:
    """Twenty grey test images of ten classes, the classes in falling order."""
    test = np.repeat(np.arange(60, 80, dtype=np.uint8), 28 * 28).reshape(20, 28, 28)
    labels = np.repeat(np.arange(10, dtype=np.uint8)[::-1], 2)
    none = test[:0]
    return Splits(name, name, sha256, none, none, test, labels[:0], labels[:0], labels)


def measured(label: str, error: float, data: Splits | None = None, **changes) -> MeasuredRun:
    """A run whose reconstructions are too bright by `error` everywhere."""
    data = data or dataset()
    record = replace(RECORD, dataset=data.name, dataset_sha256=data.sha256, **changes)
    run = FinishedRun(label, Path("runs", label), record, ROWS)
    return measuring.measure(run, to_unit_range(data.test) + np.float32(error), data)


def one_group(*runs: MeasuredRun) -> Group:
    (group,) = measuring.grouped(runs, [dataset()])
    return group


def run_folder(folder: Path, seed: int = 0, **changes) -> Path:
    """Write what a run leaves, with weights that have not been trained."""
    folder.mkdir(parents=True)
    write_weights(folder / WEIGHTS, initial_weights(seed))
    write_history(folder, ROWS)
    write_record(folder, replace(RECORD, **changes))
    return folder


@pytest.fixture
def unrendered(monkeypatch):
    """Draw figures, but do not render them: for tests of which files are written."""
    monkeypatch.setattr(plots, "png", lambda figure: b"a figure")


def row(cells: list[list[str]], name: str) -> list[str]:
    return next(values for first, *values in cells if first == name)


# --- measuring and ranking -------------------------------------------------------------


def test_a_run_is_measured_by_the_arbiter():
    run = measured("PyTorch", 0.02)
    images = to_unit_range(dataset().test)
    assert run.scores == metrics.scores(images + np.float32(0.02), images)
    assert run.psnr == pytest.approx(np.full(20, 40.0), abs=1e-4)
    assert run.scores.mse == pytest.approx(0.0004, rel=1e-4)


def test_the_examples_are_the_first_test_image_of_each_class():
    data = dataset()
    group = one_group(measured("PyTorch", 0.5))
    first = [list(data.test_labels).index(label) for label in range(10)]
    assert (group.examples == to_unit_range(data.test)[first]).all()
    assert (group.runs[0].examples == group.examples + np.float32(0.5)).all()


def test_reconstructions_of_other_images_are_not_measured():
    run = FinishedRun("PyTorch", Path("run"), RECORD, ROWS)
    with pytest.raises(ImageError, match=r"\(19, 28, 28, 1\)"):
        measuring.measure(run, to_unit_range(dataset().test[1:]), dataset())


def test_runs_keep_their_order_but_the_ranking_follows_the_measured_psnr():
    group = one_group(
        measured("worst", 0.2, test_psnr=99.0), measured("best", 0.02), measured("middle", 0.1)
    )
    assert [run.label for run in group.runs] == ["worst", "best", "middle"]
    assert [run.label for run in group.ranking] == ["best", "middle", "worst"]
    notes = report.notes(group)
    assert "middle is 13.98 dB below best." in notes
    assert "worst is 20.00 dB below best." in notes


def test_runs_that_do_equally_well_are_not_put_in_order():
    notes = report.notes(one_group(measured("one", 0.02), measured("other", 0.02)))
    assert "one and other have the same test PSNR, to 0.01 dB." in notes
    assert "below" not in " ".join(notes)


def test_runs_on_different_datasets_are_never_ranked_against_each_other():
    real, drawn = dataset(), dataset("synthetic", "b" * 64)
    runs = [
        measured("TensorFlow", 0.01, drawn, framework="tensorflow"),
        measured("PyTorch", 0.02, real),
    ]
    groups = measuring.grouped(runs, [real, drawn])
    assert [(group.dataset, [run.label for run in group.runs]) for group in groups] == [
        ("fashion-mnist", ["PyTorch"]),
        ("synthetic", ["TensorFlow"]),
    ]
    for text in (report.screen(groups), report.markdown(groups)):
        assert "below" not in text
        assert report.APART in text
        assert text.count("nothing to compare it with") == 2


# --- what is said ----------------------------------------------------------------------


def test_the_table_has_every_number_of_every_run():
    group = one_group(
        measured("PyTorch", 0.02),
        measured("TensorFlow", 0.2, framework="tensorflow", framework_version="2.21.0", epochs=3),
    )
    cells = report.table(group)
    assert cells[0] == ["", "PyTorch", "TensorFlow"]
    assert row(cells, "framework") == ["PyTorch 2.13.0", "TensorFlow 2.21.0"]
    assert row(cells, "device") == ["cpu", "cpu"]
    assert row(cells, "dataset") == ["Fashion-MNIST", "Fashion-MNIST"]
    assert row(cells, "parameters") == ["37,569", "37,569"]
    assert row(cells, "epochs") == ["2", "3"]
    assert row(cells, "best epoch") == ["2", "2"]
    assert row(cells, "training time") == ["12.3 s", "12.3 s"]
    assert row(cells, "training speed") == ["8,914 images/s", "8,914 images/s"]
    assert row(cells, "test MSE") == ["0.000400", "0.040000"]
    assert row(cells, "test PSNR") == ["40.00 dB", "20.00 dB"]
    assert row(cells, "foreground PSNR") == ["40.00 dB", "20.00 dB"]
    assert row(cells, "validation PSNR") == ["36.00 dB", "36.00 dB"]
    assert row(cells, "test SSIM") == [f"{run.scores.ssim:.4f}" for run in group.runs]
    for text in (report.screen([group]), report.markdown([group])):
        assert "of each image, then the mean over images" in text
        for cell in {cell for line in cells for cell in line}:
            assert cell in text


def test_columns_line_up_on_the_screen():
    text = report.screen([one_group(measured("PyTorch", 0.02), measured("a longer label", 0.2))])
    lines = [line for line in text.splitlines() if line.startswith((" ", "test", "epochs"))]
    second = lines[0].index("a longer label")
    assert len(lines) == 5
    assert all(line[second - 1] == " " and line[second] != " " for line in lines)


@pytest.mark.parametrize(("claim", "agrees"), [(40.005, True), (40.02, False), (39.9, False)])
def test_a_claim_is_called_out_from_a_hundredth_of_a_decibel(claim, agrees):
    group = one_group(measured("PyTorch", 0.02, test_psnr=claim))
    called_out = f"PyTorch claims {claim:.2f} dB in its own record, but its weights give 40.00 dB."
    assert (called_out in report.notes(group)) is not agrees
    assert any("agrees within 0.01 dB" in note for note in report.notes(group)) is agrees
    (numbers,) = report.machine_readable([group])["groups"][0]["runs"]
    assert numbers["claim_agrees"] is agrees


def test_a_claim_that_is_no_number_is_called_out_and_stays_out_of_the_json():
    group = one_group(measured("PyTorch", 0.02, test_psnr=float("nan")))
    (numbers,) = report.machine_readable([group])["groups"][0]["runs"]
    assert "PyTorch claims nan dB" in report.markdown([group])
    assert numbers["claim_agrees"] is False
    assert numbers["record"]["test_psnr"] is None


def test_settings_that_differ_are_named():
    group = one_group(measured("a", 0.02, epochs=3), measured("b", 0.03, seed=7, epochs=10))
    assert report.differing_settings(group) == {"epochs": ["3", "10"], "seed": ["0", "7"]}
    assert "The runs do not have the same epochs: 3, 10." in report.notes(group)
    alike = one_group(measured("a", 0.02), measured("b", 0.03, framework="tensorflow"))
    assert report.differing_settings(alike) == {}


def test_drawn_garments_cannot_be_mistaken_for_fashion_mnist():
    drawn = dataset("synthetic", "b" * 64)
    groups = measuring.grouped([measured("PyTorch", 0.02, drawn)], [drawn])
    for text in (report.screen(groups), report.markdown(groups)):
        assert report.WARNING in text
        assert "NOT Fashion-MNIST" in row(report.table(groups[0]), "dataset")[0]
        assert "Drawn garments, NOT Fashion-MNIST: 20 test images" in text
    for figure in report.draw_figures(groups[0]).values():
        titles = [text.get_text() for text in figure.texts]
        assert any("NOT Fashion-MNIST" in title for title in titles)
    real = [one_group(measured("PyTorch", 0.02))]
    assert report.WARNING not in report.screen(real) + report.markdown(real)


# --- what is written -------------------------------------------------------------------


def test_report_json_and_figures_are_written_and_linked(tmp_path):
    group = one_group(measured("PyTorch", 0.02), measured("TensorFlow", 0.05))
    report.write_report([group], tmp_path / "new" / "comparison")
    names = {path.name for path in (tmp_path / "new" / "comparison").iterdir()}
    assert names == {
        "report.md",
        "comparison.json",
        "curves.png",
        "reconstructions.png",
        "psnr.png",
    }
    links = re.findall(r"!\[.+?\]\((.+?)\)", report.markdown([group]))
    assert set(links) == {name for name in names if name.endswith(".png")}
    numbers = json.loads((tmp_path / "new" / "comparison" / "comparison.json").read_text())
    assert numbers["groups"][0]["ranking"] == ["PyTorch", "TensorFlow"]
    scores = numbers["groups"][0]["runs"][1]["measured"]
    assert scores["psnr"] == group.runs[1].scores.psnr
    assert scores["foreground_psnr"] == group.runs[1].foreground_psnr


def test_each_dataset_has_its_own_figures_and_old_ones_do_not_stay(tmp_path, unrendered):
    real, drawn = dataset(), dataset("synthetic", "b" * 64)
    runs = [measured("PyTorch", 0.02, real), measured("PyTorch", 0.1, drawn)]
    (tmp_path / "notes-2.png").write_bytes(b"someone's own")
    groups = measuring.grouped(runs, [real, drawn])
    report.write_report(groups, tmp_path)
    figures = {path.name for path in tmp_path.glob("*.png")} - {"notes-2.png"}
    assert set(re.findall(r"\]\((.+?)\)", report.markdown(groups))) == figures
    assert len(figures) == 6
    report.write_report(groups[:1], tmp_path)
    assert {path.name for path in tmp_path.glob("*-2.png")} == {"notes-2.png"}
    assert len(list(tmp_path.glob("*.png"))) == 4


def test_nothing_is_written_when_a_figure_cannot_be_drawn(tmp_path):
    perfect = one_group(measured("PyTorch", 0.0))
    with pytest.raises(ImageError, match="finite PSNR"):
        report.write_report([perfect], tmp_path / "comparison")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_name_is_no_text_is_reported(tmp_path, unrendered):
    run = replace(measured("PyTorch", 0.02), folder=Path("/runs/\udcff"))
    report.write_report([one_group(run)], tmp_path)
    assert "| /runs/? |" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "comparison.json").read_text())


def test_a_folder_that_cannot_be_written_is_named(tmp_path, unrendered):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArtifactError, match="file/comparison"):
        report.write_report(
            [one_group(measured("PyTorch", 0.02))], tmp_path / "file" / "comparison"
        )
