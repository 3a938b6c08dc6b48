"""check and render as a user runs them: real Ansible, real files, no host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from holdfast.certificates import Authority

GOOD = """
registry:
  vars:
    registry_distribution_source: package
    registry_auth_users:
      - name: alice
        password: "{{ lookup('ansible.builtin.password', inventory_dir ~ '/secrets/alice') }}"
  hosts:
    r1:
      registry_hostname: "{{ inventory_hostname }}.example.com"
    r2:
      registry_hostname: images.example.com
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an inventory of two hosts."""
    (tmp_path / "hosts.yml").write_text(GOOD)
    return tmp_path


def holdfast(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the folder."""
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / ".state"), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "holdfast", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_check_of_good_settings(folder: Path) -> None:
    done = holdfast(folder, "check", "-i", ".")
    assert (done.returncode, done.stdout) == (0, "2 hosts: settings are good\n")


def test_streams_that_do_not_block_hinder_nothing(folder: Path) -> None:
    """An ssh that shares our input makes it non-blocking at any time, which Ansible refuses."""
    reading, writing = os.pipe()
    ended = threading.Event()

    def spoil() -> None:
        while not ended.wait(0.01):
            os.set_blocking(reading, False)

    beside = threading.Thread(target=spoil)
    beside.start()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "holdfast", "check", "-i", "."],
            cwd=folder,
            env={**os.environ, "XDG_STATE_HOME": str(folder / ".state")},
            stdin=reading,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        ended.set()
        beside.join()
        os.close(reading)
        os.close(writing)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_tells_all_of_all_hosts_with_their_place(folder: Path) -> None:
    wrong = GOOD.replace("images.example.com", "im_ages\n      registry_log_levl: warn")
    (folder / "hosts.yml").write_text(wrong.replace("inventory_hostname", "nowhere"))
    done = holdfast(folder, "check", "-i", ".")
    assert done.returncode == 2
    lines = done.stdout.splitlines()
    assert lines[0].startswith("hosts.yml:10  r1: registry_hostname: Ansible cannot resolve it:")
    assert lines[1].startswith("hosts.yml:12  r2: registry_hostname: expected a DNS name")
    assert lines[2].startswith("hosts.yml:13  r2: registry_log_levl: no such setting. Did you mean")
    assert lines[3] == "3 wrong in 2 of 2 hosts; nothing was touched."
    assert "Traceback" not in done.stdout + done.stderr


def test_a_question_to_the_index_is_no_template(folder: Path) -> None:
    made = folder / "made"
    done = holdfast(folder, "search", f"{{{{ lookup('pipe', 'touch {made}') }}}}", "-i", ".")
    assert done.returncode == 2
    assert "expected a text without {{ and {%. Leave them out" in done.stderr
    assert not made.exists()


BROKEN = {
    "no such inventory": (["-i", "nowhere"], "does not exist"),
    "no such host": (["-i", ".", "--limit", "r9"], "r9"),
    "no YAML": (["-i", "broken.yml"], "broken.yml"),
    "no group": (["-i", "other.yml"], "expected a group `registry` with hosts"),
    "no vault password": (["-i", "vaulted.yml"], "vault"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_ansible_cannot_read_is_wrong_input(folder: Path, what: str) -> None:
    (folder / "broken.yml").write_text("registry:\n  hosts: {r1: \n")
    (folder / "other.yml").write_text("all:\n  hosts: {r1: {}}\n")
    vaulted = "!vault |\n        $ANSIBLE_VAULT;1.1;AES256\n        3031\n"
    (folder / "vaulted.yml").write_text(
        f"registry:\n  hosts:\n    r1:\n      registry_hostname: {vaulted}"
    )
    arguments, expected = BROKEN[what]
    done = holdfast(folder, "check", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    if what != "no such inventory":  # click's own
        lines = holdfast(folder, "check", *arguments, "--json").stdout.splitlines()
        result = [json.loads(line) for line in lines]
        assert {"error", "failed"} & {one["event"] for one in result if one.get("exit") == "INPUT"}


def test_failures_go_to_standard_error_too(folder: Path) -> None:
    (folder / "hosts.yml").write_text(GOOD.replace("images.example.com", "im ages"))
    done = holdfast(folder, "check", "-i", ".")
    assert "r2: registry_hostname: expected a DNS name" in done.stderr
    assert "r2: registry_hostname: expected a DNS name" in done.stdout
    objects = holdfast(folder, "check", "-i", ".", "--json")
    assert "r2: registry_hostname: expected a DNS name" in objects.stderr
    assert all(json.loads(line) for line in objects.stdout.splitlines())
    argv = [sys.executable, "-m", "holdfast", "check", "-i", "."]
    both = subprocess.run(
        argv, cwd=folder, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert both.stdout.count("expected a DNS name") == 1


def test_a_key_that_is_written_twice(folder: Path) -> None:
    twice = GOOD.replace("  vars:\n", "  vars:\n    registry_distribution_source: release\n")
    (folder / "hosts.yml").write_text(twice)
    done = holdfast(folder, "check", "-i", ".")
    assert done.returncode == 2
    first, line, caret, _ = done.stderr.splitlines()
    assert first.startswith("hosts.yml:5:5: the key registry_distribution_source is written twice")
    assert line == "  5 |     registry_distribution_source: package"
    assert caret == "    |     ^"


def test_no_users(folder: Path) -> None:
    before, _, after = GOOD.partition("    registry_auth_users")
    (folder / "hosts.yml").write_text(f"{before}  hosts{after.partition('  hosts')[2]}")
    done = holdfast(folder, "check", "-i", ".")
    assert done.returncode == 2
    assert (
        "expected a list of users, got nothing. Add one: holdfast user add NAME -i ." in done.stderr
    )


def test_render_says_who_checks_the_logins(folder: Path) -> None:
    assert holdfast(folder, "render", "-i", ".", "-o", "out").returncode == 0
    texts = [path.read_text() for path in (folder / "out").rglob("registry/config.yml")]
    assert len(texts) == 2
    assert all("No auth section: the proxy in front checks the logins" in text for text in texts)


def test_render_writes_everything_twice_the_same(folder: Path) -> None:
    done = holdfast(folder, "render", "-i", ".", "-o", "one")
    assert done.returncode == 0, done.stdout + done.stderr
    holdfast(folder, "render", "-i", ".", "-o", "two")
    one, two = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (folder / "one", folder / "two")
    )
    assert one == two
    assert 'host: "https://r1.example.com"' in (folder / "one/r1/registry/config.yml").read_text()
    password = (folder / "secrets" / "alice").read_text().split()[0]
    assert all(password.encode() not in content for content in one.values())
    assert all(b"$2b$" not in content for content in one.values())


def test_render_of_one_wrong_host_leaves_everything(folder: Path) -> None:
    holdfast(folder, "render", "-i", ".", "-o", "out")
    before = sorted((path, path.stat().st_mtime) for path in (folder / "out").rglob("*"))
    (folder / "hosts.yml").write_text(GOOD.replace("images.example.com", "10.0.0.1"))
    done = holdfast(folder, "render", "-i", ".", "-o", "out")
    assert done.returncode == 2
    assert sorted((path, path.stat().st_mtime) for path in (folder / "out").rglob("*")) == before


def test_render_shows_differences_and_secrets_when_asked(folder: Path) -> None:
    holdfast(folder, "render", "-i", ".", "-o", "out")
    (folder / "hosts.yml").write_text(
        GOOD.replace("  vars:", "  vars:\n    registry_log_level: info")
    )
    done = holdfast(folder, "render", "-i", ".", "-o", "out", "--diff", "--secrets")
    assert "+  level: info" in done.stdout
    assert "$2b$" not in done.stdout
    assert "alice:$2b$" in (folder / "out/r1/logins/htpasswd").read_text()


def test_json_is_for_programs(folder: Path) -> None:
    done = holdfast(folder, "check", "-i", ".", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["phase", "facts", "end"]
    assert events[1]["facts"]["hosts"] == ["r1", "r2"]


def test_the_log_is_ones_own_and_holds_no_secret(folder: Path) -> None:
    holdfast(folder, "render", "-i", ".", "-o", "out")
    (log,) = (folder / ".state/holdfast/logs").glob("*.log")
    assert log.stat().st_mode & 0o777 == 0o600
    assert (folder / "secrets/alice").read_text().split()[0] not in log.read_text()


@pytest.mark.parametrize(
    "verb",
    ["check", "render", "preview", "deploy", "verify", "rollback", "generations", "doctor"],
)
def test_every_verb_has_help_with_an_example(folder: Path, verb: str) -> None:
    done = holdfast(folder, verb, "--help")
    assert done.returncode == 0
    assert f"Example: holdfast {verb} -i acme" in done.stdout


def test_hosts_that_share_a_bucket_are_checked_together(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[2] / "inventory/s3", tmp_path / "s3")
    good = holdfast(tmp_path, "check", "-i", "s3")
    assert good.returncode == 0, good.stdout + good.stderr
    main = tmp_path / "s3/group_vars/registry/main.yml"
    lines = main.read_text().splitlines()
    main.write_text("\n".join(line for line in lines if not line.startswith("registry_http_s")))
    done = holdfast(tmp_path, "check", "-i", "s3")
    assert done.returncode == 2, done.stdout
    wanted = "registry1, registry2, which share s3://acme-images, got nothing"
    assert f"registry2: registry_http_secret: expected one secret for {wanted}" in done.stdout
    assert "2 wrong in 2 of 2 hosts" in done.stdout


def test_check_looks_at_the_files_that_settings_name(folder: Path) -> None:
    change = {"registry_tls_mode": "own", "registry_tls_certificate": "x.pem"}
    own = folder / "group_vars" / "all.yml"
    own.parent.mkdir(exist_ok=True)
    own.write_text(yaml.safe_dump({**change, "registry_tls_key": "x.key"}))
    done = holdfast(folder, "check", "-i", ".")
    assert done.returncode == 2
    for name in ("registry_tls_certificate", "registry_tls_key"):
        assert f"{name}: expected PEM text or the path of a file with it" in done.stdout
    now = datetime.now(UTC)
    pair = Authority.create("other", 30, now).issue("x.example.com", 30, now)
    (folder / "x.pem").write_text(pair.certificate_pem)
    (folder / "x.key").write_text(pair.key_pem)
    assert (
        "registry_tls_certificate: covers x.example.com, not r1.example.com"
        in holdfast(folder, "check", "-i", ".").stdout
    )
    assert holdfast(folder, "render", "-i", ".", "-o", "out").returncode == 0
