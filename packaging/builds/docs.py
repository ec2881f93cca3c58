"""Build the documentation as a web site with an offline search, and check its links: dist/docs.

Needs the dependency group `build` (mkdocs-material). The pages are the help of the window, a page
for each registered model, the verified claims, the notebooks, and the Markdown files of the
repository; the site opens without a server. Unknown links and anchors fail the build.
"""

import argparse
import json
import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from builds.common import (
    DIST,
    ROOT,
    BuildFailed,
    folder_size,
    report,
    run_program,
    say,
    this_python,
)
from pushforward.studio import resources
from pushforward.studio.app.core.help_pages import MODELS, Page, all_pages
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.protocol.spec import Recipe

HELP = "the documentation as a web site (dist/docs)"
FILES = {
    "README.md": "index.md",
    "docs/installation.md": "installation.md",
    "docs/tools.md": "tools.md",
    "docs/files.md": "files.md",
    "docs/exports.md": "exports.md",
    "docs/command-line.md": "command-line.md",
    "docs/api.md": "api.md",
    "studio/README.md": "architecture.md",
    "models/README.md": "adding-a-model.md",
    "docs/development.md": "development.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
TUTORIALS = tuple(
    f"docs/tutorials/{name}.md"
    for name in ("particles", "images", "jets", "graphs", "series", "sentences", "scenes",
                 "recommendation", "representation")
)  # fmt: skip
FILES |= {name: f"tutorial-{Path(name).name}" for name in TUTORIALS}
HELP_PAGES = "resources/help/"
NOTEBOOKS = (
    "docs/notebooks/first-flow.ipynb",
    "docs/notebooks/your-data.ipynb",
    "docs/notebooks/a-papers-claim.ipynb",
)
START = ("index.md", "installation.md", "tools.md", "files.md", "exports.md")
REFERENCE = ("command-line.md", "api.md", "recipes.md")
DEVELOPMENT = ("architecture.md", "adding-a-model.md", "development.md", "contributing.md",
               "security.md", "changelog.md")  # fmt: skip
LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|mailto:|#)([^)\s]+)\)")
LOADED = re.compile(
    r'<(?:script|img|iframe|link rel="stylesheet")[^>]*(?:src|href)="?(https?:[^" >]+)'
)
SHIM = ROOT / "packaging" / "docs" / "iframe-worker.js"
"""What the search needs in a page that is opened as a file; the theme loads it from the web."""
SHIM_ADDRESS = "https://unpkg.com/iframe-worker/shim"
HEADING = re.compile(r"^#+ (.+)$", re.M)
SMALL = re.compile(r"~~(.+?)~~", re.S)
CONFIG = """site_name: Pushforward Studio
site_description: Generative models that move particles
docs_dir: {docs}
site_dir: {site}
use_directory_urls: false
theme:
  name: material
  font: false
  icon: {{logo: material/vector-curve}}
  features: [navigation.tabs, navigation.top, content.code.copy, search.highlight]
  palette:
    - {{media: "(prefers-color-scheme: light)", scheme: default, primary: indigo,
       toggle: {{icon: material/weather-night, name: Dark}}}}
    - {{media: "(prefers-color-scheme: dark)", scheme: slate, primary: black,
       toggle: {{icon: material/weather-sunny, name: Light}}}}
plugins: [search, offline]
markdown_extensions: [tables, attr_list, admonition, pymdownx.superfences,
  {{toc: {{permalink: true}}}}]
validation: {{links: {{not_found: warn, anchors: warn, absolute_links: warn}}}}
nav:
{nav}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--out", type=Path, default=DIST / "docs", metavar="DIR")


def run(given: argparse.Namespace) -> None:
    """Write the pages into a temporary folder, build the site from them, and check it."""
    began = time.monotonic()
    out = given.out.resolve()
    discover()
    pages = all_pages(build([]))
    with tempfile.TemporaryDirectory(prefix="pushforward-docs-") as made:
        folder = Path(made) / "docs"
        write_pages(folder, pages)
        config = Path(made) / "mkdocs.yml"
        text = CONFIG.format(docs=folder, site=out, nav=navigation(folder, pages))
        config.write_text(text, encoding="utf-8")
        run_program(
            this_python("-m", "mkdocs", "build", "--strict", "--quiet", "-f", str(config)),
            env={"NO_MKDOCS_2_WARNING": "true"},
        )
    bring_shim(out)
    check_offline(out)
    say(f"{len(list(out.rglob('*.html')))} pages in {folder_size(out) / 1e6:.1f} MB")
    if out.is_relative_to(ROOT):
        report(out, began)


def bring_shim(site: Path) -> None:
    """Let the pages, all of which are at the top, load the search's shim from the site."""
    place = f"assets/{SHIM.name}"
    shutil.copy(SHIM, site / place)
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(SHIM_ADDRESS, place), encoding="utf-8")


def check_offline(site: Path) -> None:
    """Refuse a site whose pages load anything from another address.

    Raises:
        BuildFailed: a page does.
    """
    for page in site.rglob("*.html"):
        if found := LOADED.search(page.read_text(encoding="utf-8")):
            raise BuildFailed(f"{page.name} loads {found[1]}: the site must open offline")


def write_pages(folder: Path, pages: list[Page]) -> None:
    """Write all pages, with their links as those of the site."""
    (folder / "pictures").mkdir(parents=True)
    for picture in (resources.folder("help") / "pictures").glob("*.png"):
        shutil.copy(picture, folder / "pictures")
    recipes = {recipe.slug: recipe for recipe in resources.recipes()}
    texts = {page.slug: page.text for page in pages}
    for slug in recipes:
        for mode in ("dark", "light"):
            shutil.copy(resources.thumbnail(slug, mode), folder / "pictures")
    for page in pages:
        text = page.text
        if page.group == MODELS:
            text = with_pictures(page, recipes)
        (folder / f"{page.slug}.md").write_text(as_site(text, texts), encoding="utf-8")
    (folder / "recipes.md").write_text(list_recipes(recipes), encoding="utf-8")
    write_files(folder)
    for notebook in NOTEBOOKS:
        (folder / f"{Path(notebook).stem}.md").write_text(
            as_page(ROOT / notebook), encoding="utf-8"
        )


def as_page(notebook: Path) -> str:
    """Return a notebook as Markdown: its texts and its code."""
    parts = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    return "\n\n".join(parts) + "\n"


def with_pictures(page: Page, recipes: Mapping[str, Recipe]) -> str:
    """Return the page of a model with a picture of its first recipe."""
    family = page.slug.removeprefix("model-")
    made = [recipe for recipe in recipes.values() if recipe.run.family.slug == family]
    if not made:
        return page.text
    [*_], first = made[1:], made[0]
    title, _, rest = page.text.partition("\n")
    others = ", ".join(f"[{recipe.title}](recipe:{recipe.slug})" for recipe in made)
    return f"{title}\n\n{both_modes(first.slug, first.title)}\n\nRecipes: {others}.\n{rest}"


def both_modes(name: str, title: str) -> str:
    """Return a picture that follows the theme."""
    alt = title.replace("]", "")
    return "\n".join(
        f"![{alt}](pictures/{name}-{mode}.png#only-{mode})" for mode in ("light", "dark")
    )


def as_site(text: str, pages: Mapping[str, str]) -> str:
    """Return Markdown of the help with links, pictures and small print as the site has them.

    Raises:
        BuildFailed: a link names a section that its page does not have.
    """

    def page_link(found: re.Match[str]) -> str:
        slug, words = found[1], found[2]
        return f"]({slug}.md{anchor(words[1:], pages[slug]) if words else ''})"

    text = re.sub(r"!\[([^\]]*)\]\(picture:([\w-]+)[^)]*\)", lambda m: both_modes(m[2], m[1]), text)
    text = re.sub(r"\]\(help:([\w-]+)(#[^)]*)?\)", page_link, text)
    text = re.sub(r"\]\(recipe:([\w-]+)\)", r"](recipes.md#\1)", text)
    text = SMALL.sub(lambda found: f"<small>{found[1]}</small>", text)
    return text.replace("\\~", "~")  # no escape in this Markdown


def anchor(words: str, text: str) -> str:
    """Return the anchor of the section of a page whose heading begins with words."""
    from markdown.extensions.toc import slugify

    for heading in HEADING.findall(text):
        if heading.startswith(words):
            return f"#{slugify(heading, '-')}"
    raise BuildFailed(f"no section begins with {words!r}")


def list_recipes(recipes: Mapping[str, Recipe]) -> str:
    """Return the page of all recipes, each with its picture and its command."""
    parts = ["# Recipes\n\nA recipe is a training that is set up: one click, or one command."]
    for slug, recipe in recipes.items():
        parts.append(f"## {recipe.title} {{ #{slug} }}\n\n{both_modes(slug, recipe.title)}")
        parts.append(f"{recipe.summary}\n\n```sh\npushforward run {slug}\n```")
    return "\n\n".join(parts) + "\n"


def write_files(folder: Path) -> None:
    """Write the Markdown files of the repository; links to files without a page become text."""
    there = {name: made for name, made in FILES.items() if (ROOT / name).is_file()}
    for name, made in there.items():
        where = (ROOT / name).parent

        def site_link(found: re.Match[str], where: Path = where) -> str:
            words, (target, _, section) = found[1], found[2].partition("#")
            path = (where / target).resolve()
            if not path.is_relative_to(ROOT) or not path.exists():
                raise BuildFailed(f"{where}: the link to {target} leads nowhere")
            known = path.relative_to(ROOT).as_posix()
            if path.suffix in (".png", ".gif", ".webp"):
                shutil.copy(path, folder / "pictures")
                return in_modes(words, path, folder / "pictures")
            after = f"#{section}" if section else ""
            if known.startswith(HELP_PAGES):
                return f"[{words}]({path.name}{after})"
            return f"[{words}]({there[known]}{after})" if known in there else words

        text = LINK.sub(site_link, (ROOT / name).read_text(encoding="utf-8"))
        (folder / made).write_text(text, encoding="utf-8")


def in_modes(words: str, picture: Path, folder: Path) -> str:
    """Return the link of a picture, after its "!"; of one that there is in both themes, of both."""
    name, _, mode = picture.stem.rpartition("-")
    twin = picture.with_stem(f"{name}-{'light' if mode == 'dark' else 'dark'}")
    if mode not in ("dark", "light") or not twin.exists():
        return f"[{words}](pictures/{picture.name})"
    shutil.copy(twin, folder)
    return both_modes(name, words).removeprefix("!").replace("\n", " ")


def navigation(folder: Path, pages: list[Page]) -> str:
    """Return the tree of pages."""
    groups: dict[str, list[tuple[str, str]]] = {"Start": titled(folder, START)}
    for page in pages:
        groups.setdefault(page.group, []).append((page.title, f"{page.slug}.md"))
    groups["Tutorials"] = titled(folder, tuple(FILES[name] for name in TUTORIALS))
    groups["Notebooks"] = titled(folder, tuple(f"{Path(name).stem}.md" for name in NOTEBOOKS))
    groups["Reference"] = titled(folder, REFERENCE)
    groups["Development"] = titled(folder, DEVELOPMENT)
    lines = []
    for title, entries in groups.items():
        lines.append(f"  - {quoted(title)}:")
        lines += [f"      - {quoted(name)}: {file}" for name, file in entries]
    return "\n".join(lines)


def titled(folder: Path, files: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the files that are there, each with its heading."""
    found = []
    for name in files:
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8")
            heading = next((line for line in text.splitlines() if line.startswith("# ")), name)
            found.append((heading.lstrip("# "), name))
    return found


def quoted(text: str) -> str:
    """Return a text as YAML takes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
