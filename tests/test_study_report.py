"""The report of the study: it says what the rows say, whole, and the same every time."""

import base64
import re
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
import study_rows
from study_rows import TASK, as_study, invent

from deconv.config import RunConfig
from deconv.data.splits import load_splits
from deconv.errors import ArtifactError
from deconv.study import statistics
from deconv.study.jobs import Job
from deconv.study.page import page
from deconv.study.report import SECTIONS, write_report
from deconv.study.results import failure
from deconv.study.sections import limits, predicted


@pytest.fixture(scope="module")
def splits(few_garments):
    return load_splits(RunConfig(dataset="synthetic"))


@pytest.fixture(scope="module")
def report(splits, tmp_path_factory):
    """The folder of a full study with its report, and its rows."""
    folder = tmp_path_factory.mktemp("full")
    rows = study_rows.study("full")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predicted, "SEEDS", 2)
        patch.setattr(statistics, "RESAMPLES", 99)
        write_report(rows, splits, "full", folder)
    return folder, rows


@pytest.fixture
def text(report) -> str:
    return (report[0] / "report.md").read_text()


def test_a_full_report_has_every_section(text):
    titles = re.findall("^## (.*)", text, re.MULTILINE)
    assert titles[:2] == ["How this study decides", "What to use"]
    assert len(titles) == 1 + len(SECTIONS)
    assert "nan" not in re.findall(r"[a-z]+", text)
    assert not re.search(r"[^`]\{|None|\binf\b", text)


def test_the_dataset_is_named_where_it_is_a_stand_in(report, text, splits):
    assert text.splitlines()[2].startswith("> **These are drawn garments")
    assert "--preset full --dataset synthetic" in text
    real = replace(splits, name="fashion-mnist")
    assert "--dataset" not in limits.commands(as_study(report[1], real)).splitlines()[1]


def test_every_figure_is_there_and_in_the_page(report, text):
    folder, _ = report
    html = (folder / "report.html").read_text()
    named = re.findall(r"!\[[^]]+\]\((figures/[^)]+\.png)\)", text)
    assert len(named) == len(set(named)) == 6
    assert {f"figures/{path.name}" for path in (folder / "figures").iterdir()} == set(named)
    for path in named:
        assert base64.b64encode((folder / path).read_bytes()).decode() in html


def test_the_page_needs_nothing_but_itself(report):
    html = (report[0] / "report.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]{,30})', html)
    assert sources
    assert {source.split(",")[0] for source in sources if source[0] != "#"} == {
        "data:image/png;base64"
    }
    assert "<script" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html
    ids = set(re.findall(r' id="([^"]+)"', html))
    assert {link[1:] for link in re.findall(r'href="(#[^"]+)"', html)} == ids


def test_tables_are_tables_in_the_page(report, text):
    html = (report[0] / "report.html").read_text()
    count = text.count("\n|---")
    assert html.count("<table>") == count
    assert html.count('<div class="scroll" tabindex="0"><table>') == count
    assert "|---" not in html


def test_what_is_html_in_markdown_is_shown_and_not_obeyed():
    made = page("<b>", "## <i>x</i>\n\n<script>alert(1)</script>", {})
    assert "<script>" not in made
    assert "&lt;script&gt;" in made
    assert '<a href="#section-1">&lt;i&gt;x&lt;/i&gt;</a>' in made


def test_the_tables_hold_the_means_of_the_rows(report, text):
    _, rows = report
    own = [
        row.measures
        for row in rows
        if (row.job.purpose, row.job.framework, row.job.task, row.job.upsampler)
        == ("main", "pytorch", TASK, "nearest")
    ]
    values = [measures["psnr"] for measures in own]
    (line, *_) = re.findall(r"^\| `nearest` \| 12 \| 0 \| (.*) \|$", text, re.MULTILINE)
    first, *_, parameters, macs, _ = line.split(" | ")
    assert first == f"{fmean(values):.2f} ± {np.std(values, ddof=1):.2f}"
    assert (parameters, macs) == ("37,569", "4,755,744")


def test_the_same_rows_give_the_same_bytes_in_any_order(splits, tmp_path, monkeypatch):
    monkeypatch.setattr(predicted, "SEEDS", 2)
    rows = [row for row in study_rows.study("quick") if row.job.task == TASK]
    for name, given in (("one", rows), ("other", rows[::-1])):
        write_report(given, splits, "quick", tmp_path / name)
    one, other = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in files}
        for name in ("one", "other")
        if (files := [p for p in (tmp_path / name).rglob("*") if p.is_file()])
    )
    assert one == other
    text = one[Path("report.md")].decode()
    assert text.count("tudy decides nothing") == 2  # above everything, and in what to use
    assert "3 paired seeds, and 12 were to decide" in text
    assert re.findall(r"too few seeds: \d of 12", text) == [
        f"too few seeds: {n} of 12" for n in (3, 0, 3, 0, 0)
    ]
    assert "TensorFlow" not in text.split("## What to use")[1].split("### Commands")[0]


def test_a_figure_of_a_report_before_is_removed(splits, tmp_path, monkeypatch):
    monkeypatch.setattr(predicted, "SEEDS", 2)
    (tmp_path / "figures").mkdir()
    for name in ("rate-distortion.png", "mine.png"):
        (tmp_path / "figures" / name).touch()
    write_report([], splits, "quick", tmp_path)
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["mine.png"]
    assert "0 trainings" in (tmp_path / "report.md").read_text()


def test_a_folder_that_cannot_be_written_is_said(splits, tmp_path, monkeypatch):
    monkeypatch.setattr(predicted, "SEEDS", 2)
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match=r"cannot write into .*file"):
        write_report([], splits, "quick", tmp_path / "file")


def test_runs_without_a_result_are_listed_with_their_message(splits):
    nasty = "it said <script> | `x` **y**\n# z"
    rows = [failure(Job("pytorch", "main", seed=seed), nasty) for seed in (1, 2)]
    section = limits.conditions(as_study(rows, splits))
    html = page("t", "\n\n".join(section.parts), {})
    assert "Without a result: 2 of 2 runs" in html
    assert html.count("it said &lt;script&gt; | `x` **y** # z\n") == 2


def test_stability_is_told_by_multiples_of_the_chosen_rate(text):
    (line,) = re.findall(r"^\| `transposed6` \| 0.01 \| (.*) \|$", text, re.MULTILINE)
    ones, threes, tens = line.split(" | ")
    assert float(threes) < float(ones)
    assert tens == "diverged"
    assert f"| `subpixel` | 0.01 | {ones} |" in text  # which begins as that and was not tuned


def test_what_was_not_tuned_is_said(text):
    for words in (
        "learning rate 0.01, the trainers' default, which was not tuned.",
        "learning rate 0.01, the best one for the baseline in `super-resolve`.",
        "`fractional` has the rate of `transposed` and `subpixel` has the rate of `transposed6`",
        "without a dense layer, trained with the default rate of 0.01, which was not tuned.",
    ):
        assert words in text


def test_a_run_that_was_invented_has_every_measure():
    """So that what is tested here is what a study writes."""
    (row,) = invent([Job("pytorch", "main", task=TASK)])
    assert {"replica_2", "initial_gain_spread_outer", "spectrum_9"} <= row.measures.keys()
