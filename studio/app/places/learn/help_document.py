"""How a page of the help looks: Markdown laid out by Qt, dressed in the tokens of the theme.

What is struck out in the source (``~~so~~``) is said aside: it is muted, not struck.
"""

import re

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontDatabase,
    QImage,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextImageFormat,
    QTextLength,
    QTextTable,
)

from pushforward.studio import resources
from pushforward.studio.app.core.help_pages import Page
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.theme import font
from pushforward.studio.app.design.tokens import Tokens
from pushforward.studio.app.text.formula_markup import maths_font, runs_of

__all__ = ["lay_out", "picture", "recipes_of_pictures"]

LEADING = 150.0  # per cent
SIZES = {1: 24, 2: 17, 3: 14}
ABOVE = {1: 4, 2: 22, 3: 14}
PICTURE = "\ufffc"  # what stands for a picture in a text
BARS = "\N{DOUBLE VERTICAL LINE}"
INDENT = 24  # of a formula or a command that stands alone
MATHS = "math"  # the language of a formula; others are those of what is typed
_LOWERED = re.compile(r"(?<!\w)[A-Za-z]_[A-Za-z0-9](?!\w)")
_LANGUAGE = QTextFormat.Property.BlockCodeLanguage
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value


def picture(url: QUrl, tokens: Tokens) -> QImage:
    """Return the picture of a ``picture:name`` address in the scheme of the tokens."""
    name = url.path().partition("#")[0]
    return QImage(str(resources.folder("help") / "pictures" / f"{name}-{tokens.name}.png"))


def lay_out(document: QTextDocument, page: Page, tokens: Tokens, width: int) -> None:
    """Fill a document with a page; pictures are as wide as the text, at most ``width``."""
    document.setDefaultFont(font(14))
    document.setMarkdown(page.text, QTextDocument.MarkdownFeature.MarkdownDialectGitHub)
    document.setDocumentMargin(0)
    # It is laid out once, at the end, not after each change.
    whole = QTextCursor(document)
    whole.beginEditBlock()
    _dress_tables(document, tokens)
    block = document.begin()
    while block.isValid():
        following = block.next()
        _dress_block(block, tokens)
        _dress_words(block, tokens, width)
        _lower(block)
        _part(block)
        block = following
    whole.endEditBlock()


def recipes_of_pictures(document: QTextDocument) -> list[tuple[QTextCursor, str]]:
    """Return the pictures that open a recipe: a cursor behind each, and the slug of the recipe."""
    found = []
    block = document.begin()
    while block.isValid():
        place = block.begin()
        while not place.atEnd():
            look = place.fragment().charFormat()
            kind, _, slug = look.anchorHref().partition(":")
            if look.isImageFormat() and kind == "recipe":
                cursor = QTextCursor(document)
                cursor.setPosition(place.fragment().position() + 1)
                found.append((cursor, slug))
            place += 1
        block = block.next()
    return found


def _dress_block(block: QTextBlock, tokens: Tokens) -> None:
    shape = block.blockFormat()
    cursor = QTextCursor(block)
    level = shape.headingLevel()
    in_table = cursor.currentTable() is not None
    leading = 120.0 if level or in_table else LEADING
    shape.setLineHeight(100.0 if PICTURE in block.text() else leading, _PROPORTIONAL)
    shape.setTopMargin(ABOVE.get(level, 0))
    shape.setBottomMargin(0 if in_table else 4 if block.textList() is not None else 10)
    if shape.hasProperty(_LANGUAGE):
        shape.setLeftMargin(INDENT)
        shape.setTopMargin(2)
        shape.setBottomMargin(12)
        shape.setNonBreakableLines(False)  # a long command goes on below, it is not cut
    cursor.setBlockFormat(shape)
    if level:
        _set_heading(block, level)
    elif shape.property(_LANGUAGE) == MATHS:
        _set_formula(block, tokens)
    elif shape.hasProperty(_LANGUAGE):
        _set_commands(block, tokens)


def _set_heading(block: QTextBlock, level: int) -> None:
    cursor = QTextCursor(block)
    look = block.begin().fragment().charFormat()
    look.clearProperty(QTextFormat.Property.FontSizeAdjustment)  # ours are the sizes of the theme
    look.setFont(font(SIZES.get(level, 14), QFont.Weight.DemiBold))
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    cursor.setCharFormat(look)


def _set_formula(block: QTextBlock, tokens: Tokens) -> None:
    """Write a block as mathematics: variables slanted, all else upright."""
    text, cursor = block.text(), QTextCursor(block)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    cursor.removeSelectedText()
    for run in runs_of(text):
        look = QTextCharFormat()
        look.setFont(maths_font(18, slanted=run.slanted))
        look.setForeground(QBrush(QColor(tokens.text)))
        if run.lowered:
            look.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSubScript)
        cursor.insertText(run.text, look)


def _set_commands(block: QTextBlock, tokens: Tokens) -> None:
    """Write what is typed letter by letter, as it can be copied."""
    cursor = QTextCursor(block)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    look = QTextCharFormat()
    fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    fixed.setPixelSize(13)
    look.setFont(fixed)
    look.setFontFixedPitch(True)
    look.setForeground(QBrush(QColor(tokens.text)))
    cursor.setCharFormat(look)


def _dress_words(block: QTextBlock, tokens: Tokens, width: int) -> None:
    """Colour links and code, and make pictures links of the right size."""
    spans = []
    place = block.begin()
    while not place.atEnd():
        fragment = place.fragment()
        spans.append((fragment.position(), fragment.length(), fragment.charFormat()))
        place += 1
    code = block.blockFormat().hasProperty(_LANGUAGE)
    for start, length, look in spans:
        cursor = QTextCursor(block.document())
        cursor.setPosition(start)
        cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
        if look.isImageFormat():
            cursor.setCharFormat(_image(look.toImageFormat(), block.document(), width))
        elif look.isAnchor():
            look.setForeground(QBrush(QColor(tokens.accent)))
            look.setFontUnderline(False)
            cursor.setCharFormat(look)
        elif look.fontFixedPitch() and not code:
            look.setBackground(QBrush(QColor(tokens.raised)))
            look.setForeground(QBrush(QColor(tokens.muted)))
            cursor.setCharFormat(look)
        elif look.fontStrikeOut():
            look.setFontStrikeOut(False)
            look.setForeground(QBrush(QColor(tokens.muted)))
            cursor.setCharFormat(look)
        elif look.fontItalic() and not code:
            # A slanted Inter is not among our fonts.
            look.setFontItalic(False)
            look.setFontWeight(QFont.Weight.DemiBold)
            cursor.setCharFormat(look)
        elif look.fontWeight() > QFont.Weight.DemiBold:
            look.setFontWeight(QFont.Weight.DemiBold)
            cursor.setCharFormat(look)


def _lower(block: QTextBlock) -> None:
    """Set what stands behind a variable and an underscore lower, as in a formula: E_p."""
    for match in reversed(list(_LOWERED.finditer(block.text()))):
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + match.end() - 1)
        cursor.setPosition(block.position() + match.end(), QTextCursor.MoveMode.KeepAnchor)
        if cursor.charFormat().fontFixedPitch():
            continue
        low = QTextCharFormat()
        low.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignSubScript)
        cursor.mergeCharFormat(low)
        cursor.setPosition(block.position() + match.end() - 2)
        cursor.deleteChar()


def _part(block: QTextBlock) -> None:
    """Write the two bars of a divergence as formulas do: those of Inter are so near to each other
    that they become one grey bar.
    """
    for place, character in enumerate(block.text()):
        if character == BARS:
            cursor = QTextCursor(block)
            cursor.setPosition(block.position() + place)
            cursor.setPosition(block.position() + place + 1, QTextCursor.MoveMode.KeepAnchor)
            look = QTextCharFormat()
            look.setFontFamilies(maths_font(14).families())
            cursor.mergeCharFormat(look)


def _image(look: QTextImageFormat, document: QTextDocument, width: int) -> QTextImageFormat:
    address, _, opens = look.name().partition("#")
    image = document.resource(QTextDocument.ResourceType.ImageResource.value, QUrl(address))
    look.setName(address)
    if isinstance(image, QImage) and not image.isNull():
        wide = min(width, image.width() // 2)  # drawn at twice the size, for dense screens
        look.setWidth(wide)
        look.setHeight(wide * image.height() / image.width())
    if opens:
        look.setAnchor(True)
        look.setAnchorHref(opens)
        set_tip(look, "Open the recipe of this picture")
    return look


def _dress_tables(document: QTextDocument, tokens: Tokens) -> None:
    for frame in document.rootFrame().childFrames():
        if not isinstance(frame, QTextTable):
            continue
        look = frame.format()
        look.setBorder(0)
        look.setBorderCollapse(True)
        look.setCellPadding(7)
        look.setCellSpacing(0)
        look.setWidth(QTextLength(QTextLength.Type.PercentageLength, 96))
        look.setTopMargin(4)
        look.setBottomMargin(14)
        frame.setFormat(look)
        for row in range(frame.rows()):
            for column in range(frame.columns()):
                _dress_cell(frame, row, column, tokens)


def _dress_cell(table: QTextTable, row: int, column: int, tokens: Tokens) -> None:
    """Rules between rows only: one that is seen under the head, faint ones below."""
    cell = table.cellAt(row, column)
    box = cell.format().toTableCellFormat()
    box.setBottomBorder(1)
    box.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    box.setBottomBorderBrush(QBrush(QColor(tokens.line if row else tokens.muted)))
    cell.setFormat(box)
    cursor = cell.firstCursorPosition()
    cursor.setPosition(cell.lastCursorPosition().position(), QTextCursor.MoveMode.KeepAnchor)
    look = QTextCharFormat()
    look.setFont(font(13, QFont.Weight.Normal if row else QFont.Weight.DemiBold))
    cursor.mergeCharFormat(look)
