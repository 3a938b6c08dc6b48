"""Updates of the operating system: real packages of a signed source, beside clients."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from testhosts import podman
from tests.hosts import apt_source
from tests.hosts.conftest import Site
from tests.hosts.traffic import load

PROXY = "systemctl show --property=MainPID --value holdfast-proxy"
HOLD = """python3 -c '
import fcntl, time
stream = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(stream, fcntl.LOCK_EX)
time.sleep({seconds})' > /dev/null 2>&1 &"""


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site], tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A host with a registry, for which a newer nginx is pending."""
    made = new_site()
    made.deploy()
    apt_source.make(made.host, tmp_path_factory.mktemp("gpg"))
    return made


def version(site: Site) -> str:
    return site.host.run("dpkg-query --show --showformat='${Version}' nginx").stdout


def test_a_source_that_does_not_answer_is_named(site: Site) -> None:
    apt_source.use(site.host, "http://127.0.0.1:9/apt")
    done = site.holdfast("patch", "--plan")
    assert done.returncode in (4, 5), done
    assert "apt: expected its sources to answer" in done.stdout + done.stderr
    apt_source.use(site.host)


def test_a_package_that_is_half_installed_is_named_with_its_remedy(site: Site) -> None:
    site.host.run("dpkg --unpack /root/build/plain-1.deb")
    done = site.holdfast("patch")
    text = "got plain half installed. Run on the host: dpkg --configure -a"
    assert text in done.stdout + done.stderr
    assert done.returncode in (4, 5)
    site.host.run("dpkg --configure -a")


def test_a_plan_installs_nothing(site: Site) -> None:
    done = site.holdfast("patch", "--plan")
    assert done.returncode == 0, done
    first, second = (line for line in done.stdout.splitlines() if "would change" in line)
    assert "security: nginx" in first
    assert "plain 1 -> 2" in second
    assert "newer" not in version(site)
    seen = site.holdfast("status")
    assert "1 of security: nginx. Run: holdfast patch" in seen.stdout, seen
    assert seen.returncode == 6


def test_no_request_fails_while_the_proxy_is_replaced(site: Site) -> None:
    before = site.host.run(PROXY).stdout
    site.host.run(HOLD.format(seconds=5))
    with load(site.client) as counts:
        done = site.holdfast("patch")
    assert done.returncode == 0, done
    assert "newer" in version(site)
    assert "restarted: holdfast-proxy.service" in done.stdout
    assert site.host.run(PROXY).stdout != before
    assert counts.failures == [], counts
    assert counts.pulls > 20
    again = site.holdfast("patch")
    assert "nothing is pending" in again.stdout, again
    assert site.holdfast("status").returncode == 0


def test_a_host_reboots_when_it_is_wished_and_needed_alone(site: Site) -> None:
    assert site.holdfast("patch", "--reboot").returncode == 0
    site.host.run("touch /run/reboot-required")
    done = site.holdfast("patch")
    assert "a package requires it. Run: holdfast patch --reboot" in done.stdout, done
    booted = threading.Thread(target=_boot, args=(site,))
    booted.start()
    done = site.holdfast("patch", "--reboot")
    booted.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the host serves again" in done.stdout
    assert site.client().check() == 200


def _boot(site: Site) -> None:
    """Boot the host after it has ended, as the firmware of a machine does."""
    podman.podman("wait", site.host.container)
    site.host.start()
