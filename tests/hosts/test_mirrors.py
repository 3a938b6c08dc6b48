"""Mirrors on a systemd host, of a second real registry that comes and goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    Image,
    over_tls,
    two_layer_image,
)

from testhosts import upstream
from tests.hosts.conftest import NAME, PASSWORD, Site

HUB = "hub.holdfast.test"
CARL = {"name": "carl", "password": "a-third-horse-staple"}
USERS = [{"name": "alice", "password": PASSWORD}]
LOGIN = {"username": upstream.USER, "password": upstream.PASSWORD}
MIRRORS = [
    {"name": "hub", "url": upstream.URL, "hostname": HUB, "anonymous": True, **LOGIN},
    {"name": "team", "url": upstream.URL, **LOGIN},
]


@dataclass
class Mirrored:
    """A host with two mirrors, its upstream, and the authority of that."""

    site: Site
    trust: str

    @property
    def source(self) -> Client:
        """A client of the upstream."""
        cafile = self.site.folder / "upstream.crt"
        cafile.write_text(self.trust)
        address, port = self.site.host.address, upstream.PORT
        client = over_tls(upstream.NAME, port, address=address, cafile=str(cafile))
        return client.login(upstream.USER, upstream.PASSWORD)

    @property
    def hub(self) -> Client:
        """A client of the mirror that has a name of its own, without a login."""
        ca = str(self.site.folder / "pki" / "ca.crt")
        return over_tls(HUB, 443, address=self.site.host.address, cafile=ca, timeout=30)

    def push(self, tag: str, text: str, repository: str = "library/thing") -> Image:
        """Push an image to the upstream."""
        image = two_layer_image(text)
        self.source.push(repository, tag, image)
        return image

    def main(self, service: str) -> str:
        """Return the processes that run a service."""
        pattern = f"'holdfast-{service}@*.service'"
        shown = self.site.host.run(f"systemctl show -P MainPID {pattern}").stdout
        return " ".join(pid for pid in shown.split() if pid != "0")


@pytest.fixture(scope="module")
def mirrored(new_site: Callable[..., Site]) -> Mirrored:
    """Two mirrors of a registry that asks for a login."""
    site = new_site()
    trust = upstream.serve(site.host)
    made = Mirrored(site, trust)
    made.push("1", "one")
    said = site.deploy(registry_mirrors=MIRRORS, registry_service_ca=trust)
    assert "mirror-hub and mirror-team and registry ready" in said
    assert "mirror-hub answers and takes no push" in said
    return made


@pytest.fixture
def down(mirrored: Mirrored) -> Iterator[Mirrored]:
    """The same with the upstream down, while a test runs."""
    mirrored.site.host.run("systemctl stop upstream")
    yield mirrored
    upstream.start(mirrored.site.host)


def test_a_mirror_fetches_keeps_and_sees_a_new_tag(mirrored: Mirrored) -> None:
    one = mirrored.push("1", "one")
    alice = mirrored.site.client()
    assert mirrored.hub.pull("library/thing", "1") == one
    assert alice.pull("team/library/thing", "1") == one
    assert alice.request("GET", "/v2/library/thing/manifests/1").status == 404
    digest = next(iter(one.blobs)).removeprefix("sha256:")
    for name in ("hub", "team"):
        data = f"/srv/registry-mirrors/{name}/docker/registry/v2/blobs/sha256"
        assert mirrored.site.host.run(f"ls {data}/{digest[:2]}/{digest}/data").stdout
    two = mirrored.push("1", "two")
    assert mirrored.hub.pull("library/thing", "1") == two
    mirrored.push("1", "one")
    assert mirrored.hub.pull("library/thing", "1") == one


def test_pages_of_a_list_stay_below_the_path(mirrored: Mirrored) -> None:
    mirrored.push("2", "another")
    reply = mirrored.site.client().request("GET", "/v2/team/library/thing/tags/list?n=1")
    assert reply.headers["Link"].startswith("</v2/team/library/thing/tags/list?last=1&")


def test_a_second_deploy_has_nothing_to_do_and_all_is_verified(mirrored: Mirrored) -> None:
    assert "nothing to do" in mirrored.site.deploy()
    done = mirrored.site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout
    assert "mirrors" in done.stdout
    status = mirrored.site.holdfast("status").stdout
    assert f"mirror-hub of {upstream.URL}: runs, its upstream answers" in status


def test_the_upstreams_login_is_nowhere_to_be_seen(mirrored: Mirrored) -> None:
    host, secret = mirrored.site.host, "[$]ecret"
    for where in (
        "cat /proc/*/cmdline | tr '\\0' ' '",
        "journalctl --no-pager",
        "systemctl show 'holdfast-*'",
        "cat /var/log/holdfast/*",
    ):
        assert host.run(f"{where} | grep -ac '{secret}'", check=False).stdout.strip() == "0", where
    found = host.run(f"grep -rl '{secret}' /etc /run /var/lib /srv", check=False)
    files = found.stdout.split()
    assert files
    assert all(path.endswith("/secrets.env") for path in files), files
    assert set(host.run(f"stat -c %a:%U {' '.join(files)}").stdout.split()) == {"400:root"}
    told = mirrored.site.holdfast("render", "-o", str(mirrored.site.folder / "out"), "--diff")
    assert upstream.PASSWORD not in told.stdout


def test_a_change_elsewhere_restarts_no_mirror(mirrored: Mirrored) -> None:
    before = [mirrored.main(one) for one in ("registry", "mirror-hub", "mirror-team")]
    mirrored.site.deploy(registry_auth_users=[*USERS, CARL])
    after = [mirrored.main(one) for one in ("registry", "mirror-hub", "mirror-team")]
    assert after[0] != before[0]
    assert after[1:] == before[1:]
    assert mirrored.site.holdfast("verify", "--by-address", "--only", "units").returncode == 0


def test_an_edited_file_of_a_mirror_that_went_on_is_healed(mirrored: Mirrored) -> None:
    shown = mirrored.site.host.run("readlink /etc/holdfast/current/mirror-hub.sock").stdout
    number = shown.strip().rpartition("/")[2].removesuffix(".sock")
    assert int(number) < mirrored.site.current()
    config = f"/etc/holdfast/generations/{number}/mirrors/hub/config.yml"
    mirrored.site.host.run(f"chmod 640 {config}; echo '# edited' >> {config}")
    before = mirrored.main("mirror-hub")
    mirrored.site.deploy()
    assert mirrored.main("mirror-hub") != before
    assert "nothing to do" in mirrored.site.deploy()


def test_with_the_upstream_down_what_was_fetched_is_served(down: Mirrored) -> None:
    assert down.hub.pull("library/thing", "1") == two_layer_image("one")
    assert down.hub.request("GET", "/v2/library/never/manifests/1").status == 404
    status = down.site.holdfast("status")
    assert "nothing listens there. Cached images are still served" in status.stdout
    assert status.returncode == 6


def test_with_the_upstream_down_other_things_can_be_deployed(down: Mirrored) -> None:
    before = down.main("mirror-hub")
    down.site.deploy(registry_auth_users=USERS)
    assert down.main("mirror-hub") == before
    assert down.hub.pull("library/thing", "1") == two_layer_image("one")


def test_a_mirror_that_cannot_start_is_refused_and_what_served_serves(down: Mirrored) -> None:
    number, before = down.site.current(), down.main("mirror-hub")
    new = [*MIRRORS, {"name": "new", "url": upstream.URL, **LOGIN}]
    other = [{**MIRRORS[0], "ttl_seconds": 60}, MIRRORS[1]]
    for changed, name in ((new, "mirror-new"), (other, "mirror-hub")):
        done = down.site.holdfast("deploy", registry_mirrors=changed)
        assert done.returncode == 5, done.stdout
        assert f"the {name} of generation" in done.stdout
        assert f"waits for its upstream {upstream.URL}: nothing listens there" in done.stdout
        assert (down.site.current(), down.main("mirror-hub")) == (number, before)
    assert down.hub.pull("library/thing", "1") == two_layer_image("one")


def test_a_mirror_that_lost_its_process_waits_and_fails_no_deploy(down: Mirrored) -> None:
    mirrored, host = down, down.site.host
    host.run("systemctl kill -s KILL 'holdfast-mirror-hub@*.service'")
    said = mirrored.site.deploy(registry_auth_users=[*USERS, CARL])
    assert f"waits for its upstream {upstream.URL}: nothing listens there" in said
    assert mirrored.site.client("carl", CARL["password"]).check() == 200
    status = mirrored.site.holdfast("status").stdout
    assert "does not run" in status
    upstream.start(host)
    deadline = time.monotonic() + 30
    while mirrored.hub.check() != 200:
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert mirrored.hub.pull("library/thing", "1") == two_layer_image("one")
    assert "nothing to do" in mirrored.site.deploy()


def test_a_rollback_takes_mirrors_along(mirrored: Mirrored) -> None:
    mirrored.site.deploy(registry_mirrors=MIRRORS[:1])
    assert mirrored.main("mirror-team") == ""
    assert mirrored.site.client().request("GET", "/v2/team/").status == 404
    done = mirrored.site.holdfast("rollback")
    assert done.returncode == 0, done.stdout
    assert mirrored.main("mirror-team")
    assert mirrored.site.client().pull("team/library/thing", "1") == two_layer_image("one")


def test_a_host_that_is_nothing_but_a_mirror(mirrored: Mirrored) -> None:
    site = mirrored.site
    login = {f"registry_upstream_{name}": value for name, value in LOGIN.items()}
    site.deploy(registry_mirrors=[], registry_upstream_url=upstream.URL, **login)
    assert site.client().pull("library/thing", "1") == two_layer_image("one")
    assert site.client().request("POST", "/v2/x/blobs/uploads/").status == 405
    assert NAME in site.holdfast("status").stdout
    done = site.holdfast("verify", "--by-address")
    assert done.returncode == 0, done.stdout
    before = mirrored.main("registry")
    site.deploy(registry_auth_users=USERS)
    assert mirrored.main("registry") == before
    assert "nothing to do" in site.deploy()
