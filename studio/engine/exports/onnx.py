"""Networks as ONNX files, checked by onnxruntime; a .pt2 file where ONNX has no such operator."""

import contextlib
import io
import logging
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pushforward.models.export.networks import ExportedNetwork
from pushforward.models.export.programs import NotExportable
from pushforward.studio.engine.exports.export import Request
from pushforward.studio.engine.exports.networks import Folder, check_equal, write_networks
from pushforward.studio.engine.exports.summary import summarise
from pushforward.studio.engine.exports.torch import write_program

__all__ = ["to_onnx", "write"]

EXAMPLE = '''"""Run a network of this folder with onnxruntime."""
import json
from pathlib import Path

import numpy as np
import onnxruntime

here = Path(__file__).resolve().parent
network = json.loads((here / "config.json").read_text())["networks"][0]
session = onnxruntime.InferenceSession(here / network["file"])
inputs = {i["name"]: np.ones([4, *i["shape"][1:]], i["dtype"]) for i in network["inputs"]}
print(network["name"], session.run(None, inputs)[0].shape)
'''


def write(request: Request, path: Path) -> str:
    """Write a folder; return a sentence about it."""
    folder = write_networks(request, path, _write)
    (path / "example.py").write_text(EXAMPLE, encoding="utf-8")
    others = [each["name"] for each in folder.networks if "reason" in each]
    then = "example.py runs the first with onnxruntime"
    if others:
        then += f"; without an ONNX form, as torch.export: {', '.join(others)}"
    return summarise(folder, then)


def _write(
    network: ExportedNetwork, program: torch.export.ExportedProgram, folder: Folder
) -> dict[str, object]:
    file = folder.path / f"{network.role.name}.onnx"
    try:
        gap = to_onnx(network, program, file)
    except NotExportable as reason:
        file.unlink(missing_ok=True)
        return {**write_program(network, program, folder), "reason": str(reason)}
    return {"file": file.name, "difference": gap}


def to_onnx(network: ExportedNetwork, program: torch.export.ExportedProgram, file: Path) -> float:
    """Write a captured network as ONNX; return its largest difference from PyTorch.

    Raises:
        NotExportable: an operator has no ONNX form, or the file computes other values.
    """
    try:
        with _quiet():
            torch.onnx.export(
                program, (), file, dynamo=True, input_names=network.inputs,
                output_names=["output"], external_data=False, verbose=False,
            )  # fmt: skip
        evaluate = _evaluator(network, file)
    except Exception as error:  # the exporter and the runtime have no common base
        text = str(error).strip().splitlines() or [type(error).__name__]
        raise NotExportable(f"ONNX has no form of it: {text[0][:200]}") from error
    try:
        return check_equal(network, evaluate)
    except NotExportable:
        raise
    except Exception as error:
        text = str(error).strip().splitlines() or [type(error).__name__]
        raise NotExportable(f"onnxruntime cannot run it: {text[0][:200]}") from error


def _evaluator(network: ExportedNetwork, file: Path) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(file)
    known = {each.name for each in session.get_inputs()}

    def evaluate(inputs: list[Tensor]) -> Tensor:
        named = zip(network.inputs, inputs, strict=True)
        found = session.run(None, {k: v.numpy() for k, v in named if k in known})[0]
        return torch.from_numpy(found)

    return evaluate


@contextlib.contextmanager
def _quiet() -> Any:
    """Keep the exporter's notes off the terminal."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
