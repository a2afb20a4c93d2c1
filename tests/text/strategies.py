"""What Hypothesis draws for the tests of texts and tags."""

from hypothesis import strategies as st

# Every code point, lone surrogates too.
any_text = st.text(st.characters(exclude_categories=()), max_size=30)

# Texts in which the interesting characters meet often.
tricky_text = st.text(
    st.sampled_from(
        "aB1 _.,:'-\u2019\n\t\u0301\u093f\u200b\u200d\ufe0f\u20e3\U0001f469\U0001f3fb\U0001f4bb"
        "\U0001f1e9\U0001f1ea\u4e2d\u3042\u30ab\u30fc\u05d0\u05f4\u0645\ud83d\x85\u2028#"
    ),
    max_size=40,
)

token_lists = st.lists(st.lists(any_text, max_size=6), max_size=6)

LABELS = ("PER", "LOC", "geo-loc")


@st.composite
def spans_and_length(draw):
    """Spans that do not overlap, and the length of their text."""
    # Of each piece the first number is a gap, the second the length of the span after it.
    pieces = draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3)), max_size=5))
    spans, position = [], 0
    for gap, size in pieces:
        position += gap
        spans.append((draw(st.sampled_from(LABELS)), position, position + size))
        position += size
    return spans, position + draw(st.integers(0, 2))


def any_tags(prefixes):
    """Tags of a scheme in any order, most often ill-formed."""
    tags = ["O", *(f"{prefix}-{label}" for prefix in prefixes for label in LABELS[:2])]
    return st.lists(st.sampled_from(tags), max_size=8)
