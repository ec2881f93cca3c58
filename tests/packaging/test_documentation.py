"""The README's pictures, and the pages of the documentation site before it is built."""

import importlib.util
import re
import sys
from pathlib import Path

from pushforward.studio.app.core.help_pages import all_pages
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover

ROOT = Path(__file__).resolve().parents[2]
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
    path = ROOT / "packaging" / "make_docs.py"
    spec = importlib.util.spec_from_file_location("make_docs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_docs"] = module
    spec.loader.exec_module(module)
    discover()
    catalog = build([])
    pages = all_pages(catalog)
    folder = tmp_path / "docs"
    module.write_pages(folder, pages)
    lost = {
        f"{page.name}: {target}"
        for page in folder.glob("*.md")
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (folder / target).is_file()
    }
    assert not lost
    for family in catalog.entries_of("family"):
        assert (folder / f"model-{family.slug}.md").is_file()
    tree = module.navigation(folder, pages)
    assert all((folder / name).is_file() for name in re.findall(r": (\S+\.md)$", tree, re.M))
