"""A folder from somebody else: what is not a file, or is one without end, marks its run at most."""

import os
import sys
import time
from contextlib import suppress

import h5py
import numpy as np
import pytest

from pushforward.studio import resources
from pushforward.studio.app.engine.requests.project_files import _tail
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.resources import RecipeError, load_recipe
from pushforward.studio.store import lines
from pushforward.studio.store.errors import Damaged, StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.regular_files import MAX_DOCUMENT, open_regular
from pushforward.studio.store.run import RunFolder, RunRecord
from pushforward.studio.store.text import read_toml, write_toml
from tests.store.scenarios import generated

posix = pytest.mark.skipif(sys.platform == "win32", reason="named pipes of POSIX")
SPEC = RunSpec(name="ring", family=Pick(slug="gan"), dataset=Pick(slug="ring"))


@pytest.fixture
def project(tmp_path):
    project = Project.create(tmp_path / "project", "project")
    for _ in range(3):
        project.new_run(RunRecord(spec=SPEC))
    return project


def pipe(path):
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def folder(path):
    path.unlink(missing_ok=True)
    path.mkdir()


def device(path):
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def nested(path):
    path.write_text("a = " + "[" * 20_000 + "]" * 20_000 + "\n")


def huge(path):
    with open(path, "wb") as file:
        file.truncate(MAX_DOCUMENT + 1)


KINDS = [pytest.param(kind, marks=posix) for kind in (pipe, device)] + [folder, nested, huge]


@pytest.mark.parametrize("make", KINDS)
def test_a_record_that_is_no_record_marks_its_run_alone(project, make):
    make(project.runs()[1].path / "run.toml")
    assert [run.number for run in project.runs()] == [1, 3]
    (problem,) = project.problems()
    assert "run.toml" in problem


@pytest.mark.parametrize("make", KINDS)
def test_a_status_that_is_no_status_reads_as_a_failure(project, make):
    run = project.runs()[1]
    make(run.path / "status.json")
    status = run.status()
    assert status.state == "failed"
    assert status.error is not None
    assert "status.json" in status.error.message
    assert not run.alive()


@posix
@pytest.mark.parametrize(
    "name", ["metrics.jsonl", "events.jsonl", "log.txt", "flow/step-00000001.h5", "samples/0001.h5"]
)
def test_no_file_of_a_run_is_waited_for(project, name):
    run = project.runs()[0]
    (run.path / name).parent.mkdir(exist_ok=True)
    pipe(run.path / name)
    for read in (run.metrics.read, run.events.read, lambda: run.flow.load(1)):
        with suppress(StoreError):
            read()
    if name.startswith("samples"):
        with pytest.raises(Damaged, match="named pipe"):
            run.samples.read(run.path / name)


@posix
def test_a_pipe_is_named_and_its_handle_closed(tmp_path):
    pipe(tmp_path / "p")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    start = time.monotonic()
    for _ in range(5):
        with pytest.raises(Damaged, match="is a named pipe, where a file should be"):
            open_regular(tmp_path / "p")
    assert time.monotonic() - start < 60
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def test_lines_nested_or_long_without_end_are_left_out(project, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST", 200_000)
    run = project.runs()[0]
    run.events.append("started")
    run.metrics.append({"loss": ([1], [2.0])})
    for path in (run.events.path, run.metrics.path):
        lines.append(path, b'{"kind": "x", "columns": ' + b"[" * 100_000)
        lines.append(path, b'"' + b"x" * 300_000 + b'"')
    run.events.append("paused")
    run.metrics.append({"loss": ([2], [3.0])})
    assert [event.kind for event in run.events.read()] == ["started", "paused"]
    assert run.metrics.read()[0] == {"loss": ([1, 2], [2.0, 3.0])}
    monkeypatch.setattr(lines, "MOST", 1000)
    with pytest.raises(Damaged, match=r"more than 1\.0 kB"):
        run.metrics.read()


def test_a_log_that_is_a_folder_is_said_in_its_place(project):
    folder(project.runs()[0].log_path)
    (line,) = _tail(project.runs()[0].log_path)
    assert "a folder, where a file should be" in line


@pytest.mark.parametrize("make", [nested, huge, pytest.param(pipe, marks=posix)])
def test_a_recipe_that_is_none_is_refused_by_name(tmp_path, make):
    make(tmp_path / "mine.toml")
    with pytest.raises(RecipeError, match=r"mine\.toml: "):
        load_recipe(tmp_path / "mine.toml")


def declared(file):
    file.create_dataset("x", (10**9, 2), "f4", chunks=(1000, 2))


def elsewhere(file):
    file["x"] = h5py.ExternalLink("other.h5", "/x")


def virtual(file):
    layout = h5py.VirtualLayout(shape=(3, 2), dtype="f4")
    layout[:] = h5py.VirtualSource("missing.h5", "x", shape=(3, 2))
    file.create_virtual_dataset("x", layout)


@pytest.mark.parametrize("make", [declared, elsewhere, virtual])
def test_values_that_are_not_in_their_file_are_damage(tmp_path, make):
    run = RunFolder(tmp_path)
    path = generated(run.path, np.zeros((3, 2), np.float32)).arrays
    with h5py.File(path, "a") as file:
        del file["x"]
        make(file)
    with pytest.raises(Damaged, match=r"arrays\.h5 is damaged.*'x'"):
        run.samples.read(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'slug = "gan"',
            'slug = "gan"\nwidth = 3',
            r"'spec\.family\.width'.*\[spec\.family\.config",
        ),
        (
            'slug = "ring"',
            'slug = "ring"\nslgu = "x"',
            r"'spec\.dataset\.slgu'; did you mean slug",
        ),
        ("[spec]", "[spec]\nnmae = 1", r"'spec\.nmae'; did you mean name"),
        ("format = 3", "format = 3\nsede = 1", r"'sede'; did you mean seed"),
    ],
)
def test_a_key_that_nothing_reads_is_named_with_the_nearest(tmp_path, old, new, said):
    path = tmp_path / "run.toml"
    write_toml(path, RunRecord(spec=SPEC))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(Damaged, match=said):
        _ = RunFolder(tmp_path).record


def test_a_key_that_nothing_reads_in_a_recipe_is_named(tmp_path):
    text = (resources.folder("recipes") / "gan-ring-of-five.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    assert load_recipe(path).run.family.slug == "gan"
    path.write_text(text.replace("[run.family]\n", "[run.family]\nwidth = 64\n"), encoding="utf-8")
    with pytest.raises(RecipeError, match=r"mine\.toml: unknown key 'run\.family\.width'; its set"):
        load_recipe(path)


def test_keys_of_lists_and_unions_are_looked_at_too():
    from pushforward.studio.store.keys import check_keys

    good = {
        "name": "n",
        "family": {"slug": "f"},
        "dataset": {"slug": "d"},
        "sampler": {"slug": "s"},
        "metrics": [{"slug": "a"}],
        "edits": [{"kind": "undo-points", "step": 1}],
    }
    check_keys(good, RunSpec)
    for path, key in (("metrics.0", "slg"), ("edits.0", "stp"), ("sampler", "slgu")):
        bad = {**good, "metrics": [{"slug": "a"}], "edits": [{"kind": "undo-points", "step": 1}]}
        bad["sampler"] = {"slug": "s"}
        table = bad
        for part in path.split("."):
            table = table[int(part)] if part.isdecimal() else table[part]
        table[key] = 1
        with pytest.raises(ValueError, match=rf"'{path}\.{key}'; did you mean"):
            check_keys(bad, RunSpec)


@pytest.mark.parametrize("form", ["{} = 1", "[{}]", "[[{}]]", "a = {{ {} = 1 }}"])
@pytest.mark.parametrize("part", ["a", '"a b"', r'"\""', "'a'"])
def test_a_key_of_many_parts_is_refused_before_it_is_parsed(tmp_path, form, part):
    path = tmp_path / "run.toml"
    path.write_text("\n" + form.format(" . ".join([part] * 20_000)))
    began = time.process_time()
    with pytest.raises(Damaged, match="line 2 has a key of more than 64 parts"):
        read_toml(path, RunRecord, "run")
    assert time.process_time() - began < 2
    path.write_text(form.format(".".join([part] * 65)))
    with pytest.raises(RecipeError, match="64 parts"):
        load_recipe(path)
