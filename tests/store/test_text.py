import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, Pick, RunSpec, UndoPoints
from pushforward.studio.store.errors import Damaged, StoreError
from pushforward.studio.store.names import slug
from pushforward.studio.store.run import RunFolder, RunRecord, RunStatus
from pushforward.studio.store.text import read_json, read_toml, write_json, write_toml

keys = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
configs = st.recursive(
    st.dictionaries(keys, leaves, max_size=4),
    lambda inner: st.dictionaries(keys, leaves | inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


@settings(max_examples=60, deadline=None)
@given(family=configs, training=configs, name=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_record_comes_back_from_toml(folder, family, training, name):
    record = RunRecord(
        spec=RunSpec(
            name=name,
            family=Pick(slug="edm", config=family),
            dataset=Pick(slug="ring"),
            training=training,
        )
    )
    write_toml(folder / "run.toml", record)
    assert read_toml(folder / "run.toml", RunRecord, "run") == record


edits = st.lists(
    st.builds(ChangeSetting, step=st.integers(0, 9), path=keys, value=leaves | configs)
    | st.builds(
        EditPoints,
        step=st.integers(0, 9),
        action=keys,
        centre=st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)),
        radius=st.floats(allow_nan=False),
    )
    | st.builds(UndoPoints, step=st.integers(0, 9)),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(edits=edits, metrics=st.lists(st.builds(Pick, slug=keys, config=configs), max_size=3))
def test_nulls_inside_of_lists_come_back_from_toml(folder, edits, metrics):
    spec = RunSpec(
        name="n", family=Pick(slug="f"), dataset=Pick(slug="d"), edits=edits, metrics=metrics
    )
    write_toml(folder / "run.toml", RunRecord(spec=spec))
    assert read_toml(folder / "run.toml", RunRecord, "run").spec == spec


@pytest.mark.parametrize("unset", ["edits.9.value", "edits.x.value", "name.x"])
def test_a_null_without_a_place_is_damage(folder, unset):
    spec = RunSpec(
        name="n",
        family=Pick(slug="f"),
        dataset=Pick(slug="d"),
        edits=[ChangeSetting(step=1, path="p", value=None)],
    )
    write_toml(folder / "run.toml", RunRecord(spec=spec))
    text = (folder / "run.toml").read_text(encoding="utf-8")
    assert "spec.edits.0.value" in text
    altered = text.replace("spec.edits.0.value", f"spec.{unset}")
    (folder / "run.toml").write_text(altered, encoding="utf-8")
    with pytest.raises(Damaged, match="no place"):
        read_toml(folder / "run.toml", RunRecord, "run")


def test_a_list_of_nulls_that_is_none_is_damage(folder):
    (folder / "run.toml").write_text("unset = 5\n", encoding="utf-8")
    with pytest.raises(Damaged, match="list of paths"):
        read_toml(folder / "run.toml", RunRecord, "run")


def test_infinity_and_floats_keep_their_type(folder):
    config = {"a": math.inf, "b": 1.0, "c": 1}
    spec = RunSpec(name="n", family=Pick(slug="f", config=config), dataset=Pick(slug="d"))
    write_toml(folder / "run.toml", RunRecord(spec=spec))
    back = read_toml(folder / "run.toml", RunRecord, "run").spec.family.config
    assert back == config
    assert [type(v) for v in back.values()] == [float, float, int]


def test_status_comes_back_from_json(tmp_path):
    status = RunStatus(
        state="failed", step=3, heartbeat=1.5, error=ErrorInfo(kind="memory", message="Größer ✗")
    )
    write_json(tmp_path / "status.json", status)
    assert read_json(tmp_path / "status.json", RunStatus) == status


@pytest.mark.parametrize(
    "content",
    [b"", b"format = 1\n[spec", b"\xff\xfe", b"format = 1\nspec = 3\n", b"format = 1\n"],
)
def test_a_damaged_record_is_named(tmp_path, content):
    (tmp_path / "run.toml").write_bytes(content)
    with pytest.raises(StoreError, match=r"run\.toml"):
        _ = RunFolder(tmp_path).record


def test_a_missing_record_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"run\.toml does not exist"):
        _ = RunFolder(tmp_path).record


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"state": 3}', b"\xff"])
def test_a_damaged_status_reads_as_a_failure(tmp_path, content):
    path = tmp_path / "status.json"
    path.write_bytes(content)
    with pytest.raises(Damaged):
        read_json(path, RunStatus)
    status = RunFolder(tmp_path).status()
    assert status.state == "failed"
    assert status.error is not None
    assert "status.json" in status.error.message


@given(st.text(max_size=80))
def test_a_slug_is_a_safe_file_name(text):
    name = slug(text, "run")
    assert name
    assert len(name) <= 53
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not name.startswith("-")
    assert not name.endswith("-")
    assert slug(name, "run") == name


def test_slugs_of_real_names():
    assert slug("Données 2 (fin)", "data") == "donnees-2-fin"
    assert slug("八", "data") == "data"
    assert slug("CON", "data") == "data-con"
    assert slug("../../etc", "data") == "etc"
