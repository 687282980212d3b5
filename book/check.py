"""Whether a built site keeps to itself: `python -m book.check FOLDER`.

A page of the book must work on any static host, without a network and without telling anybody who
reads it. So nothing that a browser loads by itself may come from another host, and a link inside
the book must lead somewhere, down to its anchor. Links to other sites are for people to follow:
they are listed and not fetched.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import tyro

from deconv import cli
from deconv.config import UserPath
from deconv.errors import UserError

LOADED_ATTRIBUTES = {"src", "srcset", "poster", "data", "background"}
LOADED_LINKS = {"stylesheet", "icon", "manifest", "preload", "modulepreload", "prefetch",
                "prerender", "preconnect", "dns-prefetch"}  # fmt: skip
LOADED_IN_SVG = {"image", "feimage", "use"}
NAMESPACES = "http://www.w3.org/"
"""Begins names in XML that look like addresses, and are never loaded."""

_IN_STYLES = re.compile(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)")
_IN_SCRIPTS = re.compile(r"[\"'`]((?:https?:|wss?:)?//[^\"'`\s]+)[\"'`]")


class Page(HTMLParser):
    """What a page loads, where it links to, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.loads: set[str] = set()
        self.links: set[str] = set()
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note the addresses and the anchor of one element."""
        given = {name: value for name, value in attributes if value}
        self._inside = tag
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        for name in LOADED_ATTRIBUTES & given.keys():
            parts = given[name].split(",") if name == "srcset" else [given[name]]
            self.loads |= {part.split()[0] for part in parts if part.strip()}
        self.loads |= set(addresses_in_style(given.get("style", "")))
        loaded = tag in LOADED_IN_SVG or (
            tag == "link" and LOADED_LINKS & set(given.get("rel", "").split())
        )
        for name in {"href", "xlink:href"} & given.keys():
            (self.loads if loaded else self.links).add(given[name])

    def handle_data(self, data: str) -> None:
        """Note what a script or a style in the page loads."""
        if self._inside == "style":
            self.loads |= set(addresses_in_style(data))
        if self._inside == "script":
            self.loads |= set(addresses_in_script(data))

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        self._inside = ""


@dataclass
class Findings:
    """What is wrong with a site, in sentences, and the pages that link to each other site."""

    problems: list[str] = field(default_factory=list)
    external: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def listed(self) -> str:
        """Return one line for each external link: its address, and where it stands."""
        lines = [
            f"{url}  {', '.join(sorted(at)[:3])}{f' and {len(at) - 3} more' * (len(at) > 3)}\n"
            for url, at in sorted(self.external.items())
        ]
        return "".join(lines)


def check(folder: Path) -> Findings:
    """Read every page, style and script of a site."""
    found = Findings()
    pages = {
        path: Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))
    }
    for path, page in pages.items():
        here = path.relative_to(folder).as_posix()
        found.problems += [f"{here} loads {url}" for url in sorted(page.loads) if foreign(url)]
        for url in sorted(page.links):
            if urlsplit(url).scheme or foreign(url):
                found.external[url].add(here)
        for url in sorted(page.links | page.loads):
            if not urlsplit(url).scheme and not foreign(url) and (why := broken(url, path, pages)):
                found.problems.append(f"{here} leads to {url}: {why}")
    for path, url in loaded_by_files(folder):
        if foreign(url):
            found.problems.append(f"{path.relative_to(folder).as_posix()} loads {url}")
    return found


def broken(url: str, path: Path, pages: dict[Path, Page]) -> str:
    """Say what is wrong with a link inside the site; nothing if it leads somewhere."""
    parts = urlsplit(url)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return "no such file"
    page = pages.get(target)
    if parts.fragment and page and unquote(parts.fragment) not in page.anchors:
        return "no such anchor"
    return ""


def loaded_by_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the addresses in styles and scripts."""
    for path in sorted(folder.rglob("*.css")):
        yield from ((path, url) for url in addresses_in_style(path.read_text(encoding="utf-8")))
    for path in sorted([*folder.rglob("*.js"), *folder.rglob("*.mjs")]):
        yield from ((path, url) for url in addresses_in_script(path.read_text(encoding="utf-8")))


def addresses_in_style(text: str) -> list[str]:
    """Return what CSS loads."""
    return [one or other for one, other in _IN_STYLES.findall(text)]


def addresses_in_script(text: str) -> list[str]:
    """Return what looks like the address of a host in JavaScript."""
    return [url for url in _IN_SCRIPTS.findall(text) if not url.startswith(NAMESPACES)]


def foreign(url: str) -> bool:
    """Whether an address names a host."""
    return bool(urlsplit(url).netloc)


@dataclass(frozen=True)
class CheckConfig:
    """Find what a site loads from other hosts, and links inside it that lead nowhere."""

    folder: Annotated[UserPath, tyro.conf.Positional]
    """The site."""


def main() -> None:
    """Read the command line and check."""
    config = cli.parse(CheckConfig)
    cli.run(lambda: run(config.folder))


def run(folder: Path) -> None:
    """Print what links to other sites; raise `UserError` with all that is wrong."""
    found = check(folder.resolve())
    print(found.listed(), end="")
    if found.problems:
        raise UserError("\n  ".join([f"{len(found.problems)} problems:", *found.problems]))


if __name__ == "__main__":
    main()
