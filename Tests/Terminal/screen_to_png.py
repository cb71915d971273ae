#!/usr/bin/env python3
"""Draws what `tmux capture-pane -N -e -p` printed as a picture, so that a person can look at a screen of a test.

    tmux capture-pane -N -e -p -t call | Tests/Terminal/screen_to_png.py screen.png

Needs Pillow, and DejaVu Sans Mono (fonts-dejavu-core); half blocks and the like are drawn as rectangles.
"""
import re
import sys
import unicodedata

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 9, 18
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono%s.ttf"
FOREGROUND, BACKGROUND = (212, 212, 212), (0, 0, 0)
ANSI = [0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
        0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF]


def rgb(number):
    return (number >> 16 & 255, number >> 8 & 255, number & 255)


def palette(index):
    if index < 16:
        return rgb(ANSI[index])
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    levels = [0, 95, 135, 175, 215, 255]
    index -= 16
    return (levels[index // 36], levels[index // 6 % 6], levels[index % 6])


class Pen:
    def __init__(self):
        self.reset()

    def reset(self):
        self.foreground = self.background = None
        self.bold = self.dim = self.underline = self.inverse = False

    def colour(self, values):
        kind = values.pop(0) if values else None
        if kind == 5 and values:
            return palette(values.pop(0))
        if kind == 2 and len(values) >= 3:
            return tuple(values.pop(0) for _ in range(3))
        return None

    def apply(self, parameters):
        values = [int(p or 0) for p in re.split("[;:]", parameters)]
        while values:
            v = values.pop(0)
            if v == 0:
                self.reset()
            elif v == 1:
                self.bold = True
            elif v == 2:
                self.dim = True
            elif v == 4:
                self.underline = True
            elif v == 7:
                self.inverse = True
            elif v == 22:
                self.bold = self.dim = False
            elif v == 24:
                self.underline = False
            elif v == 27:
                self.inverse = False
            elif v == 38:
                self.foreground = self.colour(values)
            elif v == 48:
                self.background = self.colour(values)
            elif v == 39:
                self.foreground = None
            elif v == 49:
                self.background = None
            elif 30 <= v <= 37 or 90 <= v <= 97:
                self.foreground = palette(v - 30 if v < 90 else v - 82)
            elif 40 <= v <= 47 or 100 <= v <= 107:
                self.background = palette(v - 40 if v < 100 else v - 92)

    def colours(self):
        front, back = self.foreground or FOREGROUND, self.background or BACKGROUND
        if self.dim:
            front = tuple((f + b) // 2 for f, b in zip(front, back))
        return (back, front) if self.inverse else (front, back)


BLOCKS = {"▀": (0, 0, 8, 4), "█": (0, 0, 8, 8), "▌": (0, 0, 4, 8), "▐": (4, 0, 8, 8)}
BLOCKS.update({chr(0x2580 + n): (0, 8 - n, 8, 8) for n in range(1, 8)})


def draw_block(draw, x, y, box, colour):
    left, top, right, bottom = (v * s // 8 for v, s in zip(box, (WIDTH, HEIGHT, WIDTH, HEIGHT)))
    draw.rectangle((x + left, y + top, x + right - 1, y + bottom - 1), fill=colour)


def cells(line, pen):
    """The characters of a line with their colours, after the escape sequences among them."""
    for match in re.finditer(r"\x1b\[([0-9;:]*)m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|([^\x1b])", line):
        if match.group(1) is not None:
            pen.apply(match.group(1))
        elif match.group(2):
            yield match.group(2)


def render(text):
    lines = text.rstrip("\n").split("\n")
    pen = Pen()
    plain = [re.sub(r"\x1b\[[0-9;:]*m", "", line) for line in lines]
    wide = lambda c: 2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1
    columns = max(sum(map(wide, line)) for line in plain) or 1
    image = Image.new("RGB", (columns * WIDTH, len(lines) * HEIGHT), BACKGROUND)
    draw = ImageDraw.Draw(image)
    fonts = {bold: ImageFont.truetype(FONTS % ("-Bold" if bold else ""), 15) for bold in (False, True)}
    for row, line in enumerate(lines):
        column = 0
        for character in cells(line, pen):
            x, y, width = column * WIDTH, row * HEIGHT, wide(character)
            front, back = pen.colours()
            if width:
                draw.rectangle((x, y, x + width * WIDTH - 1, y + HEIGHT - 1), fill=back)
            if character in BLOCKS:
                draw_block(draw, x, y, BLOCKS[character], front)
            elif character != " ":
                draw.text((x, y), character, font=fonts[pen.bold], fill=front)
            if pen.underline:
                draw.line((x, y + HEIGHT - 2, x + width * WIDTH - 1, y + HEIGHT - 2), fill=front)
            column += width
    return image


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    render(sys.stdin.read()).save(sys.argv[1])
