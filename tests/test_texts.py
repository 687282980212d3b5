"""Texts that people write: questions, terms, bibliography. Examples run, sources are listed."""

import doctest
import re
from urllib.parse import unquote

from deconv.config import ROOT

DOCS = ROOT / "docs"
SOURCES = "bibliography.md"
ARXIV = r"arxiv(?:\.org/abs/|[: ])(\d{4}\.\d{4,5})"


def test_the_answers_to_the_questions_run_as_they_stand():
    failed, tried = doctest.testfile(
        str(DOCS / "questions.md"), module_relative=False, encoding="utf-8"
    )
    assert tried > 20
    assert failed == 0


def test_terms_are_in_the_order_of_the_alphabet_and_each_is_explained_and_leads_on():
    _, *terms = re.split(r"^## ", (DOCS / "terms.md").read_text(encoding="utf-8"), flags=re.M)
    names = [term.partition("\n")[0].lower() for term in terms]
    assert len(names) > 40
    assert names == sorted(names)
    assert [term for term in terms if len(term.partition("\n")[2].split()) < 6] == []
    leads = [[link.partition("#")[0] for link in re.findall(r"\]\((.+?)\)", t)] for t in terms]
    assert [name for name, to in zip(names, leads, strict=True) if not {*to} - {SOURCES}] == []
    assert [link for to in leads for link in to if not (DOCS / link).is_file()] == []


def citations() -> set[tuple[str, str]]:
    """What texts and code cite: an author, alone or the first of several, and a year; arXiv."""
    folders = ("deconv", "pytorch", "tensorflow", "benchmarks", "notebooks", "docs", "tests")
    paths = [p for f in folders for kind in ("*.py", "*.md") for p in (ROOT / f).rglob(kind)]
    year = r",? [\[(]{0,2}((?:19|20)\d\d)\b"
    several = r"([A-Z]\w+)(?:, [A-Z]\w+)*(?: et al\.| and others| and [A-Z]\w+)"
    alone = r"(?<!and )(?<!, )\b(?!November)([A-Z][a-z]+)"
    found = set()
    for path in {*paths, ROOT / "README.md"} - {DOCS / SOURCES}:
        text = re.sub(r"\s*\n[ \t]*(?:# )?", " ", path.read_text(encoding="utf-8"))
        found |= {*re.findall(several + year, text), *re.findall(alone + year, text)}
        found |= {("arXiv", number) for number in re.findall(ARXIV, text, re.I)}
    return found


def test_the_bibliography_has_every_source_that_is_cited():
    text = (DOCS / SOURCES).read_text(encoding="utf-8")
    entries = re.findall(r"^- \*\*([A-Z]\w+).*?\((\d{4})\)", text, re.M | re.S)
    assert len(entries) == text.count("\n- ")
    assert [entry[0].lower() for entry in entries] == sorted(entry[0].lower() for entry in entries)
    cited = citations()
    assert len(cited) > 40
    assert cited - {*entries, *(("arXiv", n) for n in re.findall(ARXIV, text, re.I))} == set()


def test_each_number_of_the_bibliography_leads_to_its_own_address():
    text = (DOCS / SOURCES).read_text(encoding="utf-8")
    links = re.findall(r"\[(\w+):(.+?)\]\((.+?)\)", text)
    assert len(links) > 40
    sites = {
        "arXiv": "arxiv.org/abs/",
        "doi": "doi.org/",
        "HAL": "inria.hal.science/",
        "JSTOR": "www.jstor.org/stable/",
    }
    assert [
        (kind, number, url)
        for kind, number, url in links
        if unquote(url) != f"https://{sites[kind]}{number}"
    ] == []
