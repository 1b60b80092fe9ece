"""Which signals end a command, and that what it started is stopped undisturbed."""

from __future__ import annotations

import os
import signal

import pytest

from covid_cli.signals import ended_once, ending

pytestmark = pytest.mark.usefixtures("signal_handlers")

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.mark.parametrize("number", ALL)
def test_each_ends_a_command_like_ctrl_c_and_once(number: signal.Signals) -> None:
    stopped = False
    with pytest.raises(KeyboardInterrupt), ended_once():
        try:
            os.kill(os.getpid(), number)
        finally:
            for further in ALL:
                os.kill(os.getpid(), further)
            stopped = True
    assert stopped


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(one) for one in ALL]
    with ended_once():
        assert all(signal.getsignal(one) not in before for one in ALL)
    assert [signal.getsignal(one) for one in ALL] == before


def test_under_nohup_a_closed_terminal_ends_nothing() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert ending() == (signal.SIGINT, signal.SIGTERM)
    with ended_once():
        os.kill(os.getpid(), signal.SIGHUP)
