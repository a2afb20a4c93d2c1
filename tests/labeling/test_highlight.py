"""Entities in their text, in colour and plain."""

import subprocess
import sys
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.labeling.entities import Entity
from nlp_builder.labeling.highlight import entities_html, highlight

TOKENS = ["She", "lives", "in", "New", "York", "."]
CITY = Entity("LOC", 3, 5, "New York", 0.934)


class Page(HTMLParser):
    """What a browser makes of a page: its elements and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def colours(self) -> list[tuple[str, str]]:
        """Background and letters of each entity, then the letters of its label."""
        styles = [
            dict(part.split(":", 1) for part in attributes["style"].split(";"))
            for tag, attributes in self.elements
            if tag in ("mark", "b")
        ]
        return [(style.get("background", ""), style["color"]) for style in styles]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_plain_text_has_brackets():
    assert str(highlight(TOKENS, [CITY])) == "She lives in [New York LOC] ."
    assert (
        str(highlight(list("在北京"), [Entity("LOC", 1, 3, "北京", 1)], join="")) == "在[北京 LOC]"
    )
    assert str(highlight(["a", "b"], [Entity("", 0, 1, "a", 1)])) == "[a] b"


def test_a_notebook_shows_label_and_confidence():
    page = Page(highlight(TOKENS, [CITY])._repr_html_())
    assert page.text == "She lives in New York LOC ."
    assert [tag for tag, _ in page.elements] == ["div", "mark", "b"]
    assert page.elements[1][1]["title"] == "LOC, confidence 0.93"


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>&\"'\n"))


@given(st.lists(texts, min_size=1), texts)
def test_any_text_and_label_is_shown_as_it_is_and_makes_no_element(tokens, label):
    entity = Entity(label, 0, len(tokens), "", 1.0)
    page = Page(entities_html(tokens, [entity]))
    assert page.text == " ".join([*tokens, label] if label else tokens)
    assert [tag for tag, _ in page.elements] == ["div", "mark", *["b"] * bool(label)]
    assert page.elements[1][1]["title"] == f"{label}, confidence 1.00"
    assert Page(entities_html(tokens, [])).text == " ".join(tokens)


@given(st.text(min_size=1))
def test_letters_stand_out_from_their_ground_whatever_the_notebook(label):
    (ground, letters), (_, name) = Page(
        entities_html(["a"], [Entity(label, 0, 1, "a", 1)])
    ).colours()
    for colour in (letters, name):
        assert (luminance(ground) + 0.05) / (luminance(colour) + 0.05) >= 4.5


def grounds(labels: list[str]) -> list[str]:
    entities = [Entity(label, i, i + 1, "", 1) for i, label in enumerate(labels)]
    return [ground for ground, _ in Page(entities_html(labels, entities)).colours() if ground]


def test_each_label_has_one_colour_and_the_usual_ones_differ():
    labels = ["PER", "LOC", "ORG", "MISC", "PER"]
    found = grounds(labels)
    assert found[0] == found[-1]
    assert len(set(found)) == 4


def test_another_process_gives_the_same_colours():
    script = (
        "from nlp_builder.labeling.highlight import entities_html\n"
        "from nlp_builder.labeling.entities import Entity\n"
        "print(entities_html(['a'], [Entity('PER', 0, 1, 'a', 1.0)]))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == entities_html(["a"], [Entity("PER", 0, 1, "a", 1.0)])


@pytest.mark.parametrize(("start", "end"), [(4, 6), (3, 3), (-1, 2), (5, 7)])
def test_entities_that_overlap_or_lie_outside_are_refused(start, end):
    with pytest.raises(ValueError, match=r"do not overlap, within 6 tokens, got Entity\("):
        highlight(TOKENS, [CITY, Entity("PER", start, end, "", 1)])
