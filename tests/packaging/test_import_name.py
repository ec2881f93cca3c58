"""A wheel and an editable installation hold one package, ``pushforward``."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from tests.tiers import EXHAUSTIVE

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from links import make_links  # noqa: E402

KEPT = ("pushforward", "packaging", "studio", "models", "observables", "verify", "resources")
SEEN = """
import sys
import pushforward, pushforward.studio.protocol.spec
from pushforward.models.config import param
from pushforward.studio.resources import recipes
assert callable(pushforward.train) and len(pushforward.recipes()) > 20
assert "torch" not in sys.modules
assert not {"models", "studio", "observables", "verify"} & set(sys.modules)
print(pushforward.__file__, len(recipes()))
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with modules named like our source folders, which fail if imported."""
    folder = tmp_path / "elsewhere"
    (folder / "studio").mkdir(parents=True)
    for file in ("models.py", "observables.py", "verify.py", "studio/__init__.py"):
        (folder / file).write_text("raise SystemExit('a module of the user was imported')\n")
    return folder


def imported(installed: Path, folder: Path) -> Path:
    """Import ``pushforward`` in a folder where only ``installed`` and the dependencies are found;
    return where it came from.
    """
    script = folder / "script.py"
    # A path file is read in folders of installed packages only, and makes no other searched first.
    script.write_text(f"import site; site.addsitedir({str(installed)!r})\n{SEEN}")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [
        sys.executable,
        "-S",
        "-c",
        f"import runpy, sys; sys.path[:0] = [{str(folder)!r}]; "
        f"sys.path += {dependencies()!r}; runpy.run_path({str(script)!r})",
    ]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    path, n = done.stdout.split()
    assert int(n) > 20
    return Path(path)


def dependencies() -> list[str]:
    """Return the folders of installed packages; their path files are not read, so that the
    editable installation of this very checkout is not found.
    """
    return [path for path in sys.path if path.endswith("site-packages")]


def build(root: Path, version: str, out: Path) -> list[Path]:
    return [
        Path(file) for file in WheelBuilder(str(root)).build(directory=str(out), versions=[version])
    ]


@EXHAUSTIVE
def test_a_wheel_holds_one_package_with_its_resources(tmp_path: Path, elsewhere: Path) -> None:
    [wheel] = build(ROOT, "standard", tmp_path / "out")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        archive.extractall(tmp_path / "site")
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pushforward"}
    assert (tmp_path / "site/pushforward/py.typed").exists()
    assert imported(tmp_path / "site", elsewhere) == tmp_path / "site/pushforward/__init__.py"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without its links."""
    folder = tmp_path / "checkout"
    for name in KEPT:
        ignored = shutil.ignore_patterns("__pycache__", *(KEPT if name == "pushforward" else ()))
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    return folder


def test_an_editable_installation_links_the_folders(
    tmp_path: Path, checkout: Path, elsewhere: Path
) -> None:
    [wheel] = build(checkout, "editable", tmp_path / "out")
    with zipfile.ZipFile(wheel) as archive:
        # A copy of our files would be found before the links, or stay behind after an update.
        names = [n for n in archive.namelist() if ".dist-info/" not in n]
        archive.extractall(tmp_path / "site")
    assert [name for name in names if not name.endswith(".pth")] == []
    assert imported(tmp_path / "site", elsewhere) == checkout / "pushforward/__init__.py"
    assert (checkout / "pushforward/studio").samefile(checkout / "studio")


def test_a_source_distribution_of_a_checkout_with_links_is_whole(
    tmp_path: Path, checkout: Path
) -> None:
    make_links(checkout)
    [file] = SdistBuilder(str(checkout)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(file) as archive:
        names = {member.name.partition("/")[2] for member in archive.getmembers()}
    for folder in KEPT:
        files = [f for f in (checkout / folder).rglob("*") if f.is_file() and not f.is_symlink()]
        there = {f.relative_to(checkout).as_posix() for f in files}
        assert there, folder
        assert there <= names, folder
