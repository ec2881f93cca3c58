"""The README's pictures, and the pages of the documentation site before it is built."""

import re
import sys
from pathlib import Path

import pytest

from pushforward.studio.app.core.help_pages import all_pages
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from builds import docs  # noqa: E402
from builds.common import BuildFailed  # noqa: E402

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


def test_the_pictures_of_the_readme_are_there_and_small() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = [ROOT / name for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)]
    assert len(pictures) == 7
    assert not [each for each in pictures if not each.is_file()]
    assert max(each.stat().st_size for each in pictures) < 2_000_000
    for each in pictures[1:]:
        name = each.stem.rpartition("-")[0]
        assert all((each.parent / f"{name}-{mode}.png").is_file() for mode in ("dark", "light"))


def test_each_link_of_the_site_leads_to_a_page_of_it(tmp_path: Path) -> None:
    discover()
    catalog = build([])
    pages = all_pages(catalog)
    folder = tmp_path / "docs"
    docs.write_pages(folder, pages)
    lost = {
        f"{page.name}: {target}"
        for page in folder.glob("*.md")
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (folder / target).is_file()
    }
    assert not lost
    for family in catalog.entries_of("family"):
        assert (folder / f"model-{family.slug}.md").is_file()
    tree = docs.navigation(folder, pages)
    assert all((folder / name).is_file() for name in re.findall(r": (\S+\.md)$", tree, re.M))


def test_a_link_to_a_section_has_the_anchor_of_its_whole_heading() -> None:
    """mkdocs gives the heading an anchor; links name only its first words."""
    pages = {"verified": "# What is verified\n\n## A2: Other\n\n## A3: Fewer steps"}
    text = docs.as_site("[A3](help:verified#A3:), [all](help:verified)", pages)
    assert text == "[A3](verified.md#a3-fewer-steps), [all](verified.md)"
    with pytest.raises(BuildFailed, match="A4"):
        docs.as_site("[A4](help:verified#A4:)", pages)


def test_a_site_that_needs_a_network_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<a href="https://example.org/paper">a link</a><script src="assets/a.js">')
    docs.check_offline(tmp_path)
    (tmp_path / "assets").mkdir()
    page.write_text(f'<script src="{docs.SHIM_ADDRESS}"></script>')
    docs.bring_shim(tmp_path)
    docs.check_offline(tmp_path)
    page.write_text('<script src="https://example.org/search.js"></script>')
    with pytest.raises(BuildFailed, match=r"page.html loads https://example\.org"):
        docs.check_offline(tmp_path)
