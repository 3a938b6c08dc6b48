"""The program for a host answers from memory, without any installed file of ours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.holdfast.registry.plugins.plugin_utils import bootstrap

from holdfast.host_code import PACKAGE
from holdfast.rendering import render
from holdfast.rendering.component import LIBRARY, RUN
from holdfast.settings import parse

SECRET = "correct-horse-battery"
USER = {"name": "alice", "password": SECRET}


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


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    """Return a folder with the programs of a generation."""
    tree = render(
        parse({"registry_hostname": "registry.example.com", "registry_auth_users": [USER]})
    )
    (tmp_path / "agent").mkdir()
    for path in (RUN, LIBRARY):
        (tmp_path / path).write_text(tree[path].content)
    return tmp_path / "agent"


def started(agent: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of the folder as a unit does."""
    argv = [sys.executable, "-I", "-B", str(agent / "run.py"), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, cwd="/", check=False)


def test_a_program_of_a_generation_runs_from_its_library(agent: Path) -> None:
    library = agent / "library.json"
    text = "def main(first, second):\n    print(first, second, __name__)\n    return 3\n"
    library.write_text(json.dumps({f"{PACKAGE}.jobs.one": text}))
    done = started(agent, "jobs.one", "a", "b")
    assert (done.returncode, done.stdout) == (3, f"a b {PACKAGE}.jobs.one\n"), done.stderr


def test_a_traceback_names_module_and_line(agent: Path) -> None:
    done = started(agent, "storage.disk_space", "/nowhere")
    assert done.returncode == 1
    assert re.search(r'storage\.disk_space", line \d+, in main\n', done.stderr), done.stderr
