"""The options of an imported scene: its arrays, bands, reflectance, window and split."""

from pushforward.studio.protocol.catalog import Choice, Dependency, FieldSpec

__all__ = ["OPTIONS"]

_PLACED = ("block",)
_FEW = ("random", "block", "field")


def _source(path: str, title: str, help_: str, *, advanced: bool = False) -> FieldSpec:
    return FieldSpec(
        path=path, kind="source", title=title, help=help_, default="", advanced=advanced
    )


def _integer(
    path: str, title: str, help_: str, zero: str, unit: str = "", **more: object
) -> FieldSpec:
    return FieldSpec(
        path=path, kind="int", title=title, help=help_, default=0, low=0, high=10_000_000,
        zero=zero, unit=unit, **more,  # type: ignore[arg-type]
    )  # fmt: skip


OPTIONS = (
    _source("cube", "Cube", "Array with a spectrum in each pixel."),
    _source(
        "truth",
        "Ground truth",
        "Map of classes with the size of the cube: 0 is unlabelled, classes begin at 1.",
    ),
    FieldSpec(
        path="names",
        kind="text",
        title="Class names",
        help="Names of the classes from 1 on, separated by commas. Needed to label by hand a scene "
        "without a ground truth. A table with a number and a name a line works, too.",
        default="",
        meant="by number, or from the files",
    ),
    FieldSpec(
        path="bands",
        kind="text",
        title="Bands",
        help="Bands to keep, by number from 1 on, such as 1-103, 120, 150-.",
        default="",
        meant="all",
    ),
    FieldSpec(
        path="good",
        kind="bool",
        title="Drop bad bands",
        help="Leave out bands that the header marks as bad.",
        default=True,
    ),
    FieldSpec(
        path="water",
        kind="bool",
        title="Drop water bands",
        help="Leave out 1,350 to 1,450 nm and 1,800 to 1,960 nm, where water vapour absorbs. Needs "
        "wavelengths.",
        default=False,
    ),
    FieldSpec(
        path="scale",
        kind="float",
        title="Reflectance scale",
        help="Divide values by this number to get reflectance. 0 takes the factor of the header, "
        "or keeps values as they are.",
        default=0.0,
        low=0.0,
        high=1e9,
        zero="as the files say",
    ),
    _source(
        "dark",
        "Dark reference",
        "Cube taken with the shutter closed, subtracted from the scene and the white reference.",
        advanced=True,
    ),
    _source(
        "white",
        "White reference",
        "Cube of a white panel. With it values become reflectance: (scene - dark) / "
        "(white - dark).",
        advanced=True,
    ),
    FieldSpec(
        path="empty",
        kind="choice",
        title="Pixels without data",
        help="What to do with pixels whose values are not finite. Pixels with the value that the "
        "header declares as empty are always set to 0 and left unlabelled.",
        default="refuse",
        choices=[
            Choice(value="refuse", title="Stop and name the first"),
            Choice(value="zero", title="Set to 0, leave unlabelled"),
        ],
        advanced=True,
    ),
    FieldSpec(
        path="axes",
        kind="choice",
        title="Order of the axes",
        help="Change it if the picture looks wrong; formats without a header only let it be "
        "guessed.",
        default="found",
        choices=[
            Choice(value="found", title="As found"),
            Choice(value="rows-columns-bands", title="Rows, columns, bands"),
            Choice(value="bands-rows-columns", title="Bands, rows, columns"),
            Choice(value="rows-bands-columns", title="Rows, bands, columns"),
        ],
        advanced=True,
    ),
    _integer("row", "First row", "First row of a window of the scene, from 0.", "the first",
           advanced=True),
    _integer("rows", "Rows", "Rows of the window. Use it for scenes that do not fit into memory.",
           "all", advanced=True),
    _integer("column", "First column", "First column of a window, from 0.", "the first",
           advanced=True),
    _integer("columns", "Columns", "Columns of the window.", "all", advanced=True),
    FieldSpec(
        path="split",
        kind="choice",
        title="Split",
        help="How labelled pixels are divided. At random, test pixels are neighbours of training "
        "pixels and accuracies are too high.",
        default="shares",
        choices=[
            Choice(value="shares", title="At random, by the shares below"),
            Choice(value="random", title="At random, few labels"),
            Choice(value="block", title="Blocks"),
            Choice(value="field", title="Fields"),
            Choice(value="map", title="By a second map"),
        ],
    ),
    _integer("labels", "Training labels", "Number of labelled pixels to learn from.", "5 %",
           depends=Dependency(path="split", values=list(_FEW))),
    _integer("validation", "Validation labels",
           "Number of further labelled pixels that choose settings, such as CRF weights.", "none",
           depends=Dependency(path="split", values=list(_FEW))),
    _source(
        "roles",
        "Second map",
        "Map with 1 for training, 2 for validation, 3 for test and 0 for other pixels.",
        advanced=True,
    ),
)  # fmt: skip
"""In the order of the form."""
