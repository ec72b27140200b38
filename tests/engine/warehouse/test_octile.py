from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.warehouse.octile import BLOCKED, FREE, format_map, parse_map

HEAD = "type octile\nheight 2\nwidth 3\nmap\n"


def test_symbols_by_hand():
    grid = parse_map("type octile\nheight 2\nwidth 7\nmap\n@TO.GSE\n.......\n")
    assert (grid.height, grid.width) == (2, 7)
    assert grid.free[:7].tolist() == [False] * 3 + [True] * 4
    assert grid.symbol[:7].tobytes() == b"@TO.GSE"


@given(st.integers(1, 5).flatmap(lambda width: st.lists(
    st.text(BLOCKED + FREE, min_size=width, max_size=width), min_size=1, max_size=5)))
def test_format_and_parse_round_trip(rows):
    text = f"type octile\nheight {len(rows)}\nwidth {len(rows[0])}\nmap\n" + "\n".join(rows) + "\n"
    grid = parse_map(text)
    assert format_map(grid) == text
    assert np.array_equal(grid.free, [c in FREE for row in rows for c in row])


def test_windows_line_ends_trailing_blanks_and_byte_order_mark_are_accepted():
    grid = parse_map("\ufeff" + (HEAD + "...\n.@.\n\n \n").replace("\n", "\r\n"))
    assert grid.free.tolist() == [True] * 4 + [False, True]


@pytest.mark.parametrize(("text", "message"), [
    ("", "line 1, column 1: expected 'type octile', found the end of the file"),
    ("type tile\n", "line 1, column 1: expected 'type octile', found 'type tile'"),
    ("type octile\nwidth 3\n", "line 2, column 1: expected 'height' and a number"),
    ("type octile\nheight two\n", "line 2, column 8: height is 'two'; it must be a whole number"),
    ("type octile\nheight 0\n", "line 2, column 8: height is '0'"),
    ("type octile\nheight -2\n", "line 2, column 8: height is '-2'"),
    ("type octile\nheight ²\n", "line 2, column 8: height is '²'"),
    ("type octile\nheight " + "9" * 5000, "line 2, column 8: height is '999"),
    ("type octile\nheight 2\nwidth 3\n", "line 4, column 1: expected 'map', found the end"),
    (HEAD + "...\n", "line 5: the map has 1 rows, the head says height 2"),
    (HEAD + "...\n...\n...\n", "line 7: the map has 3 rows"),
    (HEAD + "...\n..\n", "line 6, column 3: the row has 2 characters, the head says width 3"),
    (HEAD + "...\n....\n", "line 6, column 4: the row has 4 characters"),
    (HEAD + "...\n.x.\n", "line 6, column 2: 'x' is no map character"),
    (HEAD + "...\n.é.\n", "line 6, column 2: 'é' is no map character"),
])
def test_malformed_files_name_line_column_and_what_was_expected(text, message):
    with pytest.raises(InvalidInput, match="^" + message.replace("(", r"\(")):
        parse_map(text)


def test_size_is_limited_before_anything_is_built():
    with pytest.raises(InvalidInput, match="3000×3000 = 9000000 cells; the limit is 4000000"):
        parse_map("type octile\nheight 3000\nwidth 3000\nmap\n")
    with pytest.raises(InvalidInput, match="the limit is 5"):
        parse_map(HEAD.replace("2", "3").replace("width 3", "width 2") + "..\n..\n..", max_cells=5)


@given(st.text(max_size=80))
def test_no_text_raises_anything_else(text):
    with pytest.raises(InvalidInput, match=r"^line \d+"):
        parse_map("type octile\n" + text + "\nno map")
