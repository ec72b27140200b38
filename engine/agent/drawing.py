"""A labelled drawing for when no image service can be reached: honest, small, from the words."""

from __future__ import annotations

import html
import math
import zlib
from collections.abc import Callable, Mapping
from typing import Final

WIDTH: Final = 480
HEIGHT: Final = 300
BLUE: Final = "#0072B2"
ORANGE: Final = "#E69F00"
GREEN: Final = "#009E73"
INK: Final = "#14202E"
PAPER: Final = "#F3F6FA"


def draw(prompt: str) -> str:
    """An SVG of what the words name, with the words below; the same words, the same drawing."""
    words = prompt.lower()
    shape = next((make for names, make in _SHAPES.items() if any(n in words for n in names)),
                 _pattern)
    label = html.escape(" ".join(prompt.split())[:80])
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{label}"><rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{PAPER}"/>'
            f'{shape(words)}<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle" '
            f'font-family="sans-serif" font-size="13" fill="{INK}">{label}</text></svg>')


def _robot(_: str) -> str:
    return (f'<rect x="170" y="110" width="140" height="90" rx="14" fill="{BLUE}"/>'
            f'<rect x="196" y="60" width="88" height="58" rx="10" fill="{ORANGE}"/>'
            f'<circle cx="220" cy="88" r="9" fill="{INK}"/><circle cx="260" cy="88" r="9" '
            f'fill="{INK}"/><circle cx="200" cy="210" r="20" fill="{INK}"/><circle cx="280" '
            f'cy="210" r="20" fill="{INK}"/>')


def _car(_: str) -> str:
    return (f'<path d="M110 190v-38q0-12 14-14l40-6 36-42h96l40 44 34 8q12 3 12 14v34z" '
            f'fill="{BLUE}"/><path d="M206 100h40v34h-68zM256 100h34l28 34h-62z" fill="{PAPER}"/>'
            f'<circle cx="170" cy="192" r="26" fill="{INK}"/><circle cx="316" cy="192" r="26" '
            f'fill="{INK}"/>')


def _board(_: str) -> str:
    lines = "".join(f'<path d="M{130 + 27.5 * i} 30V250M130 {30 + 27.5 * i}H350" stroke="{INK}" '
                    'stroke-width="1"/>' for i in range(9))
    stones = "".join(
        f'<circle cx="{130 + 27.5 * c}" cy="{30 + 27.5 * r}" r="12" fill="{fill}" '
        f'stroke="{INK}"/>' for c, r, fill in ((2, 2, INK), (6, 6, "#fff"), (6, 2, INK),
                                               (2, 6, "#fff"), (4, 4, INK)))
    return f'<rect x="112" y="14" width="256" height="254" fill="#D9AE66"/>{lines}{stones}'


def _city(words: str) -> str:
    seed = zlib.crc32(words.encode())
    towers = []
    for i in range(9):
        height = 50 + (seed >> (3 * i)) % 8 * 18
        fill = (BLUE, ORANGE, GREEN)[(seed >> i) % 3]
        towers.append(f'<rect x="{44 + i * 44}" y="{230 - height}" width="36" height="{height}" '
                      f'fill="{fill}"/>')
    return "".join(towers) + f'<path d="M30 231H450" stroke="{INK}" stroke-width="3"/>'


def _pattern(words: str) -> str:
    """Rings whose number and colours follow from the words: plainly no picture of anything."""
    seed = zlib.crc32(words.encode())
    rings = []
    for i in range(5 + seed % 4):
        angle = 2 * math.pi * ((seed >> i) % 16) / 16
        x, y = WIDTH / 2 + 90 * math.cos(angle), 130 + 60 * math.sin(angle)
        colour = (BLUE, ORANGE, GREEN)[(seed >> (2 * i)) % 3]
        rings.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{22 + 6 * i}" fill="none" '
                     f'stroke="{colour}" stroke-width="5"/>')
    return "".join(rings)


_SHAPES: Final[Mapping[tuple[str, ...], Callable[[str], str]]] = {
    ("robot", "bot", "agv"): _robot, ("car", "taxi", "cab", "vehicle", "truck"): _car,
    ("go stone", "board", "baduk", "weiqi"): _board,
    ("city", "town", "skyline", "warehouse", "house", "building"): _city,
}
