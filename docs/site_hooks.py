"""What MkDocs does not do by itself: pages that stand outside docs/ join the site, and links follow them.

On GitHub `../CONTRIBUTING.md` leads to the file beside the code. In the site it leads to a page made of it; a link to
a file that is no page (a folder, a program) keeps its words and loses the link.
"""

from __future__ import annotations

import os.path
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent

# Pages of the site that are files of the repository, by their place in it.
OUTSIDE = {
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "sample_reports/README.md": "project/sample_reports.md",
    "tests/gold/README.md": "project/gold.md",
    "README.md": "README.md",  # the site's own start page stands for the repository's
}

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
_CODE = re.compile(r"(```.*?^```$)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside."""
    for source, page in OUTSIDE.items():
        if files.get_file_from_path(page) is None:
            files.append(File.generated(config, page, content=(ROOT / source).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Lead links out of docs/ to the pages made of what they name."""
    here = PurePosixPath(page.file.src_uri)
    from_outside = {made: source for source, made in OUTSIDE.items() if source != "README.md"}
    source = PurePosixPath(from_outside.get(str(here), f"docs/{here}"))

    def follow(link: re.Match[str]) -> str:
        text, target = link[1], link[2]
        path, _, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", target):
            return link[0]
        meant = os.path.normpath(source.parent / path)
        if not (ROOT / meant).exists():
            return link[0]  # MkDocs will say so
        place = OUTSIDE.get(meant) or meant.removeprefix("docs/")
        if files.get_file_from_path(place) is None:
            return text
        return f"[{text}]({os.path.relpath(place, here.parent)}{'#' + anchor if anchor else ''})"

    return "".join(part if part.startswith("```") else _LINK.sub(follow, part) for part in _CODE.split(markdown))
