"""Samples are drawn in chunks, of which the device holds one at a time."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from pushforward.models.config import NoConfig
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Family, Frame
from pushforward.models.contracts.spec import LABEL, SIZE
from pushforward.models.operators import drawing
from pushforward.models.tensors import make_generator
from tests.models import tracks

SPEC = tracks.tracks(60, 0).spec()


class Still(Family[NoConfig]):
    """Latents are the samples; how many are drawn at once is noted."""

    @property
    def parts(self):
        return {}

    def walk(self, batch):
        yield "look", {}
        return {}

    def prior(self, n, generator, given=None):
        self.asked = [*getattr(self, "asked", []), n]
        mask, conditions = self.spec.conditions(n, generator, given)
        x = torch.randn((n, *self.spec.shape), generator=generator)
        rows = Batch(x, mask, conditions)
        return rows.holding(rows.zeroed(x))

    def flow(self, latents, *, sampler=None, generator=None) -> Iterator[Frame]:
        yield Frame(1.0, latents.x, 0)


def still() -> Still:
    return Still(NoConfig(), SPEC, horizon=1, seed=0, device=torch.device("cpu"))


def drawn(family: Still, n: int, given: dict[str, Tensor] | None = None) -> Batch:
    work = drawing.draw(family, n, 0, given=given)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "CHUNK", 8)


def test_no_more_than_a_chunk_is_drawn_at_once_and_all_of_it_is_kept():
    family = still()
    rows = drawn(family, 20)
    assert family.asked == [8, 8, 4]
    generator = make_generator(0, drawing.SAMPLES)
    expected = Batch.cat([still().prior(n, generator) for n in (8, 8, 4)])
    torch.testing.assert_close(rows.x, SPEC.restored(expected).x)
    assert torch.equal(rows.mask, expected.mask)
    assert torch.equal(rows.given[SIZE], expected.given[SIZE])
    assert torch.equal(rows.given["energy"], SPEC.restored(expected).given["energy"])


def test_whole_chunks_are_the_same_however_many_are_drawn():
    few, many = drawn(still(), 16), drawn(still(), 29)
    assert torch.equal(few.x, many.x[:16])
    assert torch.equal(few.given["energy"], many.given["energy"][:16])


def test_what_is_chosen_for_each_row_goes_with_its_row():
    each = torch.arange(20) % 3
    assert torch.equal(drawn(still(), 20, {LABEL: each}).given[LABEL], each)
    one = drawn(still(), 20, {LABEL: torch.tensor(2)}).given[LABEL]
    assert torch.equal(one, torch.full((20,), 2))
    with pytest.raises(KeyError, match="'colour'"):
        drawn(still(), 20, {"colour": torch.tensor(2)})
