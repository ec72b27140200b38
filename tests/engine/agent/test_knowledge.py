import io
from pathlib import Path

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.agent.knowledge.index import Index
from engine.agent.knowledge.passages import MOST, Passage, cut
from engine.agent.knowledge.readers import MAX_BYTES, read_upload
from engine.errors import InvalidInput

ROOT = Path(__file__).parents[3]

TEXTS = {
    "pibt": "Priority inheritance with backtracking lets a robot lend its priority.",
    "surge": "Surge pricing raises fares where demand exceeds supply.",
    "puct": "PUCT balances prior probability and visit counts in tree search.",
    "komi": "Komi compensates White for moving second.",
    "battery": "Robots charge their batteries at the bays beside the aisles.",
}


@pytest.fixture(scope="module")
def index():
    return Index(Passage(name, "", text) for name, text in TEXTS.items())


@pytest.mark.parametrize(("question", "source"), [
    ("how does priority inheritance work?", "pibt"), ("why are fares rising", "surge"),
    ("what is komi", "komi"), ("visit count and prior", "puct"),
    ("charging batery", "battery"), ("prioirty inheritence", "pibt"), ("komi?", "komi"),
    ("SURGE PRICES", "surge")])
def test_the_right_passage_comes_first(index, question, source):
    assert index.search(question)[0].passage.source == source


def test_nothing_in_common_finds_nothing(index):
    assert index.search("zzzz qqqq") == []
    assert Index().search("anything") == []


def test_what_is_added_is_found(index):
    own = Index(Passage(n, "", t) for n, t in TEXTS.items())
    own.add([Passage("new", "Elo", "Elo ratings compare two players.")])
    assert own.search("elo rating")[0].passage.source == "new"
    assert len(own) == len(TEXTS) + 1


@pytest.mark.parametrize("question", [
    '"', "a AND NOT", "text:*", "(((", "'; DROP TABLE passage; --", "NEAR(a b)", "*", "the of"])
def test_the_language_of_the_index_is_not_the_persons(index, question):
    index.search(question)


@pytest.mark.parametrize("question", ["", "   ", "x" * 3000])
def test_questions_that_cannot_be_searched_are_refused(index, question):
    with pytest.raises(InvalidInput):
        index.search(question)


@given(st.text(max_size=5000))
def test_cutting_keeps_every_word_and_the_bound(text):
    passages = cut("x", text)
    assert all(0 < len(p.text) <= MOST for p in passages)
    assert all(p.text == p.text.strip() for p in passages)


def test_headings_stay_with_their_text():
    passages = cut("doc", "# One\n\nalpha\n\n## Two\nbeta\ngamma\n")
    assert [(p.heading, p.text) for p in passages] == [("One", "alpha"), ("Two", "beta\ngamma")]


def test_the_readme_can_be_searched():
    index = Index(cut("README", (ROOT / "README.md").read_text()))
    assert "make" in index.search("how do I start it, make run")[0].passage.text


def pdf(*pages):
    """A real PDF with a line of text a page."""
    writer = pypdf.PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        stream = pypdf.generic.DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        font = pypdf.generic.DictionaryObject({
            pypdf.generic.NameObject("/Type"): pypdf.generic.NameObject("/Font"),
            pypdf.generic.NameObject("/Subtype"): pypdf.generic.NameObject("/Type1"),
            pypdf.generic.NameObject("/BaseFont"): pypdf.generic.NameObject("/Helvetica")})
        page[pypdf.generic.NameObject("/Resources")] = pypdf.generic.DictionaryObject({
            pypdf.generic.NameObject("/Font"): pypdf.generic.DictionaryObject({
                pypdf.generic.NameObject("/F1"): font})})
        page[pypdf.generic.NameObject("/Contents")] = writer._add_object(stream)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_is_read_page_by_page():
    passages = read_upload("paper.pdf", pdf("first page", "second page"))
    assert [(p.heading, p.text) for p in passages] == [
        ("page 1", "first page"), ("page 2", "second page")]
    assert all(p.untrusted for p in passages)


def test_a_csv_is_found_by_its_values():
    rows = "\n".join(f"{i};town {i};{i * 7}" for i in range(40))
    passages = read_upload("towns.csv", f"id;name;people\n{rows}".encode())
    assert passages[0].heading == "rows 1–12"
    hit = Index(passages).search("town 33")[0].passage
    assert "name: town 33; people: 231" in hit.text
    assert passages[-1].heading == "rows 37–40"


@pytest.mark.parametrize(("content", "text"), [
    ("grün".encode(), "grün"), ("grün".encode("latin-1"), "grün"),
    ("grün".encode("utf-16"), "grün"), (b"\xef\xbb\xbfgreen", "green")])
def test_encodings_are_understood(content, text):
    assert read_upload("a.txt", content)[0].text == text


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.exe", b"x", "cannot be read"), ("a.txt", b"", "no text"), ("a.txt", b"\x00\x01", "no text"),
    ("a.pdf", b"%PDF-1.4 broken", "no PDF"), ("a.pdf", b"", "no PDF"),
    ("a.pdf", pdf(""), "is it a scan"), ("a", b"x", "cannot be read"),
    ("../../etc/passwd", b"x", "passwd cannot"), ("a.csv", b"only;header", "no text")])
def test_what_cannot_be_read_is_said(name, content, words):
    with pytest.raises(InvalidInput, match=words):
        read_upload(name, content)


def test_fifty_megabytes_are_refused_before_they_are_read():
    with pytest.raises(InvalidInput, match=f"at most {MAX_BYTES // 2**20} MB"):
        read_upload("a.txt", b"x" * (50 * 2**20))
