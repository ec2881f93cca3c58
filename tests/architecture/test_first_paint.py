"""What the window may import before its frame is on the screen: all else comes later."""

import subprocess
import sys

PACKAGES = {"PySide6", "shiboken6", "shibokensupport", "__feature__", "signature_bootstrap"}
PACKAGES |= {"msgspec", "typing_extensions", "platformdirs", "pushforward", "__mp_main__"}
"""Packages from elsewhere, and ours."""
OURS = {
    "pushforward",
    "pushforward.spelling",
    "pushforward.studio",
    "pushforward.studio.__main__",
    "pushforward.studio.home",
    "pushforward.studio.journal",
    "pushforward.studio.launch",
    "pushforward.studio.literal",
    "pushforward.studio.resources",
    "pushforward.studio.version",
    "pushforward.studio.workflows",
    "pushforward.studio.workflows.errors",
}
FOLDERS = (
    "pushforward.studio.app",
    "pushforward.studio.cli",
    "pushforward.studio.client",
    "pushforward.studio.launchers",
    "pushforward.studio.protocol",
)
"""Packages of which some modules are needed."""
APP = {
    "core": {"destinations", "garbage_collection", "preferences"},
    "shell": {"main", "opening_page", "window"},
}
"""Modules of packages of the window; of `design` any."""
PROGRAM = """
import os, sys
from pushforward.studio.app.shell import main

show = main.show_frame
def shown(window):
    show(window)
    assert window.centralWidget().grab().toImage().pixelColor(36, 100).isValid()
    print(*sorted(n for n, m in sys.modules.items() if m), flush=True)
    os._exit(0)
main.show_frame = shown
sys.argv = ["pushforward"]
from pushforward.studio.__main__ import main as command
command()
"""


def test_the_frame_of_the_window_is_painted_before_the_studio_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    others = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names)
    assert others - _own_of_the_interpreter() <= PACKAGES
    assert not loaded & {"asyncio", "ssl", "importlib.metadata", "importlib.resources"}
    ours = {name for name in loaded if name.startswith("pushforward")} - OURS
    assert {name for name in ours if not name.startswith(FOLDERS)} == set()
    parts = [name.split(".")[3:5] for name in ours if name.startswith("pushforward.studio.app.")]
    found = {(part[0], part[1]) for part in parts if len(part) == 2 and part[0] != "design"}
    assert found == {(folder, name) for folder, names in APP.items() for name in names}
    assert "pushforward.studio.client.client" not in loaded


def _own_of_the_interpreter() -> set[str]:
    """Return what an interpreter loads by itself: hooks of an editable installation, and so on."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return {name.partition(".")[0] for name in done.stdout.split()}
