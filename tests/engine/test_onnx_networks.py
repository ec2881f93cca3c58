"""Each network that can leave the product as ONNX: equal to PyTorch, at any batch size.

Every family is tried on its lightest data type, and what recommends, classifies scenes or encodes.
"""

import re
from pathlib import Path

import pytest

from pushforward.models.export.networks import exported_networks
from pushforward.models.export.programs import NotExportable, capture
from pushforward.studio.engine.exports.networks import TOLERANCE
from pushforward.studio.engine.exports.onnx import to_onnx
from tests.models.pairs import ALL, FAMILIES, Pair, build, lightest, train
from tests.tiers import tiered

pytest.importorskip("onnxruntime", reason="the extra pushforward[onnx]")
pytest.importorskip("onnxscript", reason="the extra pushforward[onnx]")

ROOT = Path(__file__).parents[2]
LEARNERS = [
    pair
    for pair in ALL
    if "recommend" in pair.entry.capabilities
    or ("classify" in pair.entry.capabilities and pair.kind.slug == "cubes")
    or ("represent" in pair.entry.capabilities and pair.kind.slug == "images")
]
PAIRS = [*(lightest(entry) for entry in FAMILIES), *LEARNERS]
SHORT = [pair for pair in PAIRS if pair.entry.slug in ("edm", "markov")]
WITHOUT = {
    "analog-bits", "autoregressive", "causal-transformer", "cell", "cld", "counted-flow", "d3pm",
    "ddgan", "digress", "edge-list", "energy-based", "gran", "graph-af", "graph-rnn",
    "latent-diffusion", "masked-types", "mmd-flow", "motif-by-motif", "normalising-flow",
    "pixel-d3pm", "progressive-distillation", "recovery-likelihood", "rule-sequence", "score-flow",
    "timegrad",
}  # fmt: skip
"""Families none of whose networks is one of `ROLES`: they mean nothing without a sampler."""
NO_FORM = {
    "embedding-diffusion": "torch.export has no graph of it",  # it samples by a solver
    "nearest-label": "needs more than its inputs",  # the places of the pixels
    "random-items": "differs from PyTorch",  # it draws its lists
}


def test_the_documentation_lists_what_has_no_onnx_form() -> None:
    text = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    section = text.split("### Without an ONNX form")[1]
    assert {*re.findall(r"`([a-z0-9-]+)`", section)} == WITHOUT | NO_FORM.keys()


@pytest.mark.parametrize("pair", tiered(PAIRS, SHORT))
def test_each_network_is_equal_as_onnx_or_says_why_not(pair: Pair, tmp_path: Path) -> None:
    learner = build(pair)
    if pair in LEARNERS:
        train(pair, learner, 0, 2)  # counts are not all zero then
    networks = exported_networks(learner)
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
