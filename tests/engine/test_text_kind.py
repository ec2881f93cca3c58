"""Texts in the engine: kept in records with how sure a model was, imported, handed, written."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.config import decode
from models.contracts.family import Family
from models.registry import registry
from studio.engine.data.imported import find_imported
from studio.engine.kinds.base import Facts, kind_of
from studio.engine.process.discovery import discover
from studio.engine.process.failures import Refused
from studio.engine.watch.recorder import Recorder
from studio.formats.texts.plain import PlainText
from studio.protocol.extras import WRITTEN
from studio.store.project import Project

discover()
NET = {"net": {"slug": "", "config": {"width": 8, "layers": 1, "heads": 2}}}


def model(slug: str, **settings) -> Family:
    entry = registry.get("family", slug)
    data = registry.get("kind", "texts").make(50, 0)
    config = decode(entry.config, {**NET, **settings})
    made = entry.make(config, data.spec(), horizon=5, seed=0, device=torch.device("cpu"))
    assert isinstance(made, Family)
    return made


def record(family: Family):
    recorder = Recorder(family, seed=0, particles=9, frames=5)
    work = recorder.record(3, extras=recorder.extras)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_a_record_has_characters_and_how_sure_they_were():
    found = record(model("d3pm", steps=8))
    x, written = found.x, found.extras[WRITTEN]
    assert x.shape == (5, 9, 6)
    assert set(np.unique(x[0])) == {0}, "all is masked"
    assert set(np.unique(x[-1])) <= set(map(ord, "abcde"))
    assert written.shape == (5, 9, 6, 2)
    chance, new = written[..., 0], written[..., 1]
    assert (chance[x == 0] == 0).all()
    assert ((chance[x != 0] > 0) & (chance[x != 0] <= 1)).all()
    assert (new[0] == 0).all()
    assert np.array_equal(new[1:] == 1, x[1:] != x[:-1])
    # What stays is as sure as when it was written.
    stays = (x[1:] == x[:-1]) & (x[1:] != 0)
    assert np.array_equal(chance[1:][stays], chance[:-1][stays])


def test_a_model_that_writes_in_order_has_no_second_thoughts():
    found = record(model("causal-transformer"))
    assert WRITTEN not in found.extras
    assert set(np.unique(found.x[-1])) <= set(map(ord, "abcde"))


def test_a_text_of_ones_own_trains(tmp_path: Path):
    path = tmp_path / "some.txt"
    path.write_text("The quick brown fox jumps over the lazy dog. " * 30)
    importer = PlainText()
    rows = importer.rows([path], {"alphabet": "letters", "length": 12, "step": 3})
    project = Project.create(tmp_path / "project", "project")
    with project.new_dataset("mine", rows.schema) as writer:
        for block in rows.blocks:
            writer.add(block)
    data = find_imported("mine", tmp_path / "project")
    spec = data.rows.spec()
    assert (spec.kind, spec.shape, spec.symbols) == ("texts", (12,), 27)
    entry = registry.get("family", "d3pm")
    made = entry.make(decode(entry.config, NET), spec, horizon=5, seed=0,
                      device=torch.device("cpu"))  # fmt: skip
    batch = spec.standardised(data.rows.rows(slice(0, 8)))
    assert int(batch.x.max()) < 27
    assert made.step(batch)["loss"].isfinite()


def test_characters_outside_of_the_alphabet_are_refused():
    with pytest.raises(Refused, match="not of its alphabet"):
        kind_of("texts").from_parts(
            {"x": np.array([[97, 98]], np.int32)}, Facts(more={"alphabet": "a"})
        )
    with pytest.raises(Refused, match="lacks x"):
        kind_of("texts").from_parts({}, Facts())


def test_texts_are_handed_as_they_are_written():
    spec = registry.get("kind", "texts").make(5, 0).spec()
    found = kind_of("texts").handed(["abcdea", "eeeeee"], spec, ())
    assert found.x[1].tolist() == [101] * 6
    for wrong, said in (
        (["abc"], "6 characters"),
        (["abcdez"], "'z'"),
        ([[1, 2]], "must be texts"),
        ([], "6 characters"),
    ):
        with pytest.raises(ValueError, match=said):
            kind_of("texts").handed(wrong, spec, ())


def test_the_novel_is_whole_and_its_end_is_not_learned():
    entry = registry.get("dataset", "alice")
    splits = entry.make(entry.config())
    first = "".join(map(chr, splits.train.x[0].tolist()))
    assert first.startswith("alice s adventures in wonderland lewis carroll")
    last = "".join(map(chr, splits.test.x[-1].tolist()))
    learned = {"".join(map(chr, row)) for row in splits.train.x.tolist()}
    assert last not in learned
    printed = entry.make(decode(entry.config, {"alphabet": "written", "length": 32}))
    assert "Alice" in "".join(map(chr, printed.train.x[::4].flatten().tolist()))
