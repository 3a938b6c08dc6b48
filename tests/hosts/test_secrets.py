"""No secret in an argument, a log, a diff, or a file that others can read."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.hosts.conftest import PASSWORD, Site

SECRET = "signing-secret-of-forty-characters-0123456789"
LOGIN = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host on which nothing was deployed yet."""
    return new_site(registry_http_secret=SECRET)


@contextmanager
def watched(*commands: list[str]) -> Iterator[list[str]]:
    """Look at the arguments of all processes again and again while the block runs."""
    stop, seen = threading.Event(), list[str]()

    def look(command: list[str]) -> None:
        while not stop.is_set():
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", check=False
            )
            seen.append(done.stdout)

    threads = [threading.Thread(target=look, args=(command,)) for command in commands]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_secrets_are_nowhere_they_should_not_be(site: Site) -> None:
    processes = ["ps", "-eo", "args"]
    with watched(processes, [*site.host.ssh_command(), "ps -eo args,env"]) as seen:
        result = site.deploy("--diff", "-v")
        site.holdfast("verify", "--by-address")
    key = site.host.run("sed -n 2p /etc/holdfast/tls/current/key.pem").stdout.strip()
    digest = site.host.run("cut -d: -f2 /etc/holdfast/current/logins/htpasswd").stdout.strip()
    assert len(key) > 30
    assert digest.startswith("$2b$")
    secrets = (PASSWORD, SECRET, LOGIN, key, digest)

    def clean(text: str, where: str) -> None:
        assert [secret for secret in secrets if secret in text] == [], where

    # Root can see the environment of the registry, where systemd puts the signing secret.
    arguments = "\n".join(seen).replace(f"REGISTRY_HTTP_SECRET={SECRET}", "")
    assert "holdfast" in arguments
    clean(arguments, "arguments of processes")
    clean(result, "output of the command")
    for log in (site.folder / "rendered").rglob("*.log"):
        clean(log.read_text(), "log on the controller")
    # What verify sends to see it refused is told there byte by byte, and is no text.
    text = "| tr -d '\\200-\\377'"
    clean(site.host.run(f"journalctl --no-pager -o cat {text}").stdout, "journal")
    clean(site.host.run(f"cat /var/log/holdfast/access.log {text}").stdout, "access log")
    clean(site.host.run("systemctl show '*' -p Environment").stdout, "units")
    patterns = "".join(f"{secret}\n" for secret in secrets)
    readable = "find /etc /opt /run /srv /tmp /var /home -xdev -type f -perm /o=r -print0"
    found = site.host.run(f"{readable} | xargs -0 grep -lFf /dev/stdin", text=patterns, check=False)
    assert found.stdout == "", "world-readable files"


def test_the_services_cannot_read_each_others_secrets(site: Site) -> None:
    site.deploy()
    reach = {
        "holdfast-registry": ("current/logins/htpasswd", "tls/current/key.pem"),
        "holdfast-proxy": (
            "current/registry/secrets.env",
            "secrets/http.env",
            "current/logins/htpasswd",
        ),
        "holdfast-logins": ("tls/current/key.pem", "secrets/http.env"),
    }
    for user, paths in reach.items():
        for path in paths:
            line = f"setpriv --reuid {user} --init-groups cat /etc/holdfast/{path}"
            assert site.host.run(line, check=False).returncode != 0, (user, path)


def test_the_proxy_may_read_images_while_it_sends_them_itself(site: Site) -> None:
    def seen() -> str:
        """Return mode and owner of the images as the proxy's unit sees them."""
        shown = "stat -c '%a %U' /proc/$(systemctl show -P MainPID holdfast-proxy)/root"
        return site.host.run(f"{shown}/srv/registry").stdout.strip()

    site.deploy()
    assert seen() == "770 holdfast-registry"
    others = site.host.run("setpriv --reuid nobody --clear-groups ls /srv/registry", check=False)
    assert "Permission denied" in others.stderr
    site.deploy(registry_proxy_direct_blobs=False)
    assert seen() == "0 root"
    site.deploy(registry_proxy_direct_blobs=True)
