"""The program for a host answers from memory, without any installed file of ours."""

from __future__ import annotations

import subprocess
from typing import Any

from ansible_collections.holdfast.registry.plugins.plugin_utils import bootstrap

SECRET = "correct-horse-battery"


def ask(verb: str, order: Any = None, *, check: bool = False) -> dict[str, Any]:
    """Run the program as a host would, in a world without the collection."""
    program = bootstrap.program(verb, order or {}, {"password": SECRET}, check=check)
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-S", "-"],
        input=program,
        capture_output=True,
        cwd="/",
        check=False,
    )
    result = {"rc": done.returncode, "stdout": done.stdout.decode(), "stderr": done.stderr.decode()}
    return bootstrap.answer(result)


def test_a_verb_that_reads_answers() -> None:
    output = ask("observe")
    assert not output.get("failed"), output
    assert output["answer"]["systemd"] in (True, False)
    assert output["changed"] is False


def test_in_check_mode_a_verb_that_changes_is_skipped() -> None:
    assert ask("smoke", check=True) == {"changed": True, "skipped": True}


def test_an_error_of_ours_is_told_without_the_secrets() -> None:
    output = ask("examine", {"storage": None})
    assert output["failed"]
    assert "Error" in output["msg"]
    assert any("preflight" in line for line in output["lines"])
    assert SECRET not in str(output)


def test_the_answer_is_found_among_what_a_login_prints() -> None:
    stdout = 'Welcome\nholdfast: {"answer": 1}\nbye\n'
    assert bootstrap.answer({"rc": 0, "stdout": stdout, "stderr": ""}) == {"answer": 1}


def test_without_an_answer_the_last_words_are_told() -> None:
    output = bootstrap.answer({"rc": 127, "stdout": "", "stderr": "/usr/bin/python3: not found\n"})
    assert output["failed"]
    assert "exit code 127" in output["msg"]
    assert output["lines"] == ["/usr/bin/python3: not found"]
