"""Draws a card: a PNG for Open Graph.

The letters are Aileron's (CC0), which Pillow brings along: ASCII and little more.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from math import ceil, floor
from typing import TYPE_CHECKING, cast

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from progress.progress_bar import group_steps

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from roadmaps.card import Card

SIZE = (1200, 630)
MARGIN = 80
WIDTH = SIZE[0] - 2 * MARGIN

# The light colours of static/css/site/tokens.css.
PAPER = "#fbfaf6"
INK = "#1c1b17"
SOFT = "#5a564c"
DONE = "#1f6e50"

# The cairn of static/icon.svg, the box of each stone.
STONES = [
    (0, 16.2, 18, 21.8),
    (3, 11, 15.8, 15.8),
    (4.1, 6.7, 13.3, 10.5),
    (6.3, 3.2, 12.3, 6.2),
    (7.5, 0, 10.5, 3),
]
MARK_TOP = 68
STRIP = (480, 44)  # its top and height
WIDEST_SEGMENT = 44
TITLE_SIZES = range(96, 36, -4)
LEADING = 1.1
TITLE_BOTTOM, TITLE_ROOM = 440, 225
FINER = 4  # times: Pillow draws edges hard, so masks are drawn larger and reduced
UNKNOWN = "\uffff"  # no font has it

type Box = tuple[float, float, float, float]


def draw(card: Card) -> bytes:
    """The card as a PNG, 1200 by 630 pixels."""
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    title = writable(card.title)
    # The mark takes the place of a title that the font has no letters for.
    lay(picture, list(stones(3.2 if title else 13)), is_round=True)
    if title:
        name = one_line(writable(settings.SITE_NAME), font(40))
        pen.text((MARGIN + 80, 106), name, INK, font(40), "lm", stroke_width=0.6)
        category = one_line(writable(card.category), font(34))
        bottom = TITLE_BOTTOM if card.optional else SIZE[1] - MARGIN
        write_title(pen, title, category, bottom)
    lay(picture, list(segments(card.optional)))
    top, height = STRIP
    pen.text((MARGIN, top + height + 42), card.length, SOFT, font(34), "lm")
    file = BytesIO()
    # The colours are few: with a palette the file is a third.
    picture.quantize(64, Image.Quantize.FASTOCTREE).save(file, "PNG")
    return file.getvalue()


def write_title(
    pen: ImageDraw.ImageDraw, title: str, category: str, bottom: int
) -> None:
    """The title as large as its room above `bottom` allows, then the category."""
    for size in TITLE_SIZES:
        words = list(breakable(title, font(size)))
        lines = filled(words, font(size), WIDTH)
        is_whole = len(words) == len(title.split())
        if is_whole and len(lines) * size * LEADING <= TITLE_ROOM:
            break
    lines = balanced(words, font(size))
    top = bottom - len(lines) * size * LEADING
    pen.text((MARGIN, round(top - 18)), category, SOFT, font(34), "ls")
    for number, line in enumerate(lines, start=1):
        baseline = round(top + size * (LEADING * number - 0.28))
        # The built-in font has no bold: an outline in the same ink is its weight.
        place = MARGIN - size // 20, baseline  # its letters begin with a gap
        pen.text(place, line, INK, font(size), "ls", stroke_width=size / 60)


def balanced(words: Sequence[str], font: FreeTypeFont) -> list[str]:
    """Lines as few as the picture's width allows, and as even as can be."""
    fewest = len(filled(words, font, WIDTH))
    too_narrow, enough = 0, WIDTH
    while too_narrow + 1 < enough:
        width = (too_narrow + enough) // 2
        lines = filled(words, font, width)
        fits = all(font.getlength(line) <= width for line in lines)
        if fits and len(lines) == fewest:
            enough = width
        else:
            too_narrow = width
    return filled(words, font, enough)


def filled(words: Sequence[str], font: FreeTypeFont, width: float) -> list[str]:
    """Lines that each take as many words as they hold, and one at the least."""
    lines = [*words[:1]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def breakable(text: str, font: FreeTypeFont) -> Iterator[str]:
    """The words, those wider than the picture has room for in pieces."""
    for word in text.split():
        piece = ""
        for letter in word:
            if piece and font.getlength(piece + letter) > WIDTH:
                yield piece
                piece = ""
            piece += letter
        yield piece


def one_line(text: str, font: FreeTypeFont) -> str:
    """As much of it as fits into one line."""
    if font.getlength(text) <= WIDTH:
        return text
    while font.getlength(f"{text}…") > WIDTH:
        text = text[:-1]
    return f"{text.rstrip()}…"


def segments(optional: Sequence[bool]) -> Iterator[Box]:
    """The strip, as pages show it: tall for required steps, short for optional ones."""
    grouped = group_steps(optional)
    gap = 6 if len(grouped) <= 30 else 4
    pitch = min((WIDTH + gap) / max(1, len(grouped)), WIDEST_SEGMENT + gap)
    top, height = STRIP
    for number, group in enumerate(grouped):
        left = MARGIN + number * pitch
        tall = height / 2 if all(group) else height
        yield left, top + height - tall, left + pitch - gap, top + height


def stones(unit: float) -> Iterator[Box]:
    for stone in STONES:
        left, top, right, bottom = (unit * length for length in stone)
        yield MARGIN + left, MARK_TOP + top, MARGIN + right, MARK_TOP + bottom


def lay(picture: Image.Image, boxes: Sequence[Box], is_round: bool = False) -> None:
    """Lay ellipses, or rectangles, onto the picture with smooth edges."""
    if not boxes:
        return
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    left, top = floor(min(lefts)), floor(min(tops))
    size = ceil(max(rights)) - left, ceil(max(bottoms)) - top
    mask = Image.new("L", (size[0] * FINER, size[1] * FINER))
    pen = ImageDraw.Draw(mask)
    for x0, y0, x1, y1 in boxes:
        corners = (x0 - left, y0 - top, x1 - left, y1 - top)
        box = [length * FINER for length in corners]
        if is_round:
            pen.ellipse(box, 255)
        else:
            pen.rounded_rectangle(box, 4 * FINER, 255)
    picture.paste(DONE, (left, top), mask.reduce(FINER))


@cache
def font(size: int) -> FreeTypeFont:
    return cast("FreeTypeFont", ImageFont.load_default(size))


def writable(text: str) -> str:
    """The text in letters that the font has: é as e, a dash as a hyphen, symbols left
    out; nothing at all where it would lose a letter.
    """
    written = ""
    for character in text:
        if unicodedata.category(character) == "Pd":
            written += "-"
            continue
        parts = unicodedata.normalize("NFKD", character)
        known = [part for part in parts if is_known(part)]
        if character.isalnum() and not known:
            return ""
        written += character if is_known(character) else "".join(known)
    return " ".join(written.split())


@cache
def is_known(character: str) -> bool:
    return shape(character) != shape(UNKNOWN)


def shape(character: str) -> tuple[tuple[int, int], bytes]:
    mask = font(34).getmask(character)
    return mask.size, bytes(mask)
