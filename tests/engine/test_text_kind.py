"""Texts in the engine: kept in records with how sure a model was, imported, handed, written."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family
from pushforward.models.nets.calling import call
from pushforward.models.registry import registry
from pushforward.studio.engine.data.imported_data import find_imported
from pushforward.studio.engine.kinds.base import Facts, kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.watch.recorder import Recorder
from pushforward.studio.engine.watch.staging import StagedStep
from pushforward.studio.formats.texts.plain import PlainText
from pushforward.studio.protocol.extras import CANDIDATES, CHANCES, WRITTEN
from pushforward.studio.store.project import Project

discover()
NET = {"net": {"slug": "", "config": {"width": 8, "layers": 1, "heads": 2}}}


def model(slug: str, **settings) -> Family:
    entry = registry.get("family", slug)
    data = registry.get("kind", "texts").make(50, 0)
    config = decode(entry.config, {**NET, **settings})
    made = entry.make(config, data.spec(), horizon=5, seed=0, device=torch.device("cpu"))
    assert isinstance(made, Family)
    return made


def record(family: Family, extras=None):
    recorder = Recorder(family, seed=0, particles=9, frames=5)
    work = recorder.record(3, extras=recorder.extras if extras is None else extras)
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
    family = model("causal-transformer")
    found = record(family)
    text = found.x[-1]
    assert set(np.unique(text)) <= set(map(ord, "abcde"))
    # What each character was drawn from is what the model says of whole texts.
    law = model_law(family, text)
    for place in range(text.shape[1]):
        assert told_at(found, -1)[:, place] == pytest.approx(law[:, place], abs=1e-3)
    before = found.x == 0
    assert (found.extras[CHANCES][before] == 0).all(), "nothing was asked of what is not written"
    chance = found.extras[WRITTEN][-1, ..., 0]
    assert np.exp(np.log(chance).sum(axis=1)) == pytest.approx(
        family.log_prob(symbols(text)).exp().numpy(), rel=1e-4
    )


def symbols(text) -> torch.Tensor:
    """Return the symbols of texts (n, L) in the alphabet of the example."""
    return torch.from_numpy(text.astype(np.int64)) - ord("a")


def model_law(family, text) -> np.ndarray:
    with torch.no_grad():
        return call(family.trained.averaged, Batch(symbols(text))).softmax(dim=-1).numpy()


def told_at(found, frame: int) -> np.ndarray:
    """Return the kept laws of a frame, (n, L, 5): all five characters of the alphabet are kept."""
    ids, chances = found.extras[CANDIDATES][frame], found.extras[CHANCES][frame]
    assert ids.dtype == np.uint8
    assert chances.dtype == np.float16
    law = np.zeros(chances.shape, np.float32)
    np.put_along_axis(law, ids.astype(np.int64) - ord("a"), chances.astype(np.float32), axis=-1)
    assert (np.diff(chances.astype(np.float32), axis=-1) <= 0).all(), "likeliest first"
    return law


@pytest.mark.parametrize("path", ["absorbing", "uniform"])
def test_candidates_are_the_law_that_a_character_was_drawn_from(path):
    """With as many frames as steps, each is drawn by what the posterior says at the one before."""
    family = model("d3pm", steps=4, path=path)
    found = record(family)
    for frame in range(1, len(found.t)):
        before = found.x[frame - 1]
        rows = torch.where(torch.from_numpy(before == 0), 5, symbols(before))
        law = family.posterior(Batch(rows), float(found.t[frame - 1])).numpy()
        asked = before == 0 if path == "absorbing" else np.ones_like(before, bool)
        told = told_at(found, frame)
        assert told[asked] == pytest.approx(law[asked], abs=1e-3)
        if path == "absorbing":  # what stands keeps what it was drawn from
            assert np.array_equal(told[~asked], told_at(found, frame - 1)[~asked])
    written = found.x[-1] > 0
    chance = np.take_along_axis(told, symbols(found.x[-1])[..., None].numpy(), -1)[..., 0]
    assert found.extras[WRITTEN][-1, ..., 0][written] == pytest.approx(chance[written], abs=1e-3)


def test_bits_say_what_they_may_become():
    found = record(model("analog-bits", steps=4))
    told = told_at(found, -1)
    assert told.sum(axis=-1) == pytest.approx(1.0, abs=3e-3)
    # The last step reads off the likeliest.
    assert np.array_equal(found.extras[CANDIDATES][-1, ..., 0], found.x[-1])


@pytest.mark.parametrize("slug", ["d3pm", "causal-transformer", "analog-bits"])
def test_a_flow_is_the_same_whether_somebody_reads_along_or_not(slug):
    family = model(slug)
    told, bare = record(family), record(family, extras=())
    assert np.array_equal(told.x, bare.x)
    assert CANDIDATES not in bare.extras


def test_a_stage_shows_what_the_model_says():
    family = model("d3pm", steps=4)
    data = registry.get("kind", "texts").make(6, 1)
    walk = StagedStep(family, family.spec.standardised(data.rows(slice(None))))
    while walk.advance():
        arrays = walk.arrays(3)
        assert set(arrays["scene:real"].ravel()) <= set(map(ord, "abcde"))
    assert arrays["scene:candidates"].shape == (3, 6, 5)
    assert arrays["scene:chances"].sum(axis=-1) == pytest.approx(1.0, abs=3e-3)
    stays = arrays["scene:particles"] != 0
    first = arrays["scene:candidates"][..., 0]
    assert np.array_equal(first[stays], arrays["scene:real"][stays]), "what is not masked is known"


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
    found = kind_of("texts").parse_rows(["abcdea", "eeeeee"], spec, ())
    assert found.x[1].tolist() == [101] * 6
    for wrong, said in (
        (["abc"], "6 characters"),
        (["abcdez"], "'z'"),
        ([[1, 2]], "must be texts"),
        ([], "6 characters"),
    ):
        with pytest.raises(ValueError, match=said):
            kind_of("texts").parse_rows(wrong, spec, ())


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
