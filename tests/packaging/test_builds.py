"""The commands of packaging/build.py, without a build: what they decide and refuse."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in ("packaging", "packaging/bundle"):
    sys.path.insert(0, str(ROOT / folder))

from builds import bundle, deb, licences, versions, wheel  # noqa: E402
from builds.common import BuildFailed  # noqa: E402
from excluded import DROPPED_FILES, EXCLUDED, NOT_IN_WINDOW  # noqa: E402
from self_check import check_modules, find_modules  # noqa: E402
from window import window_path  # noqa: E402


def test_each_module_of_builds_is_a_command() -> None:
    command = [sys.executable, str(ROOT / "packaging" / "build.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in ("bundle", "deb", "wheel", "windows", "macos"):
        assert f"\n    {name} " in done.stdout


def test_what_a_bundle_leaves_out_has_reasons_and_none_of_ours() -> None:
    assert all((EXCLUDED | NOT_IN_WINDOW | DROPPED_FILES).values())
    assert not [name for name in EXCLUDED if name.startswith("pushforward")]
    assert "torch" in NOT_IN_WINDOW


@pytest.mark.parametrize(
    ("arguments", "opened"),
    [
        ([], []),
        (["open"], []),
        (["gui", "project"], ["project"]),
        ([str(ROOT)], [str(ROOT)]),
        (["open", "--help"], None),
        (["list", "recipes"], None),
        (["verify"], None),
    ],
)
def test_the_window_serves_paths_and_the_engine_all_other_commands(
    arguments: list[str], opened: list[str] | None
) -> None:
    assert window_path(arguments) == opened


def test_the_self_check_names_a_module_that_cannot_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    package = tmp_path / "checked_package"
    (package / "inner").mkdir(parents=True)
    for name in ("__init__.py", "good.py", "inner/__init__.py", "__main__.py"):
        (package / name).write_text("")
    (package / "extra.py").write_text("import onnxruntime_absent")
    (package / "inner" / "bad.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(EXCLUDED, "onnxruntime_absent", EXCLUDED["onnxruntime"])
    assert "checked_package.__main__" not in list(find_modules("checked_package"))
    assert check_modules("checked_package") == 1
    said = capsys.readouterr()
    assert "5 modules, 1 failed, 1 need an extra" in said.out
    assert "checked_package.inner.bad" in said.out
    assert "ZeroDivisionError" in said.err


def test_equal_files_are_stored_once(tmp_path: Path) -> None:
    for name, data in (("a", b"x" * 200_000), ("b", b"x" * 200_000), ("c", b"y" * 200_000)):
        (tmp_path / name).write_bytes(data)
    bundle.link_duplicates(tmp_path)
    if sys.platform == "linux":
        assert bundle.folder_size(tmp_path) == 400_000
    assert (tmp_path / "b").read_bytes() == b"x" * 200_000


def test_without_a_bundle_its_check_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match=r"run `packaging/build\.py bundle`"):
        bundle.check_bundle(tmp_path)


def test_each_licence_text_is_printed_once() -> None:
    parts = [licences.Part(name, "1", "MIT", text) for name, text in (("A", "T"), ("B", "T\n"))]
    said = deb.format_copyright(parts)
    assert said.count("\nT\n") == 1
    assert "A 1, B 1" in said
    assert "  B 1: MIT" in said


def test_parts_without_a_text_get_that_of_their_licence() -> None:
    part = licences.complete_part(licences.Part("shiboken6", "6", "LGPL-3.0-only OR GPL", ""))
    assert part.licence == "LGPL-3.0-only"
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in part.text


@pytest.mark.parametrize(
    ("version", "numbers"),
    [("0.1.0", (0, 1, 0, 0)), ("2.3", (2, 3, 0, 0)), ("1.2.3rc4", (1, 2, 3, 0))],
)
def test_windows_compares_four_numbers(version: str, numbers: tuple[int, ...]) -> None:
    assert versions.four_numbers(version) == numbers


def test_a_wheel_with_a_package_at_its_top_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "pushforward-1-py3-none-any.whl"
    sources = ["resources/icons/app.svg", "studio/home.py"]
    names = ["pushforward/py.typed", *(f"pushforward/{name}" for name in sources)]
    cases = ((), None), (("studio/x.py",), "holds pushforward, studio")
    for extra, refused in cases:
        with zipfile.ZipFile(file, "w") as archive:
            for name in (*names, "pushforward-1.dist-info/METADATA", *extra):
                archive.writestr(name, "")
        if refused is None:
            wheel.check_wheel(file, sources)
            with pytest.raises(BuildFailed, match="lacks 1 files, among them pushforward/models/x"):
                wheel.check_wheel(file, [*sources, "models/x.py"])
        else:
            with pytest.raises(BuildFailed, match=refused):
                wheel.check_wheel(file, sources)


def test_only_our_own_records_are_associated_with_the_program() -> None:
    entry = (ROOT / "packaging/linux/pushforward.desktop").read_text(encoding="utf-8")
    (types,) = re.findall(r"^MimeType=(.*)$", entry, re.M)
    described = (ROOT / "packaging/linux/pushforward.xml").read_text(encoding="utf-8")
    # A claim on inode/directory opens every folder of a system without a file manager.
    assert set(filter(None, types.split(";"))) == set(
        re.findall(r'mime-type type="([^"]+)"', described)
    )
    for name in re.findall(r'pattern="(\w+\.toml)"([^/]*)/', described):
        assert 'case-sensitive="true"' in name[1], name[0]
