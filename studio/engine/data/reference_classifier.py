"""Judges of data: those of bundled data sets ship with the studio, others are trained once for each
data set and kept in the user's cache folder.
"""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Generator
from pathlib import Path

import torch

from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.learner import finish
from pushforward.models.entries import JudgeEntry
from pushforward.models.judges.base import Lesson, Network, Teaching, WeightsError, load_weights
from pushforward.models.registry import registry
from pushforward.studio import home, resources
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.store.atomic import write_bytes
from pushforward.studio.store.dataset import points_hash
from pushforward.studio.store.errors import StoreError

__all__ = ["Judging", "cache_folder", "given_folder", "shipped_folder"]

_log = logging.getLogger(__name__)
MOST = 4
"""Judges that are remembered: one has as many numbers as a model."""
_known: OrderedDict[str, Network] = OrderedDict()
"""The classifiers used last."""
SEED = 0
STEPS_A_PIECE = 5
SUFFIX = ".safetensors"


def cache_folder() -> Path:
    """Return the cache folder of reference classifiers; it can be deleted at any time."""
    return home.cache_folder() / "judges"


def given_folder() -> Path:
    """Where the person may put weights of judges: ``<judge>/<data set>.safetensors``, by their
    slugs. They are taken instead of a training.
    """
    return home.data_folder() / "judges"


def shipped_folder() -> Path:
    """Return where the judges of bundled data sets are, made by `packaging/make_references.py`."""
    return resources.folder("references") / "judges"


class Judging:
    """The reference classifier of a data set: from memory, from the user, bundled, from the cache,
    or trained. It is trained on the whole labelled training data, whatever subset a run uses, so
    all runs on a data set share it.

    Args:
        entry: the registered classifier.
        lesson: its training data.
        given: a file of weights provided by the user.

    Raises:
        Refused: the file has no weights of this classifier; the path is "dataset".
    """

    def __init__(self, entry: JudgeEntry, lesson: Lesson, given: Path | None = None) -> None:
        self._teaching: Teaching = entry.make()
        self._lesson = lesson
        self._judge: Network | None = None
        name = f"{_hash(lesson)[:32]}-{entry.slug}-{entry.version}"
        self.key = f"{name}-{SEED}"
        if given is not None:
            digest = _hash_of_file(given)
            self.key = f"{name}-given-{digest[:32]}"
            if self.judge is None:
                self._remember(self._load_given_weights(entry, given))

    @classmethod
    def find(cls, kind: str, train: RowSource, name: str) -> "Judging | None":
        """Return the judge of a data set of a kind by its training data; ``name`` is its slug. None
        where no judge can learn from them.

        Raises:
            Refused: as the constructor.
        """
        for entry in registry.all("judge"):
            if kind in entry.kinds:
                lesson = entry.make().lesson(train)
                if lesson is not None:
                    given = given_folder() / entry.slug / f"{name}{SUFFIX}"
                    return cls(entry, lesson, given if given.is_file() else None)
        return None

    @property
    def path(self) -> Path:
        """Where this judge is kept."""
        return cache_folder() / f"{self.key}{SUFFIX}"

    @property
    def needs_training(self) -> bool:
        """Whether it is neither remembered nor on the disk."""
        paths = (shipped_folder() / self.path.name, self.path)
        return self.judge is None and not any(path.exists() for path in paths)

    @property
    def judge(self) -> Network | None:
        """The judge, or None before it has been prepared."""
        if self._judge is None:
            self._judge = _known.get(self.key)
        return self._judge

    def prepare(self) -> Generator[bool, None, Network]:
        """Return the judge; yields False while it is trained."""
        found = self.judge or self._read()
        if found is None:
            n = len(self._lesson.rows)
            _log.info("Training the reference classifier of %s (once).", f"{n:,}")
            training = self._teaching.train(self._lesson, SEED)
            while found is None:
                try:
                    for _ in range(STEPS_A_PIECE):
                        next(training)
                except StopIteration as end:
                    found = end.value
                yield False
            self._write(found)
        return self._remember(found)

    def _remember(self, judge: Network) -> Network:
        self._judge = _known[self.key] = judge
        _known.move_to_end(self.key)
        while len(_known) > MOST:
            _known.popitem(last=False)
        return judge

    def now(self) -> Network:
        """Return the judge, however long it takes."""
        return finish(self.prepare())

    def _load_given_weights(self, entry: JudgeEntry, path: Path) -> Network:
        try:
            found = load_weights(self._teaching.new(self._lesson), path)
        except (OSError, WeightsError) as error:
            raise Refused(
                f"The weights in {path} cannot be used for {entry.title.lower()}: {error}.",
                "Replace the file, or remove it to train a new reference classifier.",
                kind="data",
                path="dataset",
            ) from error
        _log.info("The reference classifier uses the weights in %s.", path)
        return found

    def _read(self) -> Network | None:
        """Return the judge that is shipped, else the one in the cache; None where neither can be
        used.
        """
        for path in (shipped_folder() / self.path.name, self.path):
            try:
                return load_weights(self._teaching.new(self._lesson), path)
            except FileNotFoundError:
                continue
            except (OSError, WeightsError) as error:
                _log.info("The reference classifier in %s cannot be used: %s", path, error)
        return None

    def _write(self, judge: Network) -> None:
        from safetensors.torch import save

        tensors = {name: torch.clone(x) for name, x in judge.state_dict().items()}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self.path, save(tensors), durable=False)
        except (OSError, StoreError) as error:
            _log.info(
                "The reference classifier cannot be saved and will be trained again: %s", error
            )


def _hash(lesson: Lesson) -> str:
    """Return a hash of all that a judge learns from."""
    rows = lesson.rows
    digest = hashlib.sha256(points_hash(rows.x.numpy(), lesson.names).encode())
    digest.update(lesson.labels.numpy().tobytes())
    if rows.mask is not None:
        digest.update(rows.mask.numpy().tobytes())
    for name in sorted(rows.given):
        digest.update(name.encode())
        digest.update(rows.given[name].numpy().tobytes())
    return digest.hexdigest()


def _hash_of_file(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise Refused(
            f"The weights in {path} cannot be read: {error}.", kind="data", path="dataset"
        ) from error
