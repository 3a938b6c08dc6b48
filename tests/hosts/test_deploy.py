"""The main job on a real systemd host: what a deploy does, and what it leaves alone."""

from __future__ import annotations

import getpass
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from holdfast.certificates import Authority
from tests import trials
from tests.hosts.conftest import PASSWORD, Site

STATE = (
    "find /etc /opt /srv /var/lib/dpkg -xdev -printf '%p %y %m %u %g %T@ %l\\n' 2>/dev/null"
    " | grep -v -e /etc/mtab -e /etc/resolv.conf | sort | sha256sum;"
    " systemctl list-units --plain --no-legend 'holdfast*' | sort; cat /etc/passwd | sha256sum"
)
BOB = {"name": "bob", "password": "another-horse-staple"}


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host on which nothing was deployed yet."""
    return new_site()


@pytest.fixture(scope="module")
def deployed(site: Site) -> Site:
    """The same host with a registry."""
    site.deploy()
    return site


def test_check_of_a_fresh_host_tells_and_changes_nothing(site: Site) -> None:
    before = site.host.run(STATE).stdout
    result = site.deploy("--check", "--diff")
    assert "would change" in result
    assert "registry/config.yml" in result
    assert PASSWORD not in result
    assert "$2b$" not in result
    assert not (site.folder / "pki").exists()
    assert site.host.run(STATE).stdout == before


def test_a_first_deploy_serves(deployed: Site) -> None:
    assert deployed.client().check() == 200
    assert deployed.client(password="wrong-password").check() == 401


def test_a_second_run_changes_nothing_and_says_so(deployed: Site) -> None:
    before = deployed.host.run(STATE).stdout
    result = deployed.deploy()
    assert "nothing to do (generation 1, intact, answering)" in result
    assert deployed.host.run(STATE).stdout == before


def test_what_is_deployed_passes_the_verification(deployed: Site) -> None:
    done = deployed.holdfast("verify", "--by-address", "--junit", str(deployed.folder / "v.xml"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout
    assert "testsuite" in (deployed.folder / "v.xml").read_text()


def test_a_changed_setting_swaps_the_registry_and_not_the_proxy(deployed: Site) -> None:
    pid = "systemctl show -P MainPID holdfast-proxy.service; pgrep -fc 'nginx: worker'"
    before, generation = deployed.host.run(pid).stdout, deployed.current()
    result = deployed.deploy(registry_log_level="error")
    assert f"{generation} -> {generation + 1}" in result
    assert deployed.host.run(pid).stdout == before
    assert deployed.client().check() == 200


def test_check_and_diff_tell_of_a_change_and_do_not_make_it(deployed: Site) -> None:
    for verb in (["deploy", "--check", "--diff"], ["diff"]):
        done = deployed.holdfast(*verb, registry_log_level="debug")
        assert "+  level: debug" in done.stdout
        assert "proxy/nginx.conf" not in done.stdout
    assert "nothing to do" in deployed.deploy()


def test_a_generation_knows_its_reason_and_how_it_differs(deployed: Site) -> None:
    before = deployed.current()
    deployed.deploy("-m", "more to read", registry_log_level="debug")
    listed = deployed.holdfast("generations").stdout
    assert f"by {getpass.getuser()}: more to read\n" in listed
    pair = (str(before), str(before + 1))
    done = deployed.holdfast("generations", "--diff", *pair)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (f"--- {pair[0]}/registry/config.yml", f"+++ {pair[1]}/registry/config.yml"):
        assert line in done.stdout
    assert "+  level: debug" in done.stdout
    assert deployed.holdfast("generations", "--diff", pair[0], "999").returncode == 2
    deployed.deploy(registry_log_level=None)


def test_a_user_comes_and_goes_at_once(deployed: Site) -> None:
    users = deployed.variables["registry_auth_users"]
    deployed.deploy(registry_auth_users=[*users, BOB])
    assert deployed.client("bob", BOB["password"]).check() == 200
    deployed.deploy(registry_auth_users=users)
    assert deployed.client("bob", BOB["password"]).check() == 401


def test_layers_come_from_the_disk_unless_they_may_not(deployed: Site) -> None:
    image = two_layer_image("from the disk")
    deployed.client().push("team/layers", "latest", image)
    assert deployed.client().pull("team/layers", "latest") == image
    assert ways(deployed, "team/layers") == {""}
    rights = "stat -c '%a %U %G' /srv/registry"
    assert deployed.host.run(rights).stdout == "770 holdfast-registry holdfast\n"
    touch = "touch /proc/$(systemctl show -P MainPID holdfast-proxy)/root/srv/registry/x"
    assert "Read-only file system" in deployed.host.run(touch, check=False).stderr
    listed = deployed.host.run("runuser -u nobody -- ls /srv/registry", check=False)
    assert "Permission denied" in listed.stderr
    deployed.deploy(registry_proxy_direct_blobs=False)
    assert "nothing to do" in deployed.deploy()
    hidden = "stat -c %a /proc/$(systemctl show -P MainPID holdfast-proxy)/root/srv/registry"
    assert deployed.host.run(hidden).stdout == "0\n"
    assert deployed.client().pull("team/layers", "latest") == image
    assert ways(deployed, "team/layers") == {"", "200"}
    assert deployed.holdfast("rollback").returncode == 0
    assert "Read-only file system" in deployed.host.run(touch, check=False).stderr
    assert deployed.holdfast("status").returncode == 0
    assert "nothing to do" in deployed.deploy(registry_proxy_direct_blobs=None)


def ways(site: Site, repository: str) -> set[str]:
    """Return the registry's status for each pulled layer; empty if nginx sent it itself."""
    word = f'"uri":"/v2/{repository}/blobs/sha256:'
    lines = site.host.run(f"grep '{word}' /var/log/holdfast/access.log").stdout.splitlines()
    found = map(json.loads, lines)
    return {line["upstream"] for line in found if (line["method"], line["status"]) == ("GET", 200)}


def test_rollback_and_generations(deployed: Site) -> None:
    now = deployed.current()
    done = deployed.holdfast("rollback")
    assert done.returncode == 0, done.stdout + done.stderr
    assert deployed.current() == now - 1
    listed = deployed.holdfast("generations").stdout
    assert f"{now - 1}  current" in listed
    for more in ([], ["--check"]):
        refused = deployed.holdfast("rollback", "--to", "999", *more)
        assert refused.returncode == 2, refused.stdout + refused.stderr
        assert "generation 999 cannot be activated: kept are" in refused.stdout
    planned = deployed.holdfast("rollback", "--check", "--to", str(now))
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert f"back to generation {now}" in planned.stdout
    assert deployed.current() == now - 1
    assert deployed.client().check() == 200


def test_a_restart_replaces_the_processes_under_the_same_files(deployed: Site) -> None:
    deployed.deploy()
    show = "systemctl show -P MainPID"
    pid = f"{show} 'holdfast-registry@*.service'; echo /; {show} holdfast-proxy.service"
    before, now = deployed.host.run(pid).stdout.split(), deployed.current()
    planned = deployed.holdfast("restart", "--check")
    assert f"generation {now} would start again" in planned.stdout, planned.stderr
    assert deployed.current() == now
    done = deployed.holdfast("restart")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"serves generation {now + 1}" in done.stdout
    after = deployed.host.run(pid).stdout.split()
    assert len(before) == len(after) == 3
    assert after[0] != before[0]
    assert after[2] == before[2]
    assert deployed.client().check() == 200
    assert f"{getpass.getuser()}: restart\n" in deployed.holdfast("generations").stdout
    assert "nothing to do" in deployed.deploy()
    done = deployed.holdfast("history", "--limit", "r1")
    assert "restart" in done.stdout, done.stderr


def test_nobody_deploys_to_a_locked_host_unless_the_lock_is_overridden(deployed: Site) -> None:
    locked = deployed.holdfast("lock", "-m", "moving the disk")
    assert locked.returncode == 0, locked.stdout + locked.stderr
    who = f"locked by {getpass.getuser()} since "
    now, change = deployed.current(), {"registry_log_level": "error"}
    for verb in (["deploy"], ["rollback"], ["restart"], ["deploy", "--tags", "install"]):
        refused = deployed.holdfast(*verb, **change)
        assert refused.returncode == 4, refused.stdout + refused.stderr
        assert who in refused.stdout
        assert "moving the disk" in refused.stdout
    assert deployed.current() == now
    for verb in (["diff"], ["status"]):
        looked = deployed.holdfast(*verb, **change)
        assert looked.returncode == 0, looked.stdout + looked.stderr
        assert who in looked.stdout
    forced = deployed.holdfast("deploy", "--despite-lock", **change)
    assert forced.returncode == 0, forced.stdout + forced.stderr
    assert "moving the disk; overridden by --despite-lock" in forced.stdout
    assert deployed.current() > now
    assert "open again; it was locked by" in deployed.holdfast("unlock").stdout
    deployed.deploy()


def test_logs_are_shown_and_followed(deployed: Site) -> None:
    shown = deployed.holdfast("logs", "registry", "-n", "5")
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert 1 <= len(shown.stdout.splitlines()) <= 5
    assert not shown.stdout.startswith("r1 ")
    access = deployed.holdfast("logs", "--access", "-n", "2").stdout.splitlines()
    assert len(access) == 2
    assert all("uri" in json.loads(line) for line in access)
    assert deployed.holdfast("logs", "frobnicate").returncode == 2
    heeding = ["env", "--default-signal=INT"]  # what a shell starts in the background does not
    argv = [*heeding, sys.executable, "-m", "holdfast", "logs", "--access", "-f", "-n", "1"]
    follow = subprocess.Popen(
        [*argv, "-i", str(deployed.folder)], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert follow.stdout
    follow.stdout.readline()
    assert deployed.client().check() == 200
    assert json.loads(follow.stdout.readline())["uri"] == "/v2/"
    follow.send_signal(signal.SIGINT)
    assert follow.wait(30) == 130


SABOTAGE = {
    "an edited file": "chmod u+w F; echo '# hand' >> F",
    "a mode": "chmod 0444 /etc/holdfast/current/logins/htpasswd",
    "a stopped registry": "systemctl stop 'holdfast-registry@*'",
    "a stopped proxy": "systemctl stop holdfast-proxy.socket holdfast-proxy.service",
    "a disabled target": "rm /etc/systemd/system/multi-user.target.wants/holdfast.target",
    "an opened data directory": "chmod 0755 /srv/registry",
    "a changed binary": "cd /opt/holdfast/distribution/*; cp registry x; echo >> x; mv x registry",
    "a removed binary": "rm /opt/holdfast/distribution/*/registry",
    "a removed key": "rm /etc/holdfast/tls/current/key.pem /etc/holdfast/tls/current/cert*",
}


@pytest.mark.parametrize(
    "what", trials.some(SABOTAGE, ["an edited file", "a stopped proxy", "a changed binary"])
)
def test_a_deploy_finds_and_heals(deployed: Site, what: str) -> None:
    deployed.deploy()
    deployed.host.run(SABOTAGE[what].replace("F", "/etc/holdfast/current/registry/config.yml"))
    result = deployed.deploy()
    assert "nothing to do" not in result
    assert deployed.client().check() == 200
    assert "nothing to do" in deployed.deploy()


def test_an_own_certificate_takes_the_place_of_ours(deployed: Site) -> None:
    now = datetime.now(UTC)
    authority = Authority.create("other", 30, now)
    pair = authority.issue("images.holdfast.test", 20, now)
    wrong = authority.issue("www.example.com", 20, now)
    (deployed.folder / "own.pem").write_text(pair.certificate_pem)
    (deployed.folder / "root.pem").write_text(authority.root_pem)
    mode = {"registry_tls_mode": "own", "registry_tls_certificate": "own.pem"}
    mode["registry_tls_ca"] = "root.pem"
    refused = deployed.holdfast("deploy", **mode, registry_tls_key=wrong.key_pem)
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert "does not belong to the certificate" in refused.stdout, refused.stderr
    assert deployed.client().check() == 200
    done = deployed.holdfast("deploy", **mode, registry_tls_key=pair.key_pem)
    assert done.returncode == 0, done.stdout
    assert "proxy untouched" in done.stdout
    assert deployed.client(trust=deployed.folder / "root.pem").check() == 200
    deployed.deploy()
    assert deployed.client().check() == 200
