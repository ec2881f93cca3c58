"""Sentences and their trees: graphs with labels, whose words go along."""

from typing import ClassVar

import numpy as np

from models.contracts.data import RowSource
from models.kinds.sentences import SENTENCE, SentenceSet
from studio.engine.kinds.base import Arrays
from studio.engine.kinds.labelled_graphs import Labelled

__all__ = ["Sentences"]


class Sentences(Labelled, slug="sentences"):
    """Words, and which hangs on which."""

    laid_out: ClassVar[bool] = False
    """They stand in a line."""

    def shown(self, data: RowSource) -> Arrays:
        """Return rows, and the "sentence" of each."""
        assert isinstance(data, SentenceSet)
        found = {k: v for k, v in super().shown(data).items() if k != "places"}
        return {**found, SENTENCE: data.words.numpy().astype(np.int32)}
