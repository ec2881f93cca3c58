"""Graphs of exported networks: captured by `torch.export`, written as plain PyTorch source.

The source is a function of weights and inputs whose body calls ATen operators, so that it runs with
PyTorch alone and needs none of the classes of this product.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.export.graph_signature import InputKind

from pushforward.models.export.networks import ExportedNetwork

__all__ = ["NotExportable", "Source", "capture", "source_of"]

_HEADER = '''"""{summary}.

Generated from a trained model: weights first, in the order of config.json, then the inputs.
"""

from math import inf, nan

import torch
from torch import device

__all__ = ["forward"]


'''


class NotExportable(Exception):
    """A network has no graph for every batch size; the message is one sentence."""


@dataclass(frozen=True)
class Source:
    """A network as Python source and its tensors.

    Attributes:
        code: a module with ``forward(*weights, *inputs)``, which returns a tuple of one output.
        weights: names of the tensors, in the order of the call.
        tensors: the weights and constants, by name.
    """

    code: str
    weights: tuple[str, ...]
    tensors: dict[str, Tensor]


def capture(network: ExportedNetwork) -> torch.export.ExportedProgram:
    """Return the graph of a network for any batch size.

    Raises:
        NotExportable: its Python code cannot be turned into a graph.
    """
    example = tuple(network.example.values())
    batch = torch.export.Dim("batch", min=1)
    shapes: Any = (tuple({0: batch} for _ in example),)
    problems: list[Exception] = []
    try:
        with torch.no_grad():
            network(*example)  # what is computed once, at the first use, is no part of the graph
    except (ValueError, RuntimeError) as error:
        raise NotExportable(f"it needs more than its inputs: {error}") from error
    # The first follows Python code symbolically; the second runs it, which some code needs.
    for strict in (True, False):
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # notes on caches, which the graph does without
                return torch.export.export(network, example, dynamic_shapes=shapes, strict=strict)
        except Exception as error:  # torch documents no common base of what it raises here
            problems.append(error)
    first = str(problems[0]).strip().splitlines() or [type(problems[0]).__name__]
    raise NotExportable(f"torch.export has no graph of it: {first[0][:200]}") from problems[0]


def source_of(network: ExportedNetwork, program: torch.export.ExportedProgram) -> Source:
    """Return a captured network as source code and tensors.

    Raises:
        NotExportable: the graph holds more than operators and tensors.
    """
    nodes = program.graph_module.graph.nodes
    if any(node.op in ("get_attr", "call_module") for node in nodes):
        raise NotExportable("its graph has branches, which plain source cannot hold")
    weights: list[str] = []
    tensors: dict[str, Tensor] = {}
    for each in program.graph_signature.input_specs:
        if each.kind is InputKind.USER_INPUT:
            continue
        assert each.target is not None
        value = program.state_dict.get(each.target, program.constants.get(each.target))
        if not isinstance(value, Tensor):
            raise NotExportable(f"it keeps {each.target}, which is no tensor")
        weights.append(each.target)
        tensors[each.target] = value.detach().cpu().clone().contiguous()
    code = program.graph_module.code.strip().replace("def forward(self, ", "def forward(")
    header = _HEADER.format(summary=network.role.summary)
    return Source(header + code + "\n", tuple(weights), tensors)
