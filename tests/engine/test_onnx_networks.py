"""Each network that can leave the product as ONNX: equal to PyTorch, at any batch size.

Every family is tried on its lightest data type, and recommenders.
"""

from pathlib import Path

import pytest

from pushforward.models.export.networks import exported_networks
from pushforward.models.export.programs import NotExportable, capture
from pushforward.studio.engine.exports.networks import TOLERANCE
from pushforward.studio.engine.exports.onnx import to_onnx
from tests.models.pairs import ALL, FAMILIES, Pair, build, lightest
from tests.tiers import tiered

pytest.importorskip("onnxruntime", reason="the extra pushforward[onnx]")
pytest.importorskip("onnxscript", reason="the extra pushforward[onnx]")

RECOMMENDERS = [pair for pair in ALL if "recommend" in pair.entry.capabilities]
PAIRS = [*(lightest(entry) for entry in FAMILIES), *RECOMMENDERS]
SHORT = [pair for pair in PAIRS if pair.entry.slug in ("edm", "flow-matching")]
WITHOUT = {
    "analog-bits", "autoregressive", "causal-transformer", "cell", "cld", "counted-flow", "d3pm",
    "ddgan", "digress", "edge-list", "energy-based", "gran", "graph-af", "graph-rnn",
    "latent-diffusion", "masked-types", "mmd-flow", "motif-by-motif", "normalising-flow",
    "pixel-d3pm", "progressive-distillation", "recovery-likelihood", "rule-sequence", "score-flow",
    "timegrad",
}  # fmt: skip
"""Families none of whose networks is one of `ROLES`: they mean nothing without a sampler."""
NO_GRAPH = "torch.export has no graph of it"
NO_FORM = {
    **dict.fromkeys(
        (
            "acvae", "bert4rec", "caser", "ease", "embedding-diffusion", "gru4rec", "item-knn",
            "mult-vae", "sasrec", "svae", "windowed",
        ),
        NO_GRAPH,
    ),
    "markov": "ONNX has no form of it",
    "random-items": "differs from PyTorch",  # it draws its lists
}  # fmt: skip
"""Recommenders without an ONNX form for every batch size: most split batches in Python."""


@pytest.mark.parametrize("pair", tiered(PAIRS, SHORT))
def test_each_network_is_equal_as_onnx_or_says_why_not(pair: Pair, tmp_path: Path) -> None:
    networks = exported_networks(build(pair))
    assert bool(networks) != (pair.entry.slug in WITHOUT)
    for network in networks:
        file = tmp_path / f"{network.role.name}.onnx"
        reason = NO_FORM.get(pair.entry.slug)
        if reason is None:
            # `to_onnx` compares batches of 1 and 5; the graph is captured with another size.
            assert to_onnx(network, capture(network), file) <= TOLERANCE
            assert file.stat().st_size > 0
        else:
            with pytest.raises(NotExportable, match=reason):
                to_onnx(network, capture(network), file)
