"""The program that a host is sent: it answers, from memory, where nothing of ours is installed."""

from __future__ import annotations

import subprocess
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils import payload

SECRET = "correct-horse-battery"


def ask(verb: str, order: Any = None, *, check: bool = False) -> dict[str, Any]:
    """Run the program as a host would, in a world without the collection."""
    program = payload.program(verb, order or {}, {"password": SECRET}, check=check)
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-S", "-"],
        input=program,
        capture_output=True,
        cwd="/",
        check=False,
    )
    result = {"rc": done.returncode, "stdout": done.stdout.decode(), "stderr": done.stderr.decode()}
    return payload.answer(result)


def test_a_verb_that_reads_answers() -> None:
    told = ask("observe")
    assert not told.get("failed"), told
    assert told["answer"]["systemd"] in (True, False)
    assert told["changed"] is False


def test_in_check_mode_a_verb_that_changes_is_skipped() -> None:
    assert ask("flush", check=True) == {"changed": True, "skipped": True}


def test_an_error_of_ours_is_told_without_the_secrets() -> None:
    told = ask("examine", {"storage": None})
    assert told["failed"]
    assert "Error" in told["msg"]
    assert any("examination" in line for line in told["lines"])
    assert SECRET not in str(told)


def test_the_answer_is_found_among_what_a_login_prints() -> None:
    stdout = 'Welcome\nholdfast: {"answer": 1}\nbye\n'
    assert payload.answer({"rc": 0, "stdout": stdout, "stderr": ""}) == {"answer": 1}


def test_without_an_answer_the_last_words_are_told() -> None:
    told = payload.answer({"rc": 127, "stdout": "", "stderr": "/usr/bin/python3: not found\n"})
    assert told["failed"]
    assert "exit code 127" in told["msg"]
    assert told["lines"] == ["/usr/bin/python3: not found"]
