"""Damages to a deployed host: `deploy` heals each, or the command that it prints does."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    two_layer_image,
)

from tests import trials
from tests.hosts.conftest import Site

IMAGE = two_layer_image("damages")
UNITS = "/etc/systemd/system"
NOW = "/etc/holdfast/generations/$(basename $(readlink /etc/holdfast/current))"
IN_USE = "/etc/holdfast/tls/$(readlink /etc/holdfast/tls/current)"

DAMAGES = {
    # These seven stand for all; `make trials` does the others.
    "no link to the generation": "rm /etc/holdfast/current",
    "a manifest that is cut": f"truncate -s 100 {NOW}/manifest.json",
    "no unit of the proxy": f"rm {UNITS}/holdfast-proxy.service; systemctl daemon-reload",
    "a secret that is cut": "truncate -s 5 /etc/holdfast/secrets/http.env",
    "a store without the proxy's group": "chown -R holdfast-registry: /srv/registry",
    "no certificates": "rm -rf /etc/holdfast/tls",
    "a key that is cut": f"truncate -s 0 {IN_USE}/key.pem",
    # All others.
    "a store of root's": "chown -R root: /srv/registry",
    "an empty configuration of the proxy": f"truncate -s 0 {NOW}/proxy/nginx.conf",
    "no account of the proxy": "userdel -f holdfast-proxy",
    "a link to no generation": "ln -sfn generations/999 /etc/holdfast/current",
    "no manifest": f"rm {NOW}/manifest.json",
    "a manifest of something else": f"echo '[1]' > {NOW}/manifest.json",
    "a manifest without its parts": f"echo '{{\"number\": 1}}' > {NOW}/manifest.json",
    "no key": f"rm {IN_USE}/key.pem",
    "a certificate that is cut": f"truncate -s 100 {IN_USE}/certificate.pem",
    "another certificate's key": (
        f"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {IN_USE}/key.pem"
    ),
    "no link to the certificates": "rm /etc/holdfast/tls/current",
    "certificates that the proxy cannot read": f"chmod 0600 {IN_USE}/*; chown root: {IN_USE}/*",
    "a closed store": "chmod -R 000 /srv/registry",
    "no store": "rm -rf /srv/registry",
    "no unit of the registry": f"rm {UNITS}/holdfast-registry@*; systemctl daemon-reload",
    "a masked proxy": "ln -sfn /dev/null /etc/systemd/system/holdfast-proxy.service;"
    " systemctl daemon-reload; systemctl stop holdfast-proxy.service",
    "stopped services": "systemctl stop holdfast-proxy.socket holdfast-proxy 'holdfast-registry@*'",
    "a configuration of another hand": f"echo x: y >> {NOW}/registry/config.yml",
    "no logins": f"rm {NOW}/logins/htpasswd",
    "no account of the registry": "userdel -f holdfast-registry",
    "no generation": f"rm -rf {NOW}",
    "no generations": "rm -rf /etc/holdfast/generations",
    "nothing of ours in /etc": "rm -rf /etc/holdfast",
    "no binary": "rm -rf /opt/holdfast",
    "a binary that is cut": "for one in /opt/holdfast/*/registry; do truncate -s 1000 $one; done",
    "no secret": "rm /etc/holdfast/secrets/http.env",
    "no sockets": "rm -rf /run/holdfast/*",
    "no logs": "rm -rf /var/log/holdfast",
    "no cache of the proxy": "rm -rf /var/cache/holdfast-proxy",
    "a history that cannot be read": "head -c 300 /dev/urandom > /etc/holdfast/history.jsonl",
    "a note that cannot be read": "head -c 300 /dev/urandom > /etc/holdfast/activation.json",
    "no links of the system": "rm /etc/sysusers.d/holdfast.conf /etc/tmpfiles.d/holdfast.conf",
    "no nginx": "rm /usr/sbin/nginx",
}
RUN = re.compile(r"Run: ([^\n]+?)(?:\. |\.?$|,)", re.MULTILINE)


@pytest.fixture(scope="module")
def site(new_site: Callable[..., Site]) -> Site:
    """A host with a registry and an image."""
    made = new_site(registry_storage_delete=True)
    made.deploy()
    made.client().push("team/image", "latest", IMAGE)
    return made


@pytest.mark.parametrize("what", trials.some(DAMAGES, list(DAMAGES)[:7]))
def test_a_damage_is_healed(site: Site, what: str) -> None:
    site.host.run(DAMAGES[what], check=False)
    said = _heal(site)
    client = site.client()
    if what == "no store":
        client.push("team/image", "latest", IMAGE)
    assert client.pull("team/image", "latest") == IMAGE, said
    client.push("team/after", "latest", two_layer_image(what))
    status = site.holdfast("status")
    assert status.returncode == 0, said + status.stdout + status.stderr
    again = site.deploy()
    assert "nothing to do" in again, said + again


def _heal(site: Site) -> str:
    """Deploy; if that is refused, run what it says, and deploy again. Return all output."""
    done = site.holdfast("deploy")
    said = done.stdout + done.stderr
    if done.returncode == 0:
        return said
    commands = dict.fromkeys(RUN.findall(said))
    assert commands, said
    for command in commands:
        words = shlex.split(command)
        if words[0] == "holdfast":
            one = site.holdfast(*words[1:])
            said += f"\n$ {command}\n{one.stdout}{one.stderr}"
        else:
            said += f"\n$ {command}\n{site.host.run(command, check=False).stdout}"
    done = site.holdfast("deploy")
    said += done.stdout + done.stderr
    assert done.returncode == 0, said
    return said
