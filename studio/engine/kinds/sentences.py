"""Sentences and their dependency trees: labelled graphs with words."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.kinds.sentences import SENTENCE, SentenceSet
from pushforward.observables.sentences.grammar import WORDS
from pushforward.studio.engine.kinds.base import Arrays
from pushforward.studio.engine.kinds.labelled_graphs import Labelled

__all__ = ["Sentences"]


class Sentences(Labelled, slug="sentences"):
    """Words, and which hangs on which."""

    has_layout: ClassVar[bool] = False
    """Words are drawn on a line."""

    def annotations(self, rows: Batch) -> Arrays:
        return {SENTENCE: rows.given[SENTENCE].numpy().astype(np.int32)}

    def words(self, rows: Batch) -> NDArray[np.str_]:
        found: NDArray[np.str_] = np.array(["", *WORDS])[rows.given[SENTENCE].long().numpy()]
        return found

    def preview_arrays(self, data: RowSource) -> Arrays:
        """Return rows, and the "sentence" of each."""
        assert isinstance(data, SentenceSet)
        found = {k: v for k, v in super().preview_arrays(data).items() if k != "places"}
        return {**found, SENTENCE: data.words.numpy().astype(np.int32)}
