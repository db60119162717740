#!/usr/bin/env python3
"""Draws the packages' icon, as icon.svg and icon.png (128 x 128), beside this file. Needs nothing but Python.

    python3 eng/icon/draw.py

The picture is the matrix of Figure 1 of the CLIP paper: each image of a batch against each text, and the pairs that belong together on the diagonal.
"""
import os
import struct
import zlib

SIZE, CELLS = 128, 4
CORNER = 28                    # of the background
MARGIN, GAP, CELL_CORNER = 22, 6, 5
TOP, BOTTOM = (0x5B, 0x3F, 0xD6), (0x23, 0x1A, 0x6B)     # the background's gradient, from above to below
PAIR_FIRST, PAIR_LAST = (0xFF, 0xD1, 0x66), (0xFF, 0x7A, 0x59)    # along the diagonal
OTHER, OTHER_OPACITY = (0xFF, 0xFF, 0xFF), 0.20

CELL = (SIZE - 2 * MARGIN - (CELLS - 1) * GAP) / CELLS


def mix(a, b, t):
    return tuple(x + (y - x) * t for x, y in zip(a, b))


def cells():
    """x, y, colour, opacity of every cell."""
    for row in range(CELLS):
        for column in range(CELLS):
            x, y = MARGIN + column * (CELL + GAP), MARGIN + row * (CELL + GAP)
            if row == column:
                yield x, y, mix(PAIR_FIRST, PAIR_LAST, row / (CELLS - 1)), 1.0
            else:
                yield x, y, OTHER, OTHER_OPACITY


def coverage(x, y, left, top, size, radius):
    """How much of the pixel around (x, y) a square with round corners covers, from its distance to the edge."""
    dx = abs(x - left - size / 2) - size / 2 + radius
    dy = abs(y - top - size / 2) - size / 2 + radius
    distance = (max(dx, 0) ** 2 + max(dy, 0) ** 2) ** 0.5 + min(max(dx, dy), 0) - radius
    return min(max(0.5 - distance, 0), 1)


def pixels():
    shapes = list(cells())
    for row in range(SIZE):
        for column in range(SIZE):
            x, y = column + 0.5, row + 0.5
            colour = mix(TOP, BOTTOM, y / SIZE)
            for left, top, paint, opacity in shapes:
                colour = mix(colour, paint, opacity * coverage(x, y, left, top, CELL, CELL_CORNER))
            yield *(round(c) for c in colour), round(255 * coverage(x, y, 0, 0, SIZE, CORNER))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png():
    flat = bytes(v for pixel in pixels() for v in pixel)
    rows = b"".join(b"\0" + flat[4 * SIZE * r:4 * SIZE * (r + 1)] for r in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def hexadecimal(colour):
    return "#" + "".join(f"{round(c):02x}" for c in colour)


def svg():
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">',
             f'  <linearGradient id="ground" x2="0" y2="1"><stop stop-color="{hexadecimal(TOP)}"/><stop offset="1" stop-color="{hexadecimal(BOTTOM)}"/></linearGradient>',
             f'  <rect width="{SIZE}" height="{SIZE}" rx="{CORNER}" fill="url(#ground)"/>']
    for x, y, colour, opacity in cells():
        lines.append(f'  <rect x="{x:g}" y="{y:g}" width="{CELL:g}" height="{CELL:g}" rx="{CELL_CORNER}" fill="{hexadecimal(colour)}"'
                     + (f' fill-opacity="{opacity:g}"' if opacity < 1 else "") + "/>")
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "icon.svg"), "w", newline="\n") as file:
        file.write(svg())
    with open(os.path.join(folder, "icon.png"), "wb") as file:
        file.write(png())
