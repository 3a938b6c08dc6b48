"""Messages after an interruption, about the state of hosts and files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.cli import interrupts

PLAYBOOKS = sorted(path.stem for path in (Path(__file__).parents[2] / "playbooks").glob("*.yml"))
READ = {
    *("check", "doctor", "generations", "index", "issuer_keys", "logs", "render"),
    *("rules_check", "status", "verify"),
}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    interrupts.note("Nothing was changed.")  # other tests of this process leave a state
    yield
    interrupts.note("Nothing was changed.")


def test_at_a_prompt_nothing_was_changed() -> None:
    assert interrupts.message() == "Interrupted. Nothing was changed."


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_each_playbook_that_changes_hosts_says_so(name: str) -> None:
    interrupts.begun(name, check=True)
    assert interrupts.message() == "Interrupted. No host was changed."
    interrupts.begun(name, check=False)
    assert (interrupts.message() == "Interrupted. No host was changed.") == (name in READ)


def test_a_look_after_a_change_does_not_deny_it() -> None:
    interrupts.begun("gc", check=False)
    interrupts.begun("status", check=False)
    assert "A job that has begun goes on" in interrupts.message()


def test_the_end_of_following_a_log_needs_no_words() -> None:
    interrupts.expected()
    interrupts.begun("logs", check=False)
    assert interrupts.message() == ""
