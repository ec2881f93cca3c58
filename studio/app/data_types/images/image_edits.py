"""What is edited in the lab of images: an image, what is painted on it, and the way back. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "TASKS",
    "Brush",
    "OperatorInputs",
    "Sheet",
    "Task",
    "brushed",
    "no_decoder",
    "open_inputs",
    "operator_inputs",
    "why_no_more",
]

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]
Brush = Literal["", "mask", "colour"]
"""What the brush does: nothing, mark what is to be made anew, or paint."""
INPUTS = "inputs."


@dataclass(frozen=True)
class Task:
    """Something to do with an image.

    Attributes:
        title: what it is called.
        operator: the operator that does it.
        says: what to do for it, in a sentence.
        brush: what the brush does meanwhile.
        config: settings that this task begins with, where they are not the operator's own.
        second: whether it takes a second image.
        seen: the array of the result that shows what was known of the image, where that is less
            than all of it.
        colour: whether it needs images in colour.
        needs: the setting without which it cannot begin, and what to say of it.
        called: conditions by their names, as they are called for this task.
        drawn: whether all of it is drawn, so that it takes no image.
    """

    title: str
    operator: str
    says: str
    brush: Brush = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    second: bool = False
    seen: str = ""
    colour: bool = False
    needs: tuple[str, str] = ("", "")
    called: Mapping[str, str] = field(default_factory=dict)
    drawn: bool = False


TASKS: tuple[Task, ...] = (
    Task("Inpaint", "inpaint", "Paint over the region to regenerate.", "mask", {"draws": 8}),
    Task("Colourise", "colourise", "Keeps the brightness and generates colours.",
         config={"draws": 8}, seen="seen", colour=True),
    Task("SDEdit", "sdedit",
         "Paint a sketch. More noise gives the model more freedom.",
         "colour", {"draws": 8, "noise": 1.0}),
    Task("Deblur", "deblur", "Deblurs the image, blurred here or before.",
         config={"draws": 8, "first": True}, seen="blurred"),
    Task("Denoise", "denoise", "Denoises the image; noise is added here or before.",
         config={"draws": 8, "first": True}, seen="seen"),
    Task("Super-resolution", "super-resolution", "Only block means of pixels are known.",
         config={"draws": 8}, seen="seen"),
    Task("Interpolate", "interpolate", "Interpolates the latents of this image and a second one.",
         second=True),
    Task("Interpolate latents", "interpolate-latents",
         "Samples two latents and generates images along the path between them.",
         drawn=True),
    Task("Morph class", "morph", "Interpolates between two classes from one latent.",
         needs=("to", "Choose the target class."), called={"label": "From class"}),
    Task("Invert", "invert", "Encodes to its latent and decodes again."),
    Task("Translate", "translate",
         "Encodes the image, then decodes its latent with a diffusion model of other images of "
         "this size.",
         needs=("target", "Choose the decoding run."), called={"label": "From class"}),
)  # fmt: skip
"""In the order in which they are offered."""


def why_no_more(title: str, *, drawn: bool) -> str:
    """Say why a model without a denoiser has no edits of an image, no film and no guidance, and how
    to come by them; ``drawn`` is whether there is something that it can do with latents.
    """
    lacks = (
        "Film, Guidance, Anomaly and the other edits need a Gaussian denoiser"
        if drawn
        else "Edits, Film, Guidance and Anomaly need a Gaussian denoiser"
    )
    return f"{lacks}, and {title} has none. Train a Diffusion on the same images."


def no_decoder(shape: tuple[int, ...], sets: Sequence[str]) -> str:
    """Say what is missing where no other run makes images of a shape (C, H, W), and how to come by
    one; ``sets`` are other ones of that shape.
    """
    if not shape:
        return "No other run in this project can decode it."
    channels, height, width = shape
    like = f"{'grey' if channels == 1 else 'colour'} images of {width} x {height}"
    have = f"such as {' or '.join(sets)}" if sets else "available for any imported images"
    return (
        f"No other run can decode it: train a diffusion (+ above the runs) on other {like}, {have}."
    )


@dataclass(frozen=True, eq=False)
class Sheet:
    """What lies on the table: an image (C, H, W) of values in [0, 1], which one it is, its class
    where that is known, the mask (H, W) of what is to be made anew, and what was done to the file
    that it is of, which stays true of what is painted on it.
    """

    image: Image
    title: str
    label: str = ""
    mask: Mask | None = None
    fitted: str = ""

    @property
    def marked(self) -> Mask:
        """The mask, empty where nothing was marked."""
        return np.zeros(self.image.shape[1:], bool) if self.mask is None else self.mask

    @property
    def words(self) -> str:
        """How much is marked: "210 pixels (21 %)"."""
        n = int(self.marked.sum())
        return f"{n:,} {'pixel' if n == 1 else 'pixels'} ({n / self.marked.size:.0%})"


def brushed(
    sheet: Sheet,
    at: tuple[float, float],
    radius: float,
    paint: float | bool | tuple[float, ...],
    since: tuple[float, float] | None = None,
) -> Sheet:
    """Return a sheet under a round brush at (row, column) in pixels, whose radius is in pixels, and
    where it went ``since`` another place, in a line: the mouse is not asked at each pixel.
    True marks, False takes marks away, and numbers are the colour that is painted, one for all
    channels or one for each. The pixel under its middle is always touched.
    """
    channels, height, width = sheet.image.shape
    rows, columns = np.ogrid[:height, :width]
    back = (0.0, 0.0) if since is None else (since[0] - at[0], since[1] - at[1])
    long = back[0] ** 2 + back[1] ** 2
    along = (rows + 0.5 - at[0]) * back[0] + (columns + 0.5 - at[1]) * back[1]
    share = np.clip(along / long, 0.0, 1.0) if long else np.zeros_like(along)
    far = (rows + 0.5 - at[0] - share * back[0]) ** 2
    far = far + (columns + 0.5 - at[1] - share * back[1]) ** 2
    under = far <= radius**2
    middle = int(at[0]), int(at[1])
    if 0 <= at[0] < height and 0 <= at[1] < width:
        under[middle] = True
    if isinstance(paint, bool):
        return replace(sheet, mask=sheet.marked | under if paint else sheet.marked & ~under)
    colour = np.broadcast_to(np.asarray(paint, np.float32), (channels,))
    image = np.where(under, colour[:, None, None], sheet.image).astype(np.float32)
    return replace(sheet, image=image)


@dataclass(frozen=True)
class OperatorInputs:
    """What goes to an operator; or why it cannot, in a sentence."""

    inputs: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    wrong: str = ""


def operator_inputs(
    task: Task, sheet: Sheet | None, second: Sheet | None, config: Mapping[str, Any], labels: bool
) -> OperatorInputs:
    """Return the operator inputs of a task. The image's class is a condition if the model has
    ``labels``, unless the settings choose another.
    """
    if task.drawn:
        return OperatorInputs(given=_chosen(config.get("given") or {}))
    if sheet is None:
        return OperatorInputs(wrong="Open an image or choose a real sample.")
    if task.colour and len(sheet.image) != 3:
        return OperatorInputs(wrong="These images are greyscale: the model has no colour.")
    path, wanted = task.needs
    if path and not config.get(path):
        return OperatorInputs(wrong=wanted)
    images = [sheet]
    if task.second:
        if second is None:
            return OperatorInputs(wrong="Choose the second image: the end of the interpolation.")
        images.append(second)
    inputs: dict[str, Any] = {"rows": [each.image.tolist() for each in images]}
    if task.brush == "mask":
        if not sheet.marked.any():
            return OperatorInputs(wrong="Nothing is marked. Paint over the region to regenerate.")
        if sheet.marked.all():
            return OperatorInputs(wrong="Everything is marked. Leave a region to keep.")
        known = np.broadcast_to(~sheet.marked, sheet.image.shape)
        inputs["known"] = [known.astype(int).tolist()]
    given = dict(config.get("given") or {})
    names = [each.label for each in images]
    if labels and "label" not in given and all(names):
        given["label"] = names[0] if len(names) == 1 else names
    return OperatorInputs(inputs, _chosen(given))


def open_inputs(
    handed: Mapping[str, NDArray[Any]], given: Mapping[str, Any], title: str
) -> tuple[Sheet, Sheet | None]:
    """Return what lay on the table, and the second image, from the rows (n, C, H, W) that were
    handed to an operator, by slot, and the conditions that were chosen.

    Raises:
        KeyError: no rows were kept.
    """
    rows, label = np.asarray(handed["rows"], np.float32), given.get("label", "")
    names = [str(each) for each in (label if isinstance(label, list) else [label] * len(rows))]
    mask = np.asarray(handed["known"])[0, 0] == 0 if "known" in handed else None

    def sheet(place: int) -> Sheet:
        called = f"{title}, class {names[place]}" if names[place] else title
        return Sheet(rows[place], called, names[place], mask if place == 0 else None)

    return sheet(0), sheet(1) if len(rows) > 1 else None


def _chosen(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, "")}
