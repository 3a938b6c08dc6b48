"""Every control was seen red by some test, or is on a list that may only shrink."""

from __future__ import annotations

import pytest

from holdfast.verification.controls import CONTROLS
from tests.sabotage.never_red import NEVER_RED
from tests.sabotage.proofs import proofs, seen_red

MOST = 0
"""Length of the list. To be lowered with it, never raised."""
LISTED = [control for controls in NEVER_RED.values() for control in controls]
WRITE = (
    "add a case that breaks a host so that the control is red (tests/sabotage/cases, or a table of"
    " tests/integration/test_verification_fails.py or test_verification.py)"
)
LEAVE = "a test sees it red: take it off tests/sabotage/never_red.py, and lower MOST"


def test_the_list_names_controls_once() -> None:
    assert len(set(LISTED)) == len(LISTED)
    assert set(LISTED) <= CONTROLS.keys()


def test_tests_name_controls_that_exist() -> None:
    assert {name: set(red) - CONTROLS.keys() for name, red in proofs()} == {
        name: set() for name, _ in proofs()
    }


def test_every_control_was_seen_red_or_is_listed() -> None:
    left = sorted(CONTROLS.keys() - seen_red() - set(LISTED))
    assert left == [], f"no test sees these controls red: {WRITE}"


def test_what_was_seen_red_is_not_listed() -> None:
    assert sorted(seen_red() & set(LISTED)) == [], LEAVE


def test_the_list_only_shrinks() -> None:
    if len(LISTED) != MOST:
        pytest.fail(f"expected {MOST} controls on the list, found {len(LISTED)}. {LEAVE}; {WRITE}")
