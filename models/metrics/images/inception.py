"""The Inception whose features an FID is made of, by the package torch-fidelity, with weights that
a person has: neither comes with the studio.
"""

import hashlib
import io
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pushforward.models.metrics.base import NotApplicable
from pushforward.models.metrics.torch_file import read_weights

__all__ = ["FILE", "VARIABLE", "Inception", "inception"]

FILE = "weights-inception-2015-12-05-6726825d.pth"
VARIABLE = "PUSHFORWARD_INCEPTION"
"""The variable of the environment that says where that file is, where no setting does."""
_SHA256 = "6726825d"  # how it begins: PyTorch's hub names files after what is in them
_LARGEST = 1 << 28  # the file has 95 MB
# A file of PyTorch with an empty dictionary in it: its mark, its version, and nothing.
_NOTHING = (
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02}.\x80\x02]."
)
_WHERE = f"the file {FILE}, which torch-fidelity offers on the page of its release 0.2.0"


class Inception:
    """Features of images.

    Args:
        net: the extractor of torch-fidelity, which scales images to 299 x 299 itself, as the first
            FIDs did (Heusel et al. 2017, arXiv:1706.08500).
    """

    def __init__(self, net: Any) -> None:
        self.net = net

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Return the features (n, 2048) of images (n, 1 or 3, H, W) in [0, 1]; grey is red, green
        and blue alike.
        """
        # Whole bytes, as in a file of images: it is those that FIDs are told of.
        levels = (255.0 * x.clamp(0.0, 1.0)).round().to(torch.uint8)
        found: Tensor = self.net(levels.expand(-1, 3, -1, -1))[0]
        return found.flatten(1)


def inception(weights: str) -> Inception:
    """Return the network with the weights of a file, "" for that which the environment names.

    Raises:
        NotApplicable: there is no file, it holds other weights, or the package is not installed.
    """
    weights = weights or os.environ.get(VARIABLE, "")
    if not weights:
        raise NotApplicable(f"it needs Inception's weights: let {VARIABLE} be the path of {_WHERE}")
    path = Path(weights)
    try:
        found = path.stat()
        return _load(path, found.st_size, found.st_mtime_ns)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise NotApplicable(f"Inception's weights cannot be read: {path.name}: {reason}") from error


@lru_cache(maxsize=1)
def _load(path: Path, size: int, changed: int) -> Inception:
    data = path.read_bytes() if size <= _LARGEST else b""
    if not hashlib.sha256(data).hexdigest().startswith(_SHA256):
        raise NotApplicable(
            f"{path.name} does not hold Inception's weights, by which alone a figure is an FID: "
            f"take {_WHERE}"
        )
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise NotApplicable(
            "Inception's network comes with the package torch-fidelity, which is not installed: "
            'pip install "pushforward[fid]"'
        ) from error
    try:
        weights = read_weights(data)
    except ValueError as error:
        raise NotApplicable(f"{path.name}: {error}") from error

    class Extractor(FeatureExtractorInceptionV3):  # type: ignore[misc]
        """The package's, with weights that were read here: it would execute what a file says."""

        def load_state_dict(self, state: Any, **more: Any) -> Any:
            own = {n: weights[n].reshape(x.shape) for n, x in self.state_dict().items()}
            return super().load_state_dict(own)

    net = Extractor("inception", ["2048"], feature_extractor_weights_path=io.BytesIO(_NOTHING))
    return Inception(net.eval())
