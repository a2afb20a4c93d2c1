import signal

import pytest

from nlp_builder.cli.interruption import Interruption


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_what_runs(number, code):
    before = signal.getsignal(number)
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert interruption.exit_code == code
    assert signal.getsignal(number) == before


def test_what_is_held_ends_first():
    done = []
    with Interruption() as interruption:
        with pytest.raises(KeyboardInterrupt), interruption.held():
            signal.raise_signal(signal.SIGINT)
            done.append("written")
        assert done == ["written"]


def test_what_was_swallowed_comes_again():
    with Interruption() as interruption:
        interruption.require_none()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interruption.require_none()


def test_an_error_in_what_is_held_is_not_hidden():
    with Interruption() as interruption:
        with pytest.raises(ZeroDivisionError), interruption.held():
            _ = 1 / 0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
