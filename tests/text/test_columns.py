import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_builder.text import iterate_columns, take_rows, text_columns
from tests.text.strategies import any_text

QUESTIONS, ANSWERS = ["who?", "where?", "why?"], ["me", "here", "so"]
TABLES = {
    "dict of lists": {"question": QUESTIONS, "answer": ANSWERS},
    "dict of tuples": {"question": tuple(QUESTIONS), "answer": tuple(ANSWERS)},
    "dict of arrays": {"question": np.array(QUESTIONS), "answer": np.array(ANSWERS)},
    "DataFrame": pd.DataFrame({"question": QUESTIONS, "answer": ANSWERS}, index=[7, 7, 1]),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_columns_come_in_the_order_of_the_names(table):
    columns = text_columns(table, ["answer", "question"])
    assert list(columns.items()) == [("answer", ANSWERS), ("question", QUESTIONS)]


@pytest.mark.parametrize(
    "texts", [QUESTIONS, tuple(QUESTIONS), pd.Series(QUESTIONS, index=[2, 0, 1])]
)
def test_texts_without_names_are_the_one_column_none(texts):
    assert text_columns(texts, None) == {None: QUESTIONS}


def test_lists_are_taken_themselves_unless_a_copy_is_wanted():
    table = {"question": QUESTIONS, "answer": ANSWERS}
    assert text_columns(table, ["answer"])["answer"] is ANSWERS
    copied = text_columns(table, ["answer"], copy=True)["answer"]
    assert copied == ANSWERS
    assert copied is not ANSWERS


def test_columns_that_no_name_asks_for_are_not_looked_at():
    table = {"question": QUESTIONS, "id": 17, "year": [1, 2]}
    assert text_columns(table, ["question"]) == {"question": QUESTIONS}


def test_token_lists_stay_token_lists():
    columns = text_columns({"a": [("x", "y"), []], "b": ["x", "y"]}, ["a", "b"])
    assert columns == {"a": [["x", "y"], []], "b": ["x", "y"]}


def test_columns_are_read_as_streams_each_alone():
    drawn = []

    def endless():
        while True:
            drawn.append("text")
            yield "text"

    columns = iterate_columns({"a": endless(), "b": ["one"]}, ["a", "b"])
    assert drawn == []
    assert [next(columns["a"]), next(columns["a"]), next(columns["b"])] == ["text", "text", "one"]
    assert len(drawn) == 2


@given(st.lists(any_text, max_size=6), st.data())
def test_taken_rows_are_in_the_form_that_blocks_read(texts, data):
    rows = data.draw(st.lists(st.integers(0, max(0, len(texts) - 1)), max_size=6 * bool(texts)))
    expected = [texts[row] for row in rows]
    assert take_rows(text_columns(texts, None), rows) == expected
    both = {"a": texts, "b": texts[::-1]}
    taken = take_rows(text_columns(both, ["b", "a"]), np.array(rows, dtype=int))
    assert taken == {"b": [texts[::-1][row] for row in rows], "a": expected}
    # What was taken can be read again.
    assert text_columns(taken, ["a"]) == {"a": expected}


@pytest.mark.parametrize(
    ("texts", "names", "error", "message"),
    [
        (QUESTIONS, ["a"], TypeError, r"a dict or a DataFrame with the texts \['a'\], got .*list"),
        ("who?", ["a"], TypeError, r"got 'who\?' .str.: name the texts"),
        (
            {"a": QUESTIONS},
            ["a", "b"],
            ValueError,
            r"expected the texts \['a', 'b'\], got \['a'\]: \['b'\] are missing; name the columns",
        ),
        (TABLES["DataFrame"], ["a"], ValueError, r"got \['question', 'answer'\]: \['a'\] are miss"),
        (TABLES["DataFrame"], None, TypeError, "a DataFrame: .* pass one of its columns"),
        ({"a": QUESTIONS}, None, TypeError, "a dict: .* pass one of its values"),
        ({"a": "who?"}, ["a"], TypeError, r"got the str 'who\?': wrap it in a list"),
        ({"a": ["who?", None]}, ["a"], TypeError, "at position 1, got None"),
        (
            {"a": QUESTIONS, "b": ["me"]},
            ["a", "b"],
            ValueError,
            r"as many texts under each name, got \{'a': 3, 'b': 1\}: each row needs all",
        ),
    ],
)
def test_wrong_tables_are_refused(texts, names, error, message):
    with pytest.raises(error, match=message):
        text_columns(texts, names)
