"""Networks as `torch.export` programs (.pt2)."""

import io
from pathlib import Path

import torch

from pushforward.models.export.networks import ExportedNetwork
from pushforward.studio.engine.exports.export import Request
from pushforward.studio.engine.exports.networks import Folder, check_equal, write_networks
from pushforward.studio.engine.exports.summary import summarise

__all__ = ["write", "write_program"]

EXAMPLE = '''"""Load a network of this folder with PyTorch alone."""
import json
from pathlib import Path

import torch

here = Path(__file__).resolve().parent
network = json.loads((here / "config.json").read_text())["networks"][0]
module = torch.export.load(here / network["file"]).module()
shapes = [[4, *each["shape"][1:]] for each in network["inputs"]]
inputs = [torch.ones(s).to(getattr(torch, i["dtype"])) for s, i in zip(shapes, network["inputs"])]
print(network["name"], module(*inputs).shape)
'''


def write(request: Request, path: Path) -> str:
    """Write a folder; return a sentence about it."""
    folder = write_networks(request, path, write_program)
    (path / "example.py").write_text(EXAMPLE, encoding="utf-8")
    return summarise(folder, "example.py loads the first with torch.export.load")


def write_program(
    network: ExportedNetwork, program: torch.export.ExportedProgram, folder: Folder
) -> dict[str, object]:
    """Write a captured network as a .pt2 file, read it back and compare."""
    file = f"{network.role.name}.pt2"
    buffer = io.BytesIO()
    torch.export.save(program, buffer)
    (folder.path / file).write_bytes(buffer.getvalue())
    buffer.seek(0)
    module = torch.export.load(buffer).module()
    with torch.no_grad():
        return {"file": file, "difference": check_equal(network, lambda inputs: module(*inputs))}
