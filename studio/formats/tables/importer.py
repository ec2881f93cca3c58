"""Points from tables: columns of one table, of one file or of several with the same columns."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.registry import importer
from pushforward.studio.formats.tables import reading
from pushforward.studio.formats.tables.registry import registry
from pushforward.studio.formats.tables.roles import Roles, blocks_by_roles, roles_of
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.store.parts import Block
from pushforward.studio.store.schema import points_schema

__all__ = ["Points"]


@importer
class Points(Importer):
    """Tables in any of the formats of this folder. Without ``columns`` all that hold numbers are
    taken, for which the table is read twice.
    """

    slug = "points"
    kind = "points"
    title = "Points: columns of a table"
    options = (
        FieldSpec(
            path="item",
            kind="item",
            title="Table",
            help="The table of the file, where it has several.",
            default="",
        ),
        FieldSpec(
            path="columns",
            kind="columns",
            title="Columns",
            help="Coordinates of a point; default: all numeric columns.",
            default=[],
        ),
        FieldSpec(
            path="label",
            kind="item",
            title="Label",
            help="Column with the class of a row, as numbers or text; a model can be conditioned "
            "on it.",
            default="",
        ),
        FieldSpec(
            path="conditions",
            kind="columns",
            title="Conditions",
            help="Columns of numbers that a model can be conditioned on.",
            default=[],
        ),
        FieldSpec(
            path="weight",
            kind="item",
            title="Weight",
            help="Column with the weight of a row, 0 or more. A row is kept with the probability "
            "weight / largest weight.",
            default="",
        ),
    )
    general = True

    @property
    def suffixes(self) -> tuple[str, ...]:  # type: ignore[override]  # plug-ins add to them
        """Those of all table formats."""
        return tuple(registry.suffixes())

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Look through all tables."""
        with reading.opened(paths) as tables:
            items = reading.items(paths[0], tables)
        several = len(items) > 1
        slugs = dict.fromkeys(registry.for_path(path).slug for path in paths)
        best = next((item for item in items if not item.problems), items[0])
        width = sum(column.kind == "number" and not column.nan for column in best.columns)
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format=", ".join(slugs),
            bytes=0,
            rows=best.rows,
            parts=points_schema([""] * width).parts if width else [],
            items=items,
            problems=[f"{i.name}: {p}" if several else p for i in items for p in i.problems],
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the chosen columns."""
        with reading.opened(paths) as tables:
            table = reading.choose(paths[0], tables, options["item"])
            roles = roles_of(paths[0], table, options)
            if roles is not None:
                schema = roles.schema(table.columns)
                total = table.rows if roles.weight is None else None
                return Rows(schema, _blocks_by_roles(paths, options["item"], roles), total)
            picked = (
                reading.indices(paths[0], table, options["columns"])
                if options["columns"]
                else reading.good_columns(paths[0], table)
            )
            schema = points_schema([table.columns[k] for k in picked])
            total = table.rows
        return Rows(schema, _blocks(paths, options["item"], picked), total)


def _blocks(paths: Sequence[Path], item: str, picked: Sequence[int]) -> Iterator[Block]:
    with reading.opened(paths) as tables:
        table = reading.choose(paths[0], tables, item)
        for x in reading.stream(paths[0], table, picked):
            yield {"x": x}


def _blocks_by_roles(paths: Sequence[Path], item: str, roles: Roles) -> Iterator[Block]:
    with reading.opened(paths) as tables:
        yield from blocks_by_roles(paths[0], reading.choose(paths[0], tables, item), roles)
