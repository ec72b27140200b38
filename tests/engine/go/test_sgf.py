import string
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.go import sgf
from engine.go.sgf import Node, parse, parse_game, point, text, write

FF4 = (b"(;FF[4]GM[1]SZ[9]KM[7]PB[A \\] B]C[two\nlines \\\\ and a soft \\\nbreak]\n"
       b"(;B[ee];W[cc](;B[gg])(;B[gc]C[better: here]))\n(;B[dd]))")


def values(node, depth=0):
    """A tree as nested lists."""
    return [node.properties, [values(c, depth + 1) for c in node.children]]


def test_a_game_with_variations_is_read():
    root = parse_game(FF4)
    assert root.properties["SZ"] == ["9"]
    assert root.properties["PB"] == ["A ] B"]
    assert root.properties["C"] == ["two\nlines \\ and a soft break"]
    assert [c.properties["B"] for c in root.children] == [["ee"], ["dd"]]
    white = root.children[0].children[0]
    assert [c.properties["B"] for c in white.children] == [["gg"], ["gc"]]
    assert white.children[1].properties["C"] == ["better: here"]


NAMES = st.text(string.ascii_uppercase, min_size=1, max_size=4).filter(
    lambda n: n not in ("GM", "FF", "CA"))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\t\v\f"),
                max_size=12)
PROPERTIES = st.dictionaries(NAMES, st.lists(TEXTS, min_size=1, max_size=3), max_size=3)


@st.composite
def trees(draw):
    root = Node(draw(PROPERTIES))
    nodes = [root]
    for _ in range(draw(st.integers(0, 10))):
        child = Node(draw(PROPERTIES))
        draw(st.sampled_from(nodes)).children.append(child)
        nodes.append(child)
    return root


@given(trees())
def test_what_is_written_is_read_back(root):
    again = parse_game(write(root))
    head = {"GM": ["1"], "FF": ["4"], **root.properties, "CA": ["UTF-8"]}
    assert again.properties == head
    assert values(again)[1] == values(root)[1]
    assert write(again) == write(root)
    assert parse_game(write(root).encode()).properties == head


@given(st.text(alphabet="();[]\\\nBWabc:", max_size=60))
def test_any_text_is_read_or_refused_with_a_sentence(data):
    with suppress(InvalidInput):
        games = parse(data)
        assert games
        assert all(write(parse_game(write(game))) == write(game) for game in games)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    with suppress(InvalidInput):
        assert parse(data)


def test_depth_costs_no_stack():
    depth = 5_000
    root = parse_game("(;" * depth + "B[aa]" + ")" * depth)
    assert write(root).count(";") == depth
    line = parse_game("(" + ";B[aa]" * 30_000 + ")")
    assert write(line).count("B[aa]") == 30_000


@pytest.mark.parametrize(("data", "said"), [
    ("(" * 20_001, "nested more than"),
    ("(" + ";" * 200_001 + ")", "more than 200,000 nodes"),
    ("(;C[" + "x" * 8_000_001 + "])", "8,000,000"),
    ("hello", "no game found"),
    ("", "no game found"),
    ("()", "no game found"),
    ("(;B[aa];\nC[cut off", "line 2 has no closing bracket"),
    ("(;C[ends in an escape\\", "no closing bracket"),
])
def test_what_has_no_reading_is_refused(data, said):
    with pytest.raises(InvalidInput, match=said):
        parse(data)


@pytest.mark.parametrize(("data", "comment"), [
    ("(;C[é 囲碁])".encode(), "é 囲碁"),
    ("(;CA[UTF-8]C[é 囲碁])".encode(), "é 囲碁"),
    ("\ufeff(;C[é])".encode(), "é"),
    ("\ufeff(;C[é])".encode("utf-16-le"), "é"),
    ("(;C[é])".encode("latin-1"), "é"),
    ("(;CA[windows-1252]C[€])".encode("cp1252"), "€"),
    ("(;CA[Shift_JIS]C[表示])".encode("shift_jis"), "表示"),     # 表 ends in a backslash byte
    ("(;CA[gb2312]C[围棋])".encode("gb2312"), "围棋"),
    ("(;CA[Big5]C[功\\])".encode("big5") + b"])", "功])"),
    ("(;CA[no such]C[ä])".encode(), "ä"),
    ("(;CA[zlib]C[ä])".encode(), "ä"),
])
def test_encodings(data, comment):
    assert parse_game(data).properties["C"] == [comment]


@pytest.mark.parametrize(("data", "expected"), [
    ("junk before (;B[aa])", {"B": ["aa"]}),
    ("(B[aa])", {"B": ["aa"]}),                              # no first semicolon
    ("(;Black[aa]White[bb])", {"B": ["aa"], "W": ["bb"]}),   # FF[3]
    ("(;B [aa]\n\n[bb])", {"B": ["aa", "bb"]}),
    ("(;AB[aa]AB[bb])", {"AB": ["aa", "bb"]}),
    ("(;B[aa]", {"B": ["aa"]}),                              # the tree is never closed
    ("(;B[aa]))))", {"B": ["aa"]}),
    ("(;C[a:b\\:c])", {"C": ["a:b:c"]}),
    ("(;C[tab\there])", {"C": ["tab here"]}),
    ("(;C[dos\r\nand mac\rlines])", {"C": ["dos\nand mac\nlines"]}),
    ("(;B[])", {"B": [""]}),
])
def test_what_programs_write_is_forgiven(data, expected):
    assert parse_game(data).properties == expected


def test_several_games_in_a_file():
    assert [g.properties["B"] for g in parse("(;B[aa])\n\n(;B[bb];W[cc])")] == [["aa"], ["bb"]]


def test_points_go_there_and_back():
    assert point("aa", 9) == 0
    assert point("ia", 9) == 8
    assert point("ab", 9) == 9
    for move in range(82):
        assert point(text(move, 9), 9) == move
    assert point("tt", 19) == point("", 19) == 361
    for wrong in ("jj", "a", "aaa", "A1", "ä1"):
        with pytest.raises(InvalidInput, match="aa to ii"):
            point(wrong, 9)


def test_a_property_needs_a_name():
    with pytest.raises(InvalidInput, match="capital letters"):
        write(Node({"b": ["aa"]}))
    assert sgf.unescape(sgf.escape("a]b\\c")) == "a]b\\c"
