"""Draw a card as a PNG for Open Graph.

The font is Aileron (CC0), which Pillow includes. It has ASCII letters and few others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from io import BytesIO
from math import ceil, floor
from typing import cast

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

from roadmaps.segments import group_steps

SIZE = (1200, 630)  # all lengths are in pixels
MARGIN = 80
WIDTH = SIZE[0] - 2 * MARGIN

# The light colours of static/css/site/tokens.css.
BACKGROUND = "#fbfaf6"
TEXT = "#1c1b17"
MUTED = "#5a564c"
DONE = "#1f6e50"

# The stones of static/icon.svg: left, top, right and bottom.
STONES = [
    (0, 16.2, 18, 21.8),
    (3, 11, 15.8, 15.8),
    (4.1, 6.7, 13.3, 10.5),
    (6.3, 3.2, 12.3, 6.2),
    (7.5, 0, 10.5, 3),
]
LOGO_TOP = 68
LOGO_SCALE = 3.2
LARGE_LOGO_SCALE = 13  # in place of a title that the font cannot write
BAR_TOP, BAR_HEIGHT = 480, 44
MAX_SEGMENT_WIDTH = 44
TITLE_SIZES = range(96, 36, -4)
LINE_HEIGHT = 1.1  # of the font size
TITLE_BOTTOM, MAX_TITLE_HEIGHT = 440, 225
OVERSAMPLING = 4  # Pillow draws hard edges, so shapes are drawn larger and reduced
MISSING_CHARACTER = "\uffff"  # no font has it

type Box = tuple[float, float, float, float]


def draw_card(
    title: str, category: str, optional: Sequence[bool], step_count_text: str
) -> bytes:
    """Return a PNG of 1200 by 630 pixels.

    `optional` says for each step whether it is optional. `step_count_text` is the line
    below the progress bar.
    """
    picture = Image.new("RGB", SIZE, BACKGROUND)
    pen = ImageDraw.Draw(picture)
    title = replace_missing_characters(title)
    stones = list(get_stones(LOGO_SCALE if title else LARGE_LOGO_SCALE))
    draw_shapes(picture, stones, is_round=True)
    if title:
        name = truncate(replace_missing_characters(settings.SITE_NAME), get_font(40))
        pen.text((MARGIN + 80, 106), name, TEXT, get_font(40), "lm", stroke_width=0.6)
        category = truncate(replace_missing_characters(category), get_font(34))
        bottom = TITLE_BOTTOM if optional else SIZE[1] - MARGIN
        draw_title(pen, title, category, bottom)
    draw_shapes(picture, list(get_segments(optional)))
    middle = BAR_TOP + BAR_HEIGHT + 42
    pen.text((MARGIN, middle), step_count_text, MUTED, get_font(34), "lm")
    file = BytesIO()
    # The picture has few colours: a palette makes the file a third of the size.
    picture.quantize(64, Image.Quantize.FASTOCTREE).save(file, "PNG")
    return file.getvalue()


def draw_title(
    pen: ImageDraw.ImageDraw, title: str, category: str, bottom: int
) -> None:
    """Draw the title above `bottom` as large as possible, and the category above it."""
    for size in TITLE_SIZES:
        words = list(split_long_words(title, get_font(size)))
        lines = wrap(words, get_font(size), WIDTH)
        is_unbroken = len(words) == len(title.split())
        if is_unbroken and len(lines) * size * LINE_HEIGHT <= MAX_TITLE_HEIGHT:
            break
    lines = wrap_evenly(words, get_font(size))
    top = bottom - len(lines) * size * LINE_HEIGHT
    pen.text((MARGIN, round(top - 18)), category, MUTED, get_font(34), "ls")
    for number, line in enumerate(lines, start=1):
        baseline = round(top + size * (LINE_HEIGHT * number - 0.28))
        left = MARGIN - size // 20  # the font leaves a gap before each line
        # The font has no bold weight. An outline in the same colour looks like one.
        pen.text(
            (left, baseline), line, TEXT, get_font(size), "ls", stroke_width=size / 60
        )


def wrap_evenly(words: Sequence[str], font: FreeTypeFont) -> list[str]:
    """Return as few lines as fit the picture's width, as equally long as possible."""
    line_count = len(wrap(words, font, WIDTH))
    too_narrow, wide_enough = 0, WIDTH
    while too_narrow + 1 < wide_enough:
        width = (too_narrow + wide_enough) // 2
        lines = wrap(words, font, width)
        fits = all(font.getlength(line) <= width for line in lines)
        if fits and len(lines) == line_count:
            wide_enough = width
        else:
            too_narrow = width
    return wrap(words, font, wide_enough)


def wrap(words: Sequence[str], font: FreeTypeFont, width: float) -> list[str]:
    """Return lines with as many words as fit, and at least one each."""
    lines = [*words[:1]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def split_long_words(text: str, font: FreeTypeFont) -> Iterator[str]:
    """Yield the words. A word that is wider than a line is cut into pieces."""
    for word in text.split():
        piece = ""
        for letter in word:
            if piece and font.getlength(piece + letter) > WIDTH:
                yield piece
                piece = ""
            piece += letter
        yield piece


def truncate(text: str, font: FreeTypeFont) -> str:
    """Return as much of the text as fits one line."""
    if font.getlength(text) <= WIDTH:
        return text
    while font.getlength(f"{text}…") > WIDTH:
        text = text[:-1]
    return f"{text.rstrip()}…"


def get_segments(optional: Sequence[bool]) -> Iterator[Box]:
    """Yield the segments of the bar: half as high if all their steps are optional."""
    groups = group_steps(optional)
    gap = 6 if len(groups) <= 30 else 4
    pitch = min((WIDTH + gap) / max(1, len(groups)), MAX_SEGMENT_WIDTH + gap)
    bottom = BAR_TOP + BAR_HEIGHT
    for number, group in enumerate(groups):
        left = MARGIN + number * pitch
        height = BAR_HEIGHT / 2 if all(group) else BAR_HEIGHT
        yield left, bottom - height, left + pitch - gap, bottom


def get_stones(scale: float) -> Iterator[Box]:
    for stone in STONES:
        left, top, right, bottom = (scale * length for length in stone)
        yield MARGIN + left, LOGO_TOP + top, MARGIN + right, LOGO_TOP + bottom


def draw_shapes(
    picture: Image.Image, boxes: Sequence[Box], is_round: bool = False
) -> None:
    """Draw ellipses, or rectangles with round corners, with smooth edges."""
    if not boxes:
        return
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    left, top = floor(min(lefts)), floor(min(tops))
    size = ceil(max(rights)) - left, ceil(max(bottoms)) - top
    mask = Image.new("L", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING))
    pen = ImageDraw.Draw(mask)
    for x0, y0, x1, y1 in boxes:
        corners = (x0 - left, y0 - top, x1 - left, y1 - top)
        box = [length * OVERSAMPLING for length in corners]
        if is_round:
            pen.ellipse(box, 255)
        else:
            pen.rounded_rectangle(box, 4 * OVERSAMPLING, 255)
    picture.paste(DONE, (left, top), mask.reduce(OVERSAMPLING))


@cache
def get_font(size: int) -> FreeTypeFont:
    return cast("FreeTypeFont", ImageFont.load_default(size))


def replace_missing_characters(text: str) -> str:
    """Replace characters that the font lacks: é with e, dashes with hyphens.

    Other symbols that it lacks are left out. If a letter or digit has no replacement,
    the result is empty.
    """
    drawable = ""
    for character in text:
        if unicodedata.category(character) == "Pd":
            drawable += "-"
            continue
        parts = unicodedata.normalize("NFKD", character)
        known = [part for part in parts if is_in_font(part)]
        if character.isalnum() and not known:
            return ""
        drawable += character if is_in_font(character) else "".join(known)
    return " ".join(drawable.split())


@cache
def is_in_font(character: str) -> bool:
    return get_glyph(character) != get_glyph(MISSING_CHARACTER)


def get_glyph(character: str) -> tuple[tuple[int, int], bytes]:
    mask = get_font(34).getmask(character)
    return mask.size, bytes(mask)
