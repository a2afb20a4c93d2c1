"""Pictures for notebooks: what is drawn, and what is said beside it."""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from nlp_builder.plotting import plot_history, plot_lengths, plot_transitions

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    pyplot.close("all")


def heights(axes):
    """The number of texts by the last length of each bar."""
    return {
        round(bar.get_x() + bar.get_width() - 0.5): int(bar.get_height())
        for bar in axes.patches
        if bar.get_height()
    }


def test_each_length_has_its_bar():
    assert heights(plot_lengths([1, 3, 3, 7])) == {1: 1, 3: 2, 7: 1}


def test_the_maximum_says_how_many_texts_it_cuts():
    axes = plot_lengths([1, 3, 3, 7], maxlen=3)
    assert axes.get_legend().get_texts()[0].get_text() == "maximum 3, cuts 25.0%"


def test_lengths_are_counted_in_a_unit():
    assert plot_lengths([2], unit="characters").get_xlabel() == "characters"


def test_texts_far_longer_than_the_others_are_counted_and_not_drawn():
    axes = plot_lengths([10] * 300 + [28_000, 14_000])
    assert heights(axes) == {10: 300}
    assert axes.get_xlabel() == "tokens (2 texts are longer)"


def test_texts_somewhat_longer_than_the_others_are_drawn():
    axes = plot_lengths([10] * 300 + [30])
    assert heights(axes) == {10: 300, 30: 1}
    assert axes.get_xlabel() == "tokens"


def test_the_maximum_is_on_the_axis_when_no_text_reaches_it():
    low, high = plot_lengths([10] * 300 + [28_000], maxlen=50).get_xlim()
    assert low < 50 < high


def test_many_lengths_share_bars():
    lengths = np.random.default_rng(0).integers(1, 1000, 5000).tolist()
    bars = heights(plot_lengths(lengths))
    assert 100 <= len(bars) <= 130
    assert sum(bars.values()) == 5000


def test_texts_that_are_nearly_all_empty_are_no_trouble():
    assert plot_lengths([0] * 300 + [20]).get_xlabel() == "tokens (1 text is longer)"


def test_no_lengths_are_refused():
    with pytest.raises(ValueError, match="expected the lengths of some texts, got none"):
        plot_lengths([])


def test_the_history_has_a_line_for_training_and_one_for_validation():
    axes = plot_history({"loss": [2.0, 1.0], "val_loss": [2.5, 2.0]})
    assert [list(line.get_ydata()) for line in axes.lines] == [[2.0, 1.0], [2.5, 2.0]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]


def test_what_is_scored_in_validation_alone_has_a_line_of_its_own():
    axes = plot_history({"loss": [1.0], "val_f1": [0.5]}, metric="f1")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["validation"]


@pytest.mark.parametrize("epochs", [1, 3])
def test_epochs_are_whole_numbers(epochs):
    axes = plot_history({"loss": [4.0, 3.0, 2.0][:epochs]})
    assert all(tick == round(tick) for tick in axes.get_xticks())


def test_a_metric_that_is_not_in_the_history_is_refused():
    with pytest.raises(ValueError, match=r"expected one of the metrics \['loss'\], got 'f1'"):
        plot_history({"loss": [1.0]}, metric="f1")


def test_transitions_go_from_rows_to_columns():
    axes = plot_transitions([[1.0, -2.0], [0.5, 0.0]], ["O", "B"])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("to", "from")
    np.testing.assert_array_equal(axes.images[0].get_array(), [[1.0, -2.0], [0.5, 0.0]])
    assert axes.images[0].get_clim() == (-2.0, 2.0)


def test_transitions_of_other_tags_are_refused():
    with pytest.raises(ValueError, match=r"expected scores of shape \(3, 3\), got \(2, 2\)"):
        plot_transitions(np.zeros((2, 2)), ["O", "B", "I"])
