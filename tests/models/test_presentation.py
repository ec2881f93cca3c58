"""The presentations of models fit their code, and are read without torch."""

import subprocess
import sys
from pathlib import Path

import pytest

from pushforward.models.config import describe
from pushforward.models.contracts import presentation
from pushforward.models.contracts.presentation import (
    Line,
    PresentationError,
    find_presentation,
    read_presentation,
    read_shared,
)
from pushforward.models.registry import discover, registry

discover()
FAMILIES = [
    entry
    for entry in registry.all("family")
    if entry.make.__module__.startswith("pushforward.models.")
]
FOLDER = Path(__file__).parents[2] / "resources" / "models"


def test_each_model_has_one_and_each_is_of_a_model() -> None:
    slugs = {path.stem for path in FOLDER.glob("*.toml")} - {presentation.SHARED}
    assert slugs == {entry.slug for entry in FAMILIES}


def _values(entry, path: str) -> tuple[str, ...] | None:
    """Return the values that a setting of a family may have, None for any; fail if it has none."""
    (row,) = [row for row in describe(entry.config) if row["path"] == path]
    return tuple(str(choice["value"]) for choice in row["choices"]) or None


@pytest.mark.parametrize("entry", FAMILIES, ids=lambda entry: entry.slug)
def test_its_formulas_depend_on_settings_that_the_model_has(entry) -> None:
    layers = {layer.name for layer in entry.make.layers}
    for stage in entry.make.stages:
        assert stage.layer in layers | {""}
        for line in stage.lines:
            for path, names in [
                (line.by, [*line.formulas, *line.sources]),
                (line.only.path if line.only else "", line.only.values if line.only else ()),
            ]:
                assert path or not names
                values = _values(entry, path) if path else None
                shared = line in read_shared().values()  # also for models with other choices
                assert shared or values is None or {str(name) for name in names} <= set(values)
            assert line.formulas.keys() >= line.sources.keys() or line.formula


def test_every_shared_line_is_used() -> None:
    text = "".join(path.read_text() for path in FOLDER.glob("*.toml"))
    assert [name for name in read_shared() if f'shared = "{name}"' not in text] == []


def test_they_are_read_without_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from pushforward.models.contracts.presentation import read_presentation\n"
        "paths = [p for p in Path('resources/models').glob('*.toml') if p.stem != 'shared']\n"
        "print(len([read_presentation(path).title for path in paths]))"
    )
    root = FOLDER.parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (str(len(FAMILIES)), "")


def test_a_line_adds_to_the_shared_one_that_it_names(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "Mine"\nsummary = ""\nsource = ""\n'
        '[[stages]]\nname = "fit"\ntitle = "Fit"\nformula = "F"\nsource = ""\n'
        '[[stages.also]]\nshared = "edm-network"\nsource = "mine"\n'
    )
    (line,) = read_presentation(path).stages[0].also
    shared = read_shared()["edm-network"]
    assert line == Line(formula=shared.formula, source="mine", aspect=shared.aspect)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "mine.toml: Invalid value"),
        ('title = "Mine"', "mine.toml: Object missing required field `summary`"),
        ('title = "a"\nsummary = ""\nsource = ""\nwidth = 3', "unknown field `width`"),
        ('title = "a"\nsummary = ""\nsource = ""\nstages = 3', "stages"),
        (
            'title = "a"\nsummary = ""\nsource = ""\n[[stages]]\nname = "fit"\nshared = "wieght"',
            r"mine.toml: stages\[0\]: no shared line is called 'wieght'; known: .*weight",
        ),
    ],
)
def test_a_broken_one_is_named(tmp_path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(PresentationError, match=message):
        read_presentation(path)


def test_a_model_without_one_says_so() -> None:
    assert find_presentation("no-such-model") is None
    with pytest.raises(PresentationError, match=r"gone.toml: .*No such file"):
        read_presentation(Path("gone.toml"))
