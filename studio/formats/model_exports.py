"""Formats that a trained model can be exported in: names, titles and suffixes.

The writers are modules of `studio.engine.exports` with the same names; the window and the command
line read this table alone, which needs no PyTorch.
"""

from dataclasses import dataclass

__all__ = ["FORMATS", "ModelFormat", "find_format"]


@dataclass(frozen=True)
class ModelFormat:
    """A format of a trained model.

    Attributes:
        slug: the value of ``--format``, and the module that writes it.
        title: for menus.
        summary: what is written, one line.
        suffix: of the file, "" for a folder.
        extra: the optional dependency that it needs, "" for none.
    """

    slug: str
    title: str
    summary: str
    suffix: str = ""
    extra: str = ""


FORMATS = (
    ModelFormat(
        "weights",
        "Weights and plain PyTorch code",
        "a folder: safetensors, config.json and a loader in plain PyTorch",
    ),
    ModelFormat(
        "onnx",
        "ONNX",
        "a folder: an ONNX file a network, checked by onnxruntime, with an example",
        extra="onnx",
    ),
    ModelFormat("torch", "torch.export", "a folder: a .pt2 file a network, with an example"),
    ModelFormat(
        "safetensors",
        "Safetensors",
        "one file: the averaged weights, settings in its metadata",
        suffix=".safetensors",
    ),
    ModelFormat(
        "card",
        "Model card",
        "Markdown: data, settings, metrics with noise floors, claims, licence, command",
        suffix=".md",
    ),
)


def find_format(slug: str) -> ModelFormat | None:
    """Return the format of a name, None if there is none."""
    return next((each for each in FORMATS if each.slug == slug), None)
