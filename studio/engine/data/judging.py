"""Judges of images, trained once for each data set and kept in the person's cache folder."""

import hashlib
import logging
from collections.abc import Generator
from pathlib import Path

import torch

from models.judge import VERSION, JudgeNet, new_judge, train_judge
from models.kinds.images import ImageSet
from studio import home
from studio.store.atomic import write_bytes
from studio.store.dataset import points_hash
from studio.store.errors import StoreError

__all__ = ["Judging", "cache_folder"]

_log = logging.getLogger(__name__)
_known: dict[str, JudgeNet] = {}
SEED = 0
STEPS_A_PIECE = 5


def cache_folder() -> Path:
    """Where judges are kept; what is there can be thrown away at any time."""
    return home.cache_folder() / "judges"


class Judging:
    """The judge of one data set: remembered, read from the cache, or trained.

    It is a function of the training images and their labels, whole, whatever part of them a run
    learns from: all runs on a data set have the same judge.
    """

    def __init__(self, train: ImageSet) -> None:
        if train.labels is None:
            raise ValueError("images without labels have no judge")
        self._train = train
        self._labels = train.labels
        digest = hashlib.sha256(points_hash(train.x.numpy(), train.names).encode())
        digest.update(train.labels.numpy().tobytes())
        self.key = f"{digest.hexdigest()[:32]}-{VERSION}-{SEED}"

    @property
    def path(self) -> Path:
        """Where this judge is kept."""
        return cache_folder() / f"{self.key}.safetensors"

    @property
    def judge(self) -> JudgeNet | None:
        """The judge, or None before it has been prepared."""
        return _known.get(self.key)

    def prepare(self) -> Generator[bool, None, JudgeNet]:
        """Return the judge; yields False while it is trained."""
        found = self.judge or self._read()
        if found is None:
            n = len(self._train.x)
            _log.info("A judge learns to tell %s images apart; this happens once.", f"{n:,}")
            training = train_judge(self._train, SEED)
            while found is None:
                try:
                    for _ in range(STEPS_A_PIECE):
                        next(training)
                except StopIteration as end:
                    found = end.value
                yield False
            self._write(found)
        _known[self.key] = found
        return found

    def now(self) -> JudgeNet:
        """Return the judge, however long it takes."""
        work = self.prepare()
        while True:
            try:
                next(work)
            except StopIteration as end:
                judge: JudgeNet = end.value
                return judge

    def _read(self) -> JudgeNet | None:
        from safetensors import SafetensorError
        from safetensors.torch import load

        classes = len(self._train.names) or int(self._labels.max()) + 1
        net = new_judge(tuple(self._train.x.shape[1:]), classes)
        try:
            net.load_state_dict(load(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, RuntimeError, ValueError) as error:
            _log.info("The judge in %s cannot be used and is trained anew: %s", self.path, error)
            return None
        return net.requires_grad_(False).eval()

    def _write(self, judge: JudgeNet) -> None:
        from safetensors.torch import save

        tensors = {name: torch.clone(x) for name, x in judge.state_dict().items()}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self.path, save(tensors), durable=False)
        except (OSError, StoreError) as error:
            _log.info("The judge is not kept, and will have to be trained again: %s", error)
