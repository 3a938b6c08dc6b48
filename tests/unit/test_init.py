"""Check that whatever holdfast init writes is an inventory that can be deployed."""

from __future__ import annotations

import itertools
import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from holdfast.cli.main import group
from holdfast.errors import InputError
from holdfast.importing.report import HASH_FOR_CHECK
from holdfast.rendering import render
from holdfast.settings import parse
from holdfast.starting import TLS, Answers, files, variables
from holdfast.starting.connection import command
from holdfast.users import locate

NAME = "registry.acme.example"
NEEDED: dict[str, dict[str, Any]] = {
    "private": {},
    "acme": {"accept_terms": True, "email": "ann@acme.example"},
    "own": {"certificate": "host:/etc/ssl/r.pem", "key": "host:/etc/ssl/r.key"},
    "external": {"load_balancers": ("10.0.0.5", "10.1.0.0/16")},
}
SWITCHES = ("mirror", "token", "vault")
EVERY = [(tls, *switches) for tls in TLS for switches in itertools.product((True, False), repeat=3)]


def init(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, ["init", *map(str, arguments)])


def settings_of(texts: dict[str, str]) -> dict[str, Any]:
    """Return the settings in the files of the group."""
    found: dict[str, Any] = {}
    for name, text in texts.items():
        if name.startswith("group_vars/"):
            found |= yaml.safe_load(text)
    return found


@pytest.mark.parametrize(("tls", "mirror", "token", "vault"), EVERY)
def test_every_inventory_is_rendered(tls: str, mirror: bool, token: bool, vault: bool) -> None:
    answers = Answers(NAME, tls=tls, mirror=mirror, token=token, **NEEDED[tls])
    texts = files(answers, HASH_FOR_CHECK, vault=vault)
    found = settings_of(texts)
    assert found == variables(answers, HASH_FOR_CHECK, vault=vault)
    assert max(map(len, texts["group_vars/registry/main.yml"].splitlines())) <= 100
    found |= {"registry_http_secret": "s" * 43} if vault else {}
    tree = render(parse(found))
    assert f"server_name {NAME}" in tree["proxy/nginx.conf"].content
    schema = json.loads(texts[".settings.schema.json"])
    jsonschema.validate(found, schema)
    assert json.loads(texts[".settings.schema.json"])["properties"]["registry_hostname"]


@given(
    hostname=st.from_regex(r"[A-Za-z0-9.-]{1,30}", fullmatch=True),
    user=st.text(max_size=12),
    tls=st.sampled_from(sorted(TLS)),
    token=st.booleans(),
    mirror=st.booleans(),
)
def test_any_answer_is_refused_or_makes_good_settings(
    hostname: str, user: str, tls: str, token: bool, mirror: bool
) -> None:
    from holdfast.cli import init_questions  # noqa: PLC0415 -- a private part

    given = {"hostname": hostname, "user": user, "tls": tls, "token": token, "mirror": mirror}
    try:
        answers = init_questions.answers({**given, **NEEDED[tls]}, ask=False)
    except InputError as error:
        assert ": expected " in str(error)
        return
    texts = files(answers, HASH_FOR_CHECK, vault=False)
    found = settings_of(texts)
    assert render(parse(found))
    assert found["registry_auth_users"][0]["name"] == user
    assert [*yaml.safe_load(texts["hosts.yml"])["registry"]["hosts"]] == [hostname.lower()]


def test_the_password_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    import bcrypt  # noqa: PLC0415 -- for one test

    done = init(tmp_path / "acme", "--hostname", NAME, "--user", "ann", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.output)
    assert facts["next"] == f"holdfast deploy -i {tmp_path / 'acme'}"
    texts = [path.read_text() for path in (tmp_path / "acme").rglob("*") if path.is_file()]
    assert not any(facts["password"] in text for text in texts)
    document = locate((tmp_path / "acme",)).document
    assert document
    assert [(user.name, user.kind) for user in document.users()] == [("ann", "hash")]
    digest = yaml.safe_load((tmp_path / "acme/group_vars/registry/users.yml").read_text())
    digest = digest["registry_auth_users"][0]["password_hash"]
    assert bcrypt.checkpw(facts["password"].encode(), digest.encode())


def test_secrets_stay_out_of_git(tmp_path: Path) -> None:
    init(tmp_path / "acme", "--hostname", NAME)
    for name in ("pki/ca.key", "pki/clients/ca.key", "secrets/x"):
        path = tmp_path / "acme" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    git = ["git", "-C", str(tmp_path / "acme")]
    subprocess.run([*git, "init", "-q"], check=True)
    listed = subprocess.run([*git, "add", "-nA"], check=True, capture_output=True, text=True)
    assert "hosts.yml" in listed.stdout
    assert ".key" not in listed.stdout
    assert "secrets" not in listed.stdout


def test_a_vault_has_its_password_where_the_user_says(tmp_path: Path) -> None:
    path = tmp_path / "vault password"
    done = init(tmp_path / "acme", "--hostname", NAME, "--vault-password-file", path)
    assert done.exit_code == 0, done.output
    assert done.output.endswith(f"-i {tmp_path / 'acme'} --vault-password-file '{path}'\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = VaultSecret(path.read_bytes().strip())
    vault = tmp_path / "acme/group_vars/registry/vault.yml"
    assert stat.S_IMODE(vault.stat().st_mode) == 0o600
    text = VaultLib([("default", secret)]).decrypt(vault.read_text())
    assert [*yaml.safe_load(text)] == ["vault_registry_http_secret"]
    given = path.read_bytes()
    init(tmp_path / "second", "--hostname", NAME, "--vault-password-file", path)
    assert path.read_bytes() == given


REFUSED = {
    "no name": ([], "--hostname: expected the name that clients use"),
    "an address as name": (["--hostname", "192.0.2.1"], "--hostname: expected a DNS name"),
    "an option as address": (["--hostname", NAME, "--host", "-oX"], "--host: expected a name or"),
    "an option as user": (["--hostname", NAME, "--ssh-user=-x"], "--ssh-user: expected the name"),
    "a wrong user": (["--hostname", NAME, "--user", "a:b"], "--user: expected letters"),
    "acme without terms": (["--hostname", NAME, "--tls", "acme"], "--accept-terms: expected"),
    "own without files": (["--hostname", NAME, "--tls", "own"], "--certificate: expected"),
    "own, files that are not there": (
        ["--hostname", NAME, "--tls", "own", "--certificate", "/no/c", "--key", "/no/k"],
        "registry_tls_certificate: expected PEM text",
    ),
    "no load balancer": (["--hostname", NAME, "--tls", "external"], "--load-balancer: expected"),
    "a wrong load balancer": (
        ["--hostname", NAME, "--tls", "external", "--load-balancer", "lb"],
        "registry_tls_trusted_proxies",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_answer_writes_nothing(case: str, tmp_path: Path) -> None:
    options, expected = REFUSED[case]
    done = init(tmp_path / "acme", *options)
    assert isinstance(done.exception, InputError)
    assert str(done.exception).startswith(expected)
    assert not [*tmp_path.iterdir()]


def test_a_directory_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    done = init(tmp_path, "--hostname", NAME)
    assert str(done.exception) == (
        f"{tmp_path}: expected a new or empty directory. Give another DIRECTORY"
    )
    done = init(tmp_path / "mine", "--hostname", NAME)
    assert "expected a new or empty directory" in str(done.exception)
    done = init("/proc/nothing", "--hostname", NAME)
    assert "/proc/nothing: expected a place for a new directory: " in str(done.exception)
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]


def test_a_vault_password_in_the_inventory_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "acme" / "password"
    done = init(tmp_path / "acme", "--hostname", NAME, "--vault-password-file", inside)
    assert str(done.exception).startswith("--vault-password-file: expected a place outside of")


def test_a_configuration_is_converted(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(
        "version: 0.1\nlog: {level: debug}\nstorage: {filesystem: {rootdirectory: /data}}\n"
        "http: {addr: ':5000', tracing: 1}\n"
    )
    where = ["--hostname", NAME, "--host", "192.0.2.7"]
    done = init(tmp_path / "acme", "--from", config, *where)
    assert done.exit_code == 0, done.output
    assert done.output.endswith(f"Next: holdfast check -i {tmp_path / 'acme'}\n")
    hosts = yaml.safe_load((tmp_path / "acme/hosts.yml").read_text())
    assert hosts == {"registry": {"hosts": {NAME: {"ansible_host": "192.0.2.7"}}}}
    main = (tmp_path / "acme/group_vars/registry/main.yml").read_text()
    assert main.startswith("---\n# yaml-language-server: $schema=../../.settings.schema.json\n")
    found = yaml.safe_load(main)
    assert found["registry_hostname"] == NAME
    assert found["registry_log_level"] == "debug"
    refused = init(tmp_path / "other", "--from", config, "--tls", "private")
    assert str(refused.exception).startswith("--tls: expected nothing with --from")


def test_ssh_takes_no_answer_for_an_option() -> None:
    found = command(Answers(NAME, host="192.0.2.7", ssh_user="ann"))
    assert found[-5:-1] == ["-l", "ann", "--", "192.0.2.7"]


def on_terminal(arguments: list[str], answers: list[tuple[str, str]]) -> tuple[int, str]:
    """Run holdfast on a terminal, and give each answer at its question."""
    pid, terminal = pty.fork()
    if pid == 0:
        # What a shell starts in the background ignores SIGINT, and so would what it starts.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execv(sys.executable, [sys.executable, "-m", "holdfast", *arguments])
    shown, end = "", time.monotonic() + 60
    waiting = list(answers)
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                shown += os.read(terminal, 4096).decode()
            except OSError:
                break
        if waiting and waiting[0][0] in shown:
            os.write(terminal, f"{waiting.pop(0)[1]}\n".encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.replace("\r\n", "\n")


def test_a_terminal_is_asked_for_what_is_missing(tmp_path: Path) -> None:
    code, shown = on_terminal(
        ["init", str(tmp_path / "acme"), "--tls", "private"],
        [
            ("Name that clients use", "192.0.2.1"),
            ("Error: --hostname: expected a DNS name", NAME),
            ("Address of the host", "127.0.0.1"),
            ("User for ssh", ""),
            ("First user", "ann"),
            ("password of a vault", ""),
            ("Connect to 127.0.0.1 by ssh now", "n"),
        ],
    )
    assert code == 0, shown
    assert "User ann, password, shown this once: " in shown
    assert shown.rstrip().endswith(f"Next: holdfast deploy -i {tmp_path / 'acme'}")
    hosts = yaml.safe_load((tmp_path / "acme/hosts.yml").read_text())
    connection = {"ansible_host": "127.0.0.1", "ansible_user": "root"}
    assert hosts == {"registry": {"hosts": {NAME: connection}}}


def test_a_host_that_does_not_answer_leaves_the_inventory(tmp_path: Path) -> None:
    vault = tmp_path / "password"
    options = ["--hostname", NAME, "--host", "nothing.invalid", "--ssh-user", "ann"]
    code, shown = on_terminal(
        ["init", str(tmp_path / "acme"), *options, "--tls", "private", "--user", "ann"],
        [("password of a vault", str(vault)), ("Connect to nothing.invalid by ssh now", "y")],
    )
    assert code == 0, shown
    assert vault.stat().st_size > 20
    assert "nothing.invalid: expected to log in by ssh, and could not." in shown
    following = f"-i {tmp_path / 'acme'} --vault-password-file {vault}"
    assert shown.rstrip().endswith(f"Next: holdfast deploy {following}")


def test_an_interrupted_prompt_writes_nothing(tmp_path: Path) -> None:
    code, shown = on_terminal(["init", str(tmp_path / "acme")], [("Name that clients use", "\x03")])
    assert code == 130, shown
    assert not [*tmp_path.iterdir()]
