"""Errors of Ansible and of YAML in our own words, with the place and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.playbook.diagnosis import of_access
from holdfast.playbook.yaml_errors import errors

BEFORE = "registry:\n  vars:\n    registry_hostname: r.example.com\n"
WRONG = {
    "a second colon": ("    a: b: c\n", "4:9", 'a second ": " in this line'),
    "a tab": ("\ta: b\n", "4:1", "a tab. YAML is indented with spaces"),
    "a sign of YAML's": (
        "    a: @b\n",
        "4:8",
        "begins with a sign of YAML's own. Put it in quotes",
    ),
    "an open quote": ('    a: "b\n', "", "not closed"),
    "an open bracket": ("    a: [b\n", "", "not closed"),
    "a list's item": ("    a:\n      - b\n     - c\n", "6:6", "expected"),
    "too little": ("   a: b\n", "4:4", "Indent the line as they are"),
    "no colon": ("    a\n    b: c\n", "5:5", ""),
    "an alias": ("    a: *b\n", "4:8", "an alias (*NAME) without its anchor"),
    "a template": ("    a: {{ b }}\n", "4:8", 'Write "{{ name }}", in quotes'),
    "twice": (
        "    registry_hostname: x\n",
        "4:5",
        "registry_hostname is written twice, first on line 3",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_yaml_error_has_its_place_and_its_line(tmp_path: Path, what: str) -> None:
    text, place, said = WRONG[what]
    path = tmp_path / "hosts.yml"
    path.write_text(BEFORE + text)
    first, shown, *_ = errors(path, "acme/hosts.yml")
    assert first.startswith(f"acme/hosts.yml:{place}")
    assert said in first
    number = int(first.split(":")[1])
    assert shown == f"  {number} | {(BEFORE + text).splitlines()[number - 1]}"
    assert "while" not in first


def test_the_caret_is_below_the_column(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text(BEFORE + "    a: b: c\n")
    _, line, caret = errors(path)
    assert line[caret.index("^")] == ":"


@pytest.mark.parametrize(
    "text",
    [
        "    password: hush: hush\n",
        "      - {name: a, password: hush: x}\n",
        "    registry_http_secret: a\n    registry_http_secret: hush\n",
        "    registry_storage_secret_key: @hush\n",
    ],
)
def test_a_secret_is_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text(BEFORE + text)
    found = "\n".join(errors(path))
    assert found
    assert "hush" not in found


@pytest.mark.parametrize(
    "text", ["", "a: 1\n", "a: &b {c: d}\ne: {<<: *b, f: g}\n", "a: !vault |\n  x\n---\nb: 1\n"]
)
def test_good_yaml_is_good(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yml"
    path.write_text(text)
    assert errors(path) == []


def test_files_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(b"a: \xff\n")
    assert errors(path) == [f"{path}: expected UTF-8, byte 3 is none. Save the file as UTF-8"]
    path.write_text("$ANSIBLE_VAULT;1.1;AES256\n33\n")
    assert errors(path) == []


SAID = {
    "Failed to connect to the host via ssh: Host key verification failed.": "Run: ssh r1",
    "No ED25519 host key is known for 10.0.0.1 and you have requested strict": "Run: ssh 10.0.0.1",
    "REMOTE HOST IDENTIFICATION HAS CHANGED! Host key verification failed.": "ssh-keygen -R r1",
    "via ssh: bob@10.0.0.1: Permission denied (publickey).": "ssh does not let bob@10.0.0.1 in",
    "ssh: Could not resolve hostname r1: Name or service not known": "Set ansible_host",
    "ssh: connect to host 10.0.0.1 port 22: Connection refused": "nothing answers there",
    "Missing sudo password": "Run the same command with -K",
    "sudo: a password is required": "Run the same command with -K",
    "Incorrect sudo password": "and the right one",
    "alice is not in the sudoers file.": "the user may not use sudo",
}


@pytest.mark.parametrize("text", SAID)
def test_why_a_host_cannot_be_used(text: str) -> None:
    assert SAID[text] in (of_access("r1", text) or "")


def test_other_failures_keep_their_words() -> None:
    assert of_access("r1", "preflight: expected root on the host") is None
