"""Data made by programs of others: begun, followed, ended, and brought in."""

import os
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from pushforward.models.config import NoConfig
from pushforward.studio.engine.jobs.maker_job import MakingJob
from pushforward.studio.engine.makers.base import Maker, Program, makers
from pushforward.studio.engine.makers.jets import PYTHON, Jets, JetsConfig
from pushforward.studio.engine.makers.picking import pick_maker
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.launch import script_env
from pushforward.studio.protocol.messages import MakeData, Progress
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from tests.engine.fakes import MemorySink

ROOT = Path(__file__).resolve().parents[2]
HEAD = "import json, sys, threading, time, os\nout, n, seed = sys.argv[1], 24, int(sys.argv[2])\n"
ENDS = (
    "def end():\n    while os.read(0, 100): pass\n    os._exit(1)\n"
    "threading.Thread(target=end, daemon=True).start()\n"
)
MAKES = """
import h5py, numpy as np
print("a library says hello", flush=True)
for k in range(1, n + 1):
    print(json.dumps({"jets": k}), flush=True)
    time.sleep(0.02)
clouds = np.ones((n, 3, 4), "f4") / 3
clouds[..., 3] = 1
with h5py.File(out, "w") as file:
    file["particle_features"] = clouds
    file["jet_features"] = np.tile(np.float32([900 + seed, 0.5, 80, 3]), (n, 1))
print(json.dumps({"jets": n, "about": {"seed": seed}}), flush=True)
"""
WAITS = "print(json.dumps({'jets': 3}), flush=True)\ntime.sleep(60)\n"
FAILS = "print('all is well', flush=True)\nraise SystemExit('There is no beam.')\n"


class Simulated(Maker[NoConfig]):
    """Two programs that run a piece of Python."""

    slug, kind, title, summary, source = "simulated", "jets", "Simulate", "Simulated.", "none"
    config, importer, rows, called = NoConfig, "jetnet", "jets", "a simulation"

    def __init__(self, body: str) -> None:
        self.body = HEAD + ENDS + body

    def why_not(self) -> str:
        return ""

    def programs(self, config: NoConfig, folder: Path) -> list[Program]:
        made = []
        for seed, name in enumerate(("t.h5", "w.h5")):
            command = [sys.executable, "-c", self.body, str(folder / name), str(seed)]
            made.append(Program(command, folder / name, 24))
        return made

    def note(self, program: Program, about: Mapping[str, Any]) -> str:
        return f"{program.file.stem} was made with seed {about['seed']}."


def job(tmp_path: Path, body: str) -> tuple[MakingJob, MemorySink]:
    discover()
    sink = MemorySink()
    wanted = MakeData(maker=Pick(slug="simulated"), project=str(tmp_path / "p"), name="new")
    return MakingJob("j", wanted, Simulated(body), NoConfig(), sink), sink


def children() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if "-c" in p.cmdline()]


def test_what_is_made_comes_in_with_how_it_was_made(tmp_path: Path) -> None:
    making, sink = job(tmp_path, MAKES)
    steps = [making.step for _ in making.work() if making.total == 48]
    assert len(set(steps)) > 10, "it is followed while it works"
    assert making.name == "new"
    folder = Project.open(tmp_path / "p").dataset("new")
    assert (folder.record.rows, folder.record.classes) == (48, ["top", "W"])
    assert folder.record.source == "a simulation"
    assert folder.record.notes == ["t was made with seed 0.", "w was made with seed 1."]
    found = folder.open().rows(range(48))
    np.testing.assert_array_equal(found["pt"], np.repeat([900.0, 901.0], 24))
    assert [p.name for p in (tmp_path / "p" / "data").iterdir()] == ["new"]
    told = [e for e in sink.events if isinstance(e, Progress) and e.doing == "Making jets"]
    assert told
    assert told[-1].total == 48


def test_one_that_is_cancelled_ends_its_program_and_leaves_nothing(tmp_path: Path) -> None:
    making, _ = job(tmp_path, WAITS)
    work = making.work()
    begun = time.monotonic()
    while making.step < 3 and time.monotonic() - begun < 20:
        next(work)
    (running,) = children()
    work.close()
    assert not running.is_running() or running.status() == psutil.STATUS_ZOMBIE
    assert list((tmp_path / "p" / "data").iterdir()) == []


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    making, _ = job(tmp_path, FAILS)
    with pytest.raises(StoreError, match=r"No jets were made: There is no beam\."):
        for _ in making.work():
            pass
    assert list((tmp_path / "p" / "data").iterdir()) == []


def test_a_program_that_writes_nothing_is_said(tmp_path: Path) -> None:
    making, _ = job(tmp_path, "pass\n")
    with pytest.raises(StoreError, match="the program ended with 0"):
        list(making.work())


def test_a_script_of_others_finds_none_of_our_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    env = script_env()
    assert "PYTHONPATH" not in env
    assert env["PYTHONSAFEPATH"] == "1"


def test_what_is_missing_for_jets_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PYTHON, raising=False)
    monkeypatch.setattr("pushforward.studio.engine.makers.jets.NEEDED", ("h5py", "no_such_pythia"))
    said = Jets().why_not()
    assert said.startswith("no_such_pythia is not installed. They are under the GPL")
    assert 'pip install "pushforward[jets]"' in said
    with pytest.raises(Refused, match="no_such_pythia"):
        pick_maker(Pick(slug="jets"))
    (entry,) = [e for e in build([]).entries if e.kind == "maker" and e.slug == "jets"]
    assert entry.lacks == said
    assert {"type", "n", "seed", "radius", "most", "pt_low"} <= {f.path for f in entry.fields}
    monkeypatch.setattr("pushforward.studio.engine.makers.jets.NEEDED", ("h5py",))
    assert Jets().why_not() == ""
    monkeypatch.setenv(PYTHON, "/nowhere/python")
    assert Jets().why_not() == f"{PYTHON} names /nowhere/python, which is not a program."
    monkeypatch.setenv(PYTHON, sys.executable)
    assert Jets().why_not() == ""


def test_settings_that_do_not_fit_are_refused_at_their_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PYTHON, sys.executable)
    for settings, path in (
        ({"pt_high": 700.0}, "config.pt_high"),
        ({"parton_low": 1010.0}, "config.parton_high"),
        ({"n": 3}, "config.n"),
        ({"type": "b"}, "config.type"),
    ):
        with pytest.raises(Refused) as refused:
            pick_maker(Pick(slug="jets", config=settings))
        assert refused.value.info.path == path


def test_a_program_a_type_with_all_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PYTHON, "/opt/python")
    assert list(makers()) == ["jets"]
    every = Jets().programs(JetsConfig(), Path("/x"))
    assert [p.file.name for p in every] == ["g.h5", "q.h5", "t.h5", "w.h5", "z.h5"]
    config = JetsConfig(type="w", n=12, seed=3, radius=0.3, most=150, underlying=False)
    (one,) = Jets().programs(config, Path("/x"))
    assert one.command[0] == "/opt/python"
    words = " ".join(one.command[2:])
    assert words == (
        "w /x/w.h5 --jets 12 --seed 3 --radius 0.3 --most 150 --pt 800.0 1600.0 "
        "--partons 990.0 1010.0 --bare"
    )


def test_nothing_of_ours_imports_what_is_under_the_gpl() -> None:
    wrong = re.compile(r"^\s*(?:import|from)\s+(?:pythia8mc|fastjet)\b", re.MULTILINE)
    files = [
        f
        for part in ("models", "observables", "studio", "verify")
        for f in (ROOT / part).rglob("*.py")
    ]
    assert len(files) > 500
    assert [f for f in files if wrong.search(f.read_text())] == []
    script = (ROOT / "resources" / "scripts" / "make_jets.py").read_text()
    assert wrong.search(script), "the script does, in a process of its own"
    assert not re.search(r"^\s*(?:import|from)\s+(?:studio|models)\b", script, re.MULTILINE)


PYTHIA = """
import math
class P:
    def __init__(self, pt, eta, phi, seen=True):
        self._ = (pt * math.cos(phi), pt * math.sin(phi), pt * math.sinh(eta), pt * math.cosh(eta))
        self.seen = seen
    px = lambda s: s._[0]
    py = lambda s: s._[1]
    pz = lambda s: s._[2]
    e = lambda s: s._[3]
    isFinal = lambda s: True
    isVisible = lambda s: s.seen
class Info:
    sigmaGen = lambda s: 1.0
class Pythia:
    def __init__(self, *_):
        self.k, self.said = 0, []
    def readString(self, line):
        self.said.append(line)
        return True
    def init(self):
        assert "Random:seed = 5" in self.said and "Top:gg2ttbar = on" in self.said
        return True
    def next(self):
        self.k += 1
        if self.k % 5 == 0:
            return False  # an event that failed
        pt = 2000.0 if self.k % 3 == 0 else 500.0  # one in three is outside of the window
        self.event = [P(pt, 1.0, 3.1), P(300.0, 1.25, -3.1), P(50.0, 0.8, 3.0), P(9e3, 0, 0, False)]
        return True
    infoPython = lambda s: Info()
"""
FASTJET = """
import math
antikt_algorithm = 1
class PseudoJet:
    def __init__(self, px, py, pz, e, parts=()):
        self.v, self.parts = (px, py, pz, e), parts
    pt = lambda s: math.hypot(s.v[0], s.v[1])
    phi = lambda s: math.atan2(s.v[1], s.v[0]) % (2 * math.pi)
    eta = lambda s: math.asinh(s.v[2] / s.pt())
    m = lambda s: math.sqrt(max(s.v[3] ** 2 - sum(x * x for x in s.v[:3]), 0))
    constituents = lambda s: s.parts
class JetDefinition:
    def __init__(self, algorithm, radius):
        assert (algorithm, radius) == (1, 0.6)
class ClusterSequence:
    def __init__(self, parts, definition):
        self.parts = parts
    def inclusive_jets(self, least):
        return [PseudoJet(*[sum(p.v[k] for p in self.parts) for k in range(4)], self.parts)]
def sorted_by_pt(jets):
    return sorted(jets, key=lambda j: -j.pt())
"""


@pytest.fixture
def stubs(tmp_path: Path) -> dict[str, str]:
    """An environment in which PYTHIA makes one known event, and FastJet one jet of all it sees."""
    place = tmp_path / "stubs"
    for name, text in (("pythia8mc", PYTHIA), ("fastjet", FASTJET)):
        place.mkdir(exist_ok=True)
        (place / f"{name}.py").write_text(text)
        about = place / f"{name}-9.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9\n")
    return {**os.environ, "PYTHONPATH": str(place)}


def test_the_script_writes_what_jetnet_has(tmp_path: Path, stubs: dict[str, str]) -> None:
    import json
    import subprocess

    import h5py

    script, out = ROOT / "resources" / "scripts" / "make_jets.py", tmp_path / "t.h5"
    words = [sys.executable, str(script), "t", str(out), "--jets", "4", "--seed", "5"]
    words += ["--radius", "0.6", "--most", "2"]

    def run(*more: str) -> "subprocess.CompletedProcess[str]":
        with subprocess.Popen(
            [*words, *more], env=stubs, stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            said, wrong = process.stdout.read(), process.stderr.read()
        return subprocess.CompletedProcess(words, process.returncode, said, wrong)

    done = run()
    assert done.returncode == 0, done.stderr
    last = json.loads(done.stdout.strip().rpartition("\n")[2])
    # Events 1, 2, 4 and 7 are in the window, 3 and 6 too hard, and 5 failed.
    assert (last["jets"], last["about"]["events"]) == (4, 6)
    assert last["about"]["mean_constituents_before_cut"] == 3.0
    with h5py.File(out) as file:
        clouds, jets = file["particle_features"][:], file["jet_features"][:]
        assert file.attrs["jet_class"] == "t"
    x = sum(pt * np.cos(phi) for pt, phi in ((500, 3.1), (300, -3.1), (50, 3.0)))
    y = sum(pt * np.sin(phi) for pt, phi in ((500, 3.1), (300, -3.1), (50, 3.0)))
    axis = np.arctan2(y, x)
    assert jets[0, 0] == pytest.approx(np.hypot(x, y), rel=1e-6)
    assert jets[0, 3] == 2
    hardest = np.array([500.0, 300.0]) / jets[0, 0]
    np.testing.assert_allclose(clouds[0, :, 2], hardest, rtol=1e-6)
    turned = np.array([3.1, -3.1]) - axis
    np.testing.assert_allclose(
        clouds[0, :, 1], turned - 2 * np.pi * np.round(turned / 6.3), atol=1e-6
    )
    assert np.ptp(clouds[0, :, 1]) < 0.1, "the short way around"
    np.testing.assert_allclose(clouds[0, :, 0], np.array([1.0, 1.25]) - jets[0, 1], atol=1e-6)
    assert (clouds[..., 3] == 1).all()
    nothing = run("--pt", "3000", "4000")
    assert nothing.returncode == 1
    assert "Of 2,000 events none has its hardest jet between 3000 and 4000 GeV" in nothing.stderr


def test_the_script_makes_the_jets_that_ship(tmp_path: Path) -> None:
    import subprocess

    import h5py

    for name in ("pythia8mc", "fastjet"):
        pytest.importorskip(name, reason=f"{name}, which is under the GPL, is not installed here")
    script, out = ROOT / "resources" / "scripts" / "make_jets.py", tmp_path / "z.h5"
    subprocess.run(
        [sys.executable, str(script), "z", str(out), "--jets", "20"],
        check=True, stdin=subprocess.DEVNULL if sys.platform == "win32" else None,
    )  # fmt: skip
    shipped = np.load(ROOT / "resources" / "datasets" / "jets" / "jets.npz")
    rows = np.flatnonzero(shipped["label"] == 4)[:20]
    with h5py.File(out) as file:
        np.testing.assert_array_equal(file["jet_features"][:, :3], shipped["jets"][rows])
        found = file["particle_features"][..., :3].astype(np.float16)
    np.testing.assert_array_equal(found, shipped["particles"][rows])
