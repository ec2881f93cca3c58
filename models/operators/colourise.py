"""Colourising: of each pixel only the brightness is known, and its colour is sampled."""

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.guidance.measurement import Grey
from pushforward.models.operators.base import Operation, Slot, Work
from pushforward.models.operators.editing import ROWS
from pushforward.models.operators.restoring import RestoringConfig, restored
from pushforward.models.registry import operator

__all__ = ["Colourise"]


def _refuses(spec: DataSpec) -> str:
    """Say why images of a model have no colour to find."""
    return "" if spec.shape[0] == 3 else "Its images are grey: the model knows no colour."


@operator(
    "colourise",
    title="Colourise",
    summary="Keeps the brightness of each pixel and samples the colours.",
    source="Wang et al. 2022, arXiv:2212.00490, section 3.2 and table 1; Song et al. 2021, "
    "arXiv:2011.13456, section 5 and appendix I.3",
    kinds=("images",),
    needs=("samples", "denoiser"),
    takes=(Slot(ROWS, "Images", "Whose colours are found; their own are not read."),),
    refuses=_refuses,
    config=RestoringConfig,
)
class Colourise:
    """Samples by a denoiser that is held to the brightness of each pixel."""

    def __init__(self, config: RestoringConfig) -> None:
        self.config = config

    def work(self, operation: Operation) -> Work:
        """Colourise; see `models.operators.base.Operator` and `restored`."""
        if reason := _refuses(operation.learner.spec):
            raise ValueError(reason)
        grey = Grey()
        return (
            yield from restored(operation, self.config, grey, grey.apply(operation.handed[ROWS].x))
        )
