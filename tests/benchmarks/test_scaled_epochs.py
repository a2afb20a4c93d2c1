"""An epoch of which a few steps are timed is scaled, and never in our favour."""

import pytest

BATCHES = 55


def ends_of(first, step, number):
    """The seconds at which steps end: the first is late, the others come at a steady pace."""
    return [first + step * count for count in range(number)]


def test_a_whole_epoch_is_taken_as_it_is():
    from tutorial_epoch import later_epoch

    assert later_epoch(ends_of(3.0, 2.0, BATCHES), BATCHES) == 3.0 + 2.0 * (BATCHES - 1)


@pytest.mark.parametrize("steps", [3, 10, 54])
def test_a_part_of_an_epoch_is_scaled_without_its_late_first_step(steps):
    from tutorial_epoch import later_epoch

    assert later_epoch(ends_of(9.0, 2.0, steps), BATCHES) == pytest.approx(2.0 * BATCHES)


@pytest.mark.parametrize("steps", [3, 10, 20, BATCHES])
def test_a_scaled_first_epoch_takes_no_longer_than_the_whole_one(steps):
    from tutorial_epoch import first_epoch

    whole = ends_of(30.0, 2.0, BATCHES)
    scaled = first_epoch(whole[:steps], BATCHES, 2.0)
    assert scaled <= whole[-1] + 1e-9
    if steps >= 12:
        assert scaled == pytest.approx(whole[-1])


def test_a_first_epoch_goes_on_at_the_pace_of_later_ones():
    from tutorial_epoch import epochs_of

    # While it traced, the features of all five were made: the four steps behind are too fast.
    first = [{"ours": ends_of(20.0, 0.1, BATCHES), "GiaNLP": ends_of(30.0, 0.5, 5)}]
    later = [{"ours": ends_of(0.1, 0.1, BATCHES), "GiaNLP": ends_of(1.5, 1.0, 5)}] * 3
    turns = epochs_of(first, later, BATCHES)
    assert turns["later epochs"][0] == pytest.approx({"ours": 5.5, "GiaNLP": 55.0})
    assert turns["first epoch"] == [pytest.approx({"ours": 25.4, "GiaNLP": 32.0 + 43 * 1.0})]


def test_the_exponent_is_the_slope_of_logarithms():
    from scaling import exponent

    assert exponent([1, 10, 100], [0.5, 5, 50]) == pytest.approx(1)
    assert exponent([2, 4, 8], [3, 12, 48]) == pytest.approx(2)
