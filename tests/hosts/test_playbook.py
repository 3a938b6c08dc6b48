"""Plain ansible-playbook with its defaults: no pipelining, a user who becomes root by sudo.

Playbooks of the collection, and one of a user's own that has the role.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hosts.conftest import PASSWORD, Site

USER = "deployer"
RECAP = re.compile(r"ok=(\d+)\s+changed=(\d+)\s+unreachable=0\s+failed=0")
BY_ADDRESS = ("-e", "holdfast_by_address=true")
OWN = """
- hosts: registry
  become: true
  roles:
    - holdfast.registry.registry
"""


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host that root cannot be reached on by Ansible, but a user with sudo."""
    made = new_site(ansible_user=USER)
    made.host.run(
        f"useradd -m -s /bin/sh {USER} && cp -r /root/.ssh /home/{USER}"
        f" && chown -R {USER}: /home/{USER}"
        f" && echo '{USER} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/{USER}"
    )
    return made


def ansible(site: Site, name: str, *options: str, code: int = 0) -> str:
    """Run a playbook as a user without our command does; return the output."""
    site.write()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("ansible-playbook"), name),
            *("-i", site.folder / "hosts.yml", *options),
        ],
        cwd=site.folder,  # where no ansible.cfg lies
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout


def play(site: Site, name: str, *options: str, code: int = 0) -> str:
    """Run a playbook of the collection."""
    return ansible(site, f"holdfast.registry.{name}", *options, code=code)


def own(site: Site, *options: str) -> str:
    """Run a playbook of the user's own, with settings in group_vars."""
    (site.folder / "site.yml").write_text(OWN)
    (site.folder / "group_vars").mkdir(exist_ok=True)
    (site.folder / "group_vars/registry.yml").write_text("registry_log_format: json\n")
    return ansible(site, "site.yml", *options)


def changed(output: str) -> int:
    """Return how many tasks changed something, by the recap."""
    found = RECAP.search(output)
    assert found, output
    return int(found[2])


def test_check_and_diff_tell_and_change_nothing(site: Site) -> None:
    result = own(site, "--check", "--diff")
    assert changed(result) > 0
    assert "registry/config.yml" in result
    assert "formatter: json" in result
    assert site.host.run("ls /etc/holdfast", check=False).returncode != 0


def test_the_tag_preflight_looks_and_touches_nothing(site: Site) -> None:
    told = own(site, "--tags", "preflight")
    assert re.search(r"^r1  preflight     ok           Debian", told, re.MULTILINE)
    assert re.search(r"^r1  install       would change registry", told, re.MULTILINE)
    assert changed(told) == 0
    assert site.host.run("ls /etc/holdfast /opt/holdfast", check=False).stdout == ""


def test_a_deploy_without_what_install_brings_is_refused(site: Site) -> None:
    (site.folder / "site.yml").write_text(OWN)
    told = ansible(site, "site.yml", "--tags", "deploy", code=2)
    assert "the registry's binary: expected on the host, for --tags leaves out install" in told


def test_the_tag_install_brings_the_binary_and_starts_nothing(site: Site) -> None:
    told = own(site, "--tags", "install")
    assert re.search(r"^r1  install       changed      registry 3", told, re.MULTILINE)
    assert site.host.run("ls /opt/holdfast/distribution").stdout
    assert site.host.run("ls /etc/holdfast/current", check=False).returncode != 0


def test_it_deploys_and_a_second_run_changes_nothing(site: Site) -> None:
    told = own(site, "--tags", "deploy")
    assert changed(told) > 0
    assert re.search(r"^r1  generation    changed      1 staged: \d+ files", told, re.MULTILINE)
    assert re.search(r"^r1  smoke         ok           login", told, re.MULTILINE)
    assert site.client().check() == 200
    told = own(site)
    assert changed(told) == 0
    assert "r1  nothing to do (generation 1, intact, answering)" in told
    assert changed(play(site, "deploy")) == 0


def test_the_tag_smoke_tests_what_serves(site: Site) -> None:
    told = own(site, "--tags", "smoke")
    assert re.search(r"^r1  smoke         ok           login", told, re.MULTILINE)
    assert changed(told) == 0


@pytest.mark.parametrize("verb", ["status", "doctor", "generations"])
def test_a_look_prints_what_the_command_prints(site: Site, verb: str) -> None:
    told = play(site, verb).splitlines()
    done = site.holdfast(verb)
    assert done.returncode == 0, done.stdout + done.stderr
    missing = [line for line in _timeless(done.stdout) if line not in _timeless("\n".join(told))]
    assert done.stdout
    assert missing == []


def _timeless(text: str) -> list[str]:
    """Return lines without numbers, for some are ages and sizes."""
    return [re.sub(r"\d+", "N", line) for line in text.splitlines()]


def test_verify_prints_what_the_command_prints(site: Site) -> None:
    told = play(site, "verify", "-e", '{"holdfast_only": ["host", "http"]}', *BY_ADDRESS)
    assert re.search(r"^r1  host +\d+ passed +http +\d+ passed$", told, re.MULTILINE)
    assert re.search(r"^[A-Z][^\n]+: \d+ passed, 0 failed", told, re.MULTILINE)


def test_what_is_not_well_fails_the_playbook(site: Site) -> None:
    told = play(site, "status", "-e", "holdfast_warn_days=100000", code=2)
    assert re.search(r"^r1  certificates  warning ", told, re.MULTILINE)
    site.host.run("chmod 0755 /etc/holdfast")
    told = play(site, "verify", "-e", "holdfast_only=files", *BY_ADDRESS, code=2)
    site.host.run("chmod 0750 /etc/holdfast")
    assert re.search(r"^r1  failed  files\.private: ", told, re.MULTILINE)


def test_nothing_of_ansible_stays_on_the_host(site: Site) -> None:
    assert site.host.run(f"find /home/{USER}/.ansible/tmp -mindepth 1 -ls").stdout == ""
    found = site.host.run("find /tmp /var/tmp /root -name '*ansible*' -o -name 'AnsiballZ*'").stdout
    assert found == ""


def test_the_command_finds_nothing_to_do_after_it(site: Site) -> None:
    assert "nothing to do" in site.deploy()
    # Our command pipelines, unless the inventory says that a host cannot.
    assert "nothing to do" in site.deploy(ansible_pipelining=False)
    assert site.holdfast("status").returncode == 0
    done = site.holdfast("verify", "--by-address", "--only", "host", "--only", "files")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_change_and_the_way_back(site: Site) -> None:
    site.variables["registry_log_level"] = "error"
    assert changed(play(site, "deploy")) > 0
    assert site.current() == 2
    assert changed(play(site, "rollback")) > 0
    assert site.current() == 1
    assert site.client().check() == 200
