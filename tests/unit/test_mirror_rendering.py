"""Mirrors: what is refused, what is rendered, where clients find them, what keeps running."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import fetch
from ansible_collections.holdfast.registry.plugins.module_utils.generations.store import (
    Store,
    links,
)
from ansible_collections.holdfast.registry.plugins.module_utils.registry import upstream
from ansible_collections.holdfast.registry.plugins.module_utils.system import paths

from holdfast.certificates import Authority, Occasion, building, checks, wanted
from holdfast.deploying import desired
from holdfast.errors import InputError
from holdfast.rendering import Tree, render
from holdfast.rendering.probe import probe
from holdfast.settings import Settings, SettingsError, parse

NOW = datetime.now(UTC)
HUB = {"name": "hub", "url": "https://registry-1.docker.io"}
QUAY = {"name": "quay", "url": "https://quay.io"}
LOGIN = {"username": "puller", "password": 'a "b": #c'}
PACKAGE = {"registry_distribution_source": "package"}


def settings(*mirrors: dict[str, Any], **more: Any) -> Settings:
    base = {
        "registry_hostname": "registry.example.com",
        "registry_auth_users": [{"name": "alice", "password_hash": "$2b$10$" + "a" * 53}],
        "registry_mirrors": list(mirrors),
        **more,
    }
    if "registry_distribution_source" not in base:
        base["registry_distribution_checksum"] = "sha256:" + "a" * 64
    return parse(base)


REFUSED: list[tuple[list[dict[str, Any]], dict[str, Any], str]] = [
    (
        [HUB, HUB],
        {},
        "registry_mirrors[1].name: expected a name of its own, got hub. Give another one",
    ),
    (
        [{**QUAY, "name": "holdfast"}],
        {},
        "registry_mirrors[0].name: expected a name that hides no repositories: holdfast's own tests"
        ' are in "holdfast/**", got holdfast. Give it another one, or a host name:'
        " registry_mirrors[0].hostname",
    ),
    (
        [{**HUB, "hostname": "registry.example.com"}],
        {},
        "registry_mirrors[0].hostname: expected a host name of its own, got registry.example.com."
        " Give another one",
    ),
    (
        [{**HUB, "directory": "/srv/registry"}],
        {},
        "registry_mirrors[0].directory: expected a directory of its own, got /srv/registry."
        " Give another one",
    ),
    (
        [{"name": "a", "url": "http://quay.io", **LOGIN}],
        {},
        "registry_mirrors[0].url: expected an https address, for a password is sent there, got"
        ' "http://quay.io". Give one, or no username',
    ),
    (
        [{**QUAY, "username": "puller"}],
        {},
        "registry_mirrors[0].username: expected to be given together with password. Give both",
    ),
    (
        [{**HUB, "ttl_seconds": 60}],
        PACKAGE,
        "registry_mirrors[0].ttl_seconds: expected not to be given, for registry 2.8 knows no other"
        " than seven days, got 60. Remove it, or take 3.1.1 (registry_distribution_source)",
    ),
    (
        [],
        {"registry_upstream_ttl_seconds": 60},
        "registry_upstream_url: expected the address of the upstream, for the rest of it is given,"
        " got nothing. Give it",
    ),
    (
        [{"name": "hub", "url": "https://quay.io/library"}],
        {},
        "registry_mirrors[0].url: expected the https (or http) address of a registry, without a"
        ' path, got "https://quay.io/library" (a string). e.g. https://quay.io, and for docker.io'
        " https://registry-1.docker.io",
    ),
]


ROBOT = {"name": "quay", "secret_hash": "sha256:" + "0" * 64, "expires": "2030-01-01"}


@pytest.mark.parametrize(
    ("pattern", "hidden"),
    [
        *((one, True) for one in ("quay/**", "quay", "quay/*/x", "{user}/**")),
        *((one, False) for one in ("quays/**", "team/quay", "**", "*/a", "x-{user}/**")),
    ],
)
def test_a_mirror_hides_no_repositories_of_rules(pattern: str, hidden: bool) -> None:
    more = {
        "registry_auth_mode": "token",
        "registry_auth_robots": [ROBOT],
        "registry_auth_rules": [
            {"subjects": ["user:alice"], "repositories": ["app"], "actions": ["pull"]},
            {"subjects": ["robot:quay"], "repositories": [pattern], "actions": ["push"]},
        ],
    }
    quay = {**QUAY, "anonymous": True}
    own_name = {**quay, "hostname": "quay.example.com"}
    assert settings({**HUB, "anonymous": True}, own_name, **more).mirrors
    if not hidden:
        assert settings({**HUB, "anonymous": True}, quay, **more).mirrors
        return
    with pytest.raises(SettingsError) as caught:
        settings({**HUB, "anonymous": True}, quay, **more)
    assert caught.value.lines == (
        "registry_mirrors[1].name: expected a name that hides no repositories:"
        f' registry_auth_rules has "{pattern}", got quay. Give it another one, or a host name:'
        " registry_mirrors[1].hostname",
    )


@pytest.mark.parametrize(("mirrors", "more", "text"), REFUSED)
def test_what_cannot_be_is_refused(
    mirrors: list[dict[str, Any]], more: dict[str, Any], text: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(*mirrors, **more)
    assert caught.value.lines == (text,)


def config(tree: Tree, path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(tree[path].content)
    return found


def test_a_mirror_has_a_configuration_a_unit_and_secrets_of_its_own() -> None:
    tree = render(settings({**QUAY, **LOGIN, "ttl_seconds": 60, "memory_mib": 300}))
    made = config(tree, "mirrors/quay/config.yml")
    assert made["proxy"] == {"remoteurl": "https://quay.io", "ttl": "60s"}
    assert made["storage"]["delete"] == {"enabled": True}
    assert made["storage"]["filesystem"]["rootdirectory"] == "/srv/registry-mirrors/quay"
    assert "cache" not in made["storage"]
    unit = tree["systemd/holdfast-mirror-quay@.service"].content
    assert "serve /etc/holdfast/generations/%i/mirrors/quay/config.yml" in unit
    assert "MemoryMax=300M" in unit
    assert "BindPaths=/srv/registry-mirrors/quay /run/holdfast/mirror-quay\n" in unit
    secret = tree["mirrors/quay/secrets.env"]
    assert (secret.mode, secret.sensitive) == (0o400, True)
    shown = [path for path, file in tree.items() if "a \\" in file.content and not file.sensitive]
    assert shown == []
    # What stands there is read by systemd, and what that gives, by the registry as YAML.
    line = secret.content.splitlines()[1].partition("=")[2]
    assert yaml.safe_load(yaml.safe_load(line)) == LOGIN["password"]


def test_the_sandbox_of_a_mirror_is_that_of_the_registry() -> None:
    tree = render(settings(QUAY))
    mine = tree["systemd/holdfast-mirror-quay@.service"].content.splitlines()
    other = tree["systemd/holdfast-registry@.service"].content.splitlines()
    network = {"PrivateNetwork=yes", "IPAddressDeny=any", "RestrictAddressFamilies=AF_UNIX"}
    lost = {line for line in other if line not in mine and not line.startswith("#")} - network
    own = (
        "Description",
        "Environment",
        "ExecStart",
        "Bind",
        "MemoryMax",
        "RestartSec",
        "Working",
        "RequiresM",
    )
    assert all(line.startswith(own) for line in lost), lost


def test_2_8_is_told_no_time_and_the_registrys_own_additions_stay_its_own() -> None:
    tree = render(settings(HUB, registry_extra_config={"catalog": {"maxentries": 5}}))
    assert "catalog" not in config(tree, "mirrors/hub/config.yml")
    assert config(tree, "registry/config.yml")["catalog"] == {"maxentries": 5}
    old = render(settings(HUB, **PACKAGE))
    assert config(old, "mirrors/hub/config.yml")["proxy"] == {"remoteurl": HUB["url"]}


def test_names_and_paths() -> None:
    one = settings({**HUB, "hostname": "hub.example.com", "anonymous": True}, QUAY)
    assert one.names == ("registry.example.com", "hub.example.com")
    assert probe(one)["mirrors"] == [
        {"service": "mirror-quay", "host": one.hostname, "path": "/v2/quay/", "open": False},
        {"service": "mirror-hub", "host": "hub.example.com", "path": "/v2/", "open": True},
    ]
    only = settings(registry_upstream_url="https://quay.io")
    assert (probe(only)["pushes"], only.only_mirror) == (False, True)
    assert config(render(only), "registry/config.yml")["storage"]["delete"] == {"enabled": True}


def test_the_certificate_is_for_all_names(tmp_path: Path) -> None:
    one = settings({**HUB, "hostname": "hub.example.com"})
    made = wanted(one, tmp_path, {}, Occasion(NOW, create=True))
    shown = checks.load(made.server["certificate.pem"])[0]
    assert checks.names(shown) == list(one.names)
    again = wanted(one, tmp_path, {"server": dict(made.server)}, Occasion(NOW))
    assert again.reason is None
    fewer = wanted(settings(HUB), tmp_path, {"server": dict(made.server)}, Occasion(NOW))
    assert "has another name" in (fewer.reason or "")
    with pytest.raises(InputError, match=r"registry_mirrors: hub\.other\.example: the authority"):
        wanted(settings({**HUB, "hostname": "hub.other.example"}), tmp_path, {}, Occasion(NOW))


def test_an_acme_server_is_asked_for_all_names(tmp_path: Path) -> None:
    acme = {"registry_tls_mode": "acme", "registry_tls_accept_terms": True}
    one = settings({**HUB, "hostname": "hub.example.com"}, **acme)
    plan = json.loads(render(one)["agent/plan.json"].content)
    asked = fetch.certbot(plan, "ecdsa", "acme.ini")
    assert asked[asked.index("--domains") + 1] == "registry.example.com,hub.example.com"
    plan["acme"]["path"] = str(tmp_path)
    place = tmp_path / "live" / "registry.example.com-ecdsa" / "fullchain.pem"
    place.parent.mkdir(parents=True)
    authority, key = Authority.create("a", 90, NOW), building.new_key().public_key()
    for others, due in (((), True), (("hub.example.com",), False)):
        place.write_text(authority.certify("registry.example.com", key, 80, NOW, *others))
        assert fetch.is_due(plan, plan["acme"], "ecdsa") is due


@pytest.mark.usefixtures("root")
def test_a_mirror_that_did_not_change_keeps_its_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "GROUP", "root")
    store = Store(str(tmp_path / "etc"))

    def stage(*mirrors: dict[str, Any], restart: bool = False, **more: Any) -> int:
        wish = desired(settings(*mirrors, **more))
        files = {path: {**kind, "group": "root"} for path, kind in wish.tree.index.items()}
        contents = {path: file.content for path, file in wish.tree.items()}
        number = store.stage(contents, {**wish.manifest("me"), "files": files}, restart=restart)
        store.flip(number)
        return number

    def instances(number: int) -> dict[str, int]:
        found = store.instances(number)
        assert found.pop("logins") == number
        return found

    stage(HUB, QUAY)
    two = stage(HUB, {**QUAY, "ttl_seconds": 60}, registry_log_format="text")
    assert instances(two) == {"registry": 2, "mirror-hub": 1, "mirror-quay": 2}
    made = links(two, store.manifest(two))
    assert made["mirror-hub.sock"] == "/run/holdfast/mirror-hub/1.sock"
    assert "systemd/holdfast.target.wants/holdfast-mirror-hub@1.service" in made
    assert store.damage(two) == []
    three = stage(HUB, {**QUAY, "ttl_seconds": 60}, registry_storage_delete=True)
    assert instances(three) == {"registry": 3, "mirror-hub": 1, "mirror-quay": 2}
    assert instances(stage(HUB, restart=True)) == {"registry": 4, "mirror-hub": 4}
    Path(store.path(4, "mirrors/hub/config.yml")).write_text("edited")
    assert instances(stage(HUB)) == {"registry": 5, "mirror-hub": 5}


def test_a_panic_becomes_plain_words() -> None:
    log = [
        'panic: Get "https://up.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused'
    ]
    with pytest.raises(upstream.AwayError) as caught:
        upstream.blame("the mirror-hub of generation 3", "https://up.example", "", log)
    wanted_text = "the mirror-hub of generation 3 waits for its upstream https://up.example"
    assert caught.value.message == f"{wanted_text}: nothing listens there"
