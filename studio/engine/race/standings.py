"""How runs compare: what each has reached, what it has spent, and what a sample costs."""

from dataclasses import dataclass

from pushforward.studio.protocol.curve_names import FLOOR, NFE, QUALITY, SAMPLES
from pushforward.studio.store.run import RunFolder

__all__ = ["Standing", "standing"]


@dataclass(frozen=True)
class Standing:
    """The newest metrics of a run. ``values`` and ``floors`` are by metric; both are of ``n``
    samples, None where a run of an earlier version does not say. ``nfe`` is the number of network
    evaluations per sample, None before the first evaluation; ``seconds`` are of training;
    ``family`` is a slug.
    """

    name: str
    family: str
    state: str
    values: dict[str, float]
    floors: dict[str, float]
    steps: int
    seconds: float
    nfe: int | None
    n: int | None = None


def standing(run: RunFolder) -> Standing:
    """Read the standing of a run from its folder.

    Raises:
        StoreError: it cannot be read.
    """
    columns, floors = run.metrics.read()
    status = run.status()
    newest = {name: values[-1] for name, (_, values) in columns.items() if values}
    nfe, n = newest.get(NFE), newest.get(SAMPLES)
    # The last evaluation may have had few samples; the floors of the file are those of all.
    own = {name.removeprefix(FLOOR): v for name, v in newest.items() if name.startswith(FLOOR)}
    return Standing(
        name=run.name,
        family=run.record.spec.family.slug,
        state=status.state,
        values={
            name.removeprefix(QUALITY): value
            for name, value in newest.items()
            if name.startswith(QUALITY)
        },
        floors={**floors, **own},
        steps=status.step,
        seconds=status.seconds,
        nfe=None if nfe is None else round(nfe),
        n=None if n is None else round(n),
    )
