"""Settings to files, without a host."""

from __future__ import annotations

from typing import Any

import bcrypt
import pytest

from holdfast.errors import InputError
from holdfast.rendering import render
from holdfast.rendering.output import MASK, write
from holdfast.settings import parse

PASSWORD = "correct-horse-battery"

LINES = [
    ({"registry_log_level": "debug"}, "registry/config.yml", "  level: debug"),
    ({"registry_storage_delete": True}, "registry/config.yml", "    enabled: true"),
    ({"registry_http_drain_seconds": 7}, "registry/config.yml", "  draintimeout: 7s"),
    ({"registry_storage_purge_hours": 2}, "registry/config.yml", "      age: 2h"),
    ({"registry_proxy_body_limit_mib": 9}, "proxy/nginx.conf", "  client_max_body_size 9m;"),
    (
        {"registry_auth_realm": "Ours"},
        "proxy/nginx.conf",
        """    registry.example.com 'Basic realm="Ours"';""",
    ),
    ({"registry_service_memory_mib": 512}, "systemd/holdfast-registry@.service", "MemoryMax=512M"),
    (
        {"registry_service_memory_mib": 512},
        "systemd/holdfast-registry@.service",
        "Environment=OTEL_TRACES_EXPORTER=none GOGC=400 GOMEMLIMIT=384MiB"
        " REGISTRY_HTTP_ADDR=/run/holdfast/registry/%i.sock",
    ),
    ({"registry_proxy_port": 8443}, "systemd/holdfast-proxy.socket", "ListenStream=0.0.0.0:8443"),
    (
        {"registry_proxy_http_port": 0},
        "systemd/holdfast-proxy.service",
        "Environment=NGINX=3:4;",
    ),
    (
        {"registry_storage_directory": "/data/images"},
        "systemd/tmpfiles.conf",
        "d /data/images 0770 holdfast-registry holdfast -",
    ),
]


@pytest.mark.parametrize(("change", "path", "line"), LINES, ids=lambda value: str(value)[:40])
def test_a_setting_reaches_its_line(
    flat: dict[str, Any], change: dict[str, Any], path: str, line: str
) -> None:
    before, after = render(parse(flat)), render(parse({**flat, **change}))
    assert line in after[path].content.splitlines()
    if "enabled: true" not in line:
        assert line not in before[path].content.splitlines()


def test_the_same_settings_give_the_same_bytes(flat: dict[str, Any]) -> None:
    assert render(parse(flat)).index == render(parse(flat)).index
    assert render(parse(flat)).digest == render(parse(dict(reversed(flat.items())))).digest


def test_a_log_level_changes_one_file(flat: dict[str, Any]) -> None:
    one, two = render(parse(flat)), render(parse({**flat, "registry_log_level": "error"}))
    assert [path for path in one if one[path] != two[path]] == ["registry/config.yml"]


def test_passwords_become_hashes_that_fit_and_stay(flat: dict[str, Any]) -> None:
    entry = render(parse(flat))["logins/htpasswd"].content.strip()
    name, digest = entry.split(":")
    assert name == "alice"
    assert digest.startswith("$2b$10$")
    assert bcrypt.checkpw(PASSWORD.encode(), digest.encode())
    other = render(parse({**flat, "registry_hostname": "other.example.com"}))
    assert other["logins/htpasswd"].content.strip() != entry


def test_secrets_are_in_sensitive_files_alone(flat: dict[str, Any]) -> None:
    secret = "s" * 40
    tree = render(parse({**flat, "registry_http_secret": secret}))
    for path, file in tree.items():
        if not file.sensitive:
            assert secret not in file.content, path
            assert "$2b$" not in file.content, path
        assert PASSWORD not in file.content, path
    assert secret in tree["registry/secrets.env"].content
    assert tree["registry/secrets.env"].mode == 0o400
    assert "registry/secrets.env" not in render(parse(flat))


def test_nothing_sensitive_is_readable_by_others(flat: dict[str, Any]) -> None:
    for path, file in render(parse(flat)).items():
        assert file.owner == "root"
        assert not file.mode & 0o222, path
        assert not (file.sensitive and file.mode & 0o007), path


def test_the_socket_and_nginx_listen_alike(flat: dict[str, Any]) -> None:
    tree = render(parse(flat))
    sockets = tree["systemd/holdfast-proxy.socket"].content
    listens = [line.split("=")[1] for line in sockets.splitlines() if line.startswith("Listen")]
    assert listens == ["0.0.0.0:443", "[::]:443", "0.0.0.0:80", "[::]:80"]
    for address in listens:
        assert f"listen {address} " in tree["proxy/nginx.conf"].content
    assert "Environment=NGINX=3:4:5:6;\n" in tree["systemd/holdfast-proxy.service"].content


def test_debian_12_is_not_asked_for_what_its_openssl_lacks(flat: dict[str, Any]) -> None:
    assert "MLKEM" in render(parse(flat))["proxy/nginx.conf"].content
    old = render(parse({**flat, "registry_platform": "debian12"}))
    assert "MLKEM" not in old["proxy/nginx.conf"].content


def test_output_masks_replaces_and_refuses(flat: dict[str, Any], tmp_path: Any) -> None:
    tree, out = render(parse(flat)), tmp_path / "out"
    assert write({"r1": tree}, out).files == len(tree)
    assert (out / "r1/logins/htpasswd").read_text() == MASK
    changed = render(parse({**flat, "registry_log_level": "error"}))
    (difference,) = write({"r1": changed}, out).differences
    assert "+  level: error" in difference
    write({"r2": tree}, out, reveal=True)
    assert not (out / "r1").exists()
    assert (out / "r2/logins/htpasswd").stat().st_mode & 0o077 == 0
    assert "alice:$2b$" in (out / "r2/logins/htpasswd").read_text()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(InputError, match="expected an empty directory or an earlier output"):
        write({"r1": tree}, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
