"""Storage: rendered values by driver and version, refusals, and checks on the host."""

from __future__ import annotations

import calendar
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.storage import preflight as on_host
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_client import (
    Keys,
    signature,
)
from ansible_collections.holdfast.registry.plugins.module_utils.storage.s3_role import role_keys

from holdfast.distribution.configuration import check
from holdfast.preview import scratch
from holdfast.rendering import render
from holdfast.rendering.storage_config import facts
from holdfast.settings import SettingsError, parse

PACKAGE = {"registry_distribution_source": "package", "registry_distribution_checksum": None}
S3 = {
    "registry_storage_driver": "s3",
    "registry_storage_region": "eu-central-1",
    "registry_storage_bucket": "images",
    "registry_storage_access_key": "AKIAEXAMPLE",
    "registry_storage_secret_key": "0123+/hush",
}
OWN = {**S3, "registry_storage_endpoint": "https://s3.example.com:9000"}
KEY = json.dumps({"type": "service_account", "client_email": "a@b", "private_key": "hush"})
GCS = {
    "registry_storage_driver": "gcs",
    "registry_storage_bucket": "images",
    "registry_storage_key": KEY,
}
AZURE = {
    "registry_storage_driver": "azure",
    "registry_storage_account": "acme",
    "registry_storage_container": "images",
    "registry_storage_account_key": "aHVzaA==",
}
APPLICATION = {
    **AZURE,
    "registry_storage_account_key": None,
    "registry_storage_credentials": "client_secret",
    "registry_storage_tenant_id": "t",
    "registry_storage_client_id": "c",
    "registry_storage_client_secret": "hush",
}
RENDERED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (S3, {"region": "eu-central-1", "bucket": "images", "secure": True}, "s3"),
    (OWN, {"forcepathstyle": True, "regionendpoint": "https://s3.example.com:9000"}, "s3"),
    ({**OWN, **PACKAGE}, {"regionendpoint": "https://s3.example.com:9000"}, "s3"),
    ({**S3, "registry_storage_root_directory": "a/b"}, {"rootdirectory": "/a/b"}, "s3"),
    (GCS, {"bucket": "images"}, "gcs"),
    (AZURE, {"credentials": {"type": "shared_key"}}, "azure"),
    ({**AZURE, **PACKAGE}, {"accountname": "acme", "container": "images"}, "azure"),
    (
        APPLICATION,
        {"credentials": {"type": "client_secret", "clientid": "c", "tenantid": "t"}},
        "azure",
    ),
]
WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {**S3, "registry_storage_secret_key": None},
        "registry_storage_secret_key: expected to be given",
    ),
    ({**S3, "registry_storage_kms_key": "k"}, "registry_storage_encrypt: expected true,"),
    ({**OWN, "registry_storage_fips": True}, "registry_storage_fips: expected false,"),
    (
        {**S3, **PACKAGE, "registry_storage_fips": True},
        "registry_storage_fips: expected false. 2.8.3",
    ),
    (
        {**OWN, **PACKAGE, "registry_storage_path_style": False},
        "registry_storage_path_style: expected true",
    ),
    (
        {**S3, **PACKAGE, "registry_storage_storage_class": "glacier_ir"},
        "registry_storage_storage_class: ",
    ),
    (
        {**AZURE, **PACKAGE, "registry_storage_root_directory": "x"},
        "registry_storage_root_directory: ",
    ),
    ({**APPLICATION, **PACKAGE}, "registry_storage_credentials: expected shared_key. 2.8.3"),
    (
        {**AZURE, "registry_storage_account_key": None},
        "registry_storage_account_key: expected a value,",
    ),
    (
        {**APPLICATION, "registry_storage_account_key": "aHVzaA=="},
        "registry_storage_account_key: expected nothing",
    ),
    ({**GCS, "registry_storage_key": "{}"}, "registry_storage_key: expected the JSON text"),
    (
        {**GCS, "registry_storage_key": None, "registry_storage_redirect": True},
        "registry_storage_key: expected a service",
    ),
    (
        {**S3, "registry_storage_directory": "/x"},
        "registry_storage_directory: given, but registry_storage_driver is s3.",
    ),
    (
        {"registry_storage_redirect": True},
        "registry_storage_redirect: given, but registry_storage_driver is filesystem.",
    ),
]


def made(flat: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**flat, **change}.items() if value is not None}


@pytest.mark.parametrize(("change", "expected", "driver"), RENDERED)
def test_each_driver_is_rendered_for_its_version(
    flat: dict[str, Any], change: dict[str, Any], expected: dict[str, Any], driver: str
) -> None:
    settings = parse(made(flat, change))
    tree = render(settings)
    config = yaml.safe_load(tree["registry/config.yml"].content)
    assert config["storage"][driver].items() >= expected.items()
    at_once = None if settings.version.startswith("2.") else {"concurrencylimit": 16}
    assert config["storage"].get("tag") == at_once
    assert config["storage"]["redirect"] == {"disable": True}
    assert "filesystem" not in config["storage"]
    assert ("forcepathstyle" in config["storage"][driver]) is ("forcepathstyle" in expected)
    public = [path for path, file in tree.items() if "hush" in file.content and not file.sensitive]
    assert public == []
    assert "/srv/registry" not in "".join(file.content for file in tree.values())
    assert "PrivateNetwork=yes" not in tree["systemd/holdfast-registry@.service"].content


def test_secrets_stay_texts_where_the_registry_reads_yaml(flat: dict[str, Any]) -> None:
    tree = render(parse(made(flat, {**S3, "registry_storage_secret_key": "0123e4"})))
    (line,) = [
        line for line in tree["registry/secrets.env"].content.splitlines() if "SECRETKEY" in line
    ]
    name, _, value = line.partition("=")
    assert name == "REGISTRY_STORAGE_S3_SECRETKEY"
    assert yaml.safe_load(json.loads(value)) == "0123e4"


def test_an_applications_secret_comes_with_all_of_its_section(flat: dict[str, Any]) -> None:
    text = render(parse(made(flat, APPLICATION)))["registry/secrets.env"].content
    name, _, value = text.strip().partition("=")
    assert name == "REGISTRY_STORAGE_AZURE_CREDENTIALS"
    given = yaml.safe_load(json.loads(value))
    assert given == {"type": "client_secret", "clientid": "c", "tenantid": "t", "secret": "hush"}


def test_a_service_accounts_key_is_a_file_of_the_registrys_own(flat: dict[str, Any]) -> None:
    tree = render(parse(made(flat, GCS)))
    file = tree["registry/gcs.json"]
    assert (file.mode, file.group, file.sensitive) == (0o440, "holdfast-registry", True)
    assert json.loads(file.content) == json.loads(KEY)
    config = yaml.safe_load(tree["registry/config.yml"].content)
    assert config["storage"]["gcs"]["keyfile"] == "gcs.json"
    unit = tree["systemd/holdfast-registry@.service"].content
    assert "WorkingDirectory=/etc/holdfast/generations/%i/registry\n" in unit


@pytest.mark.parametrize(("change", "expected"), WRONG, ids=lambda value: str(value)[:50])
def test_what_a_driver_or_a_version_cannot_do(
    flat: dict[str, Any], change: dict[str, Any], expected: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(made(flat, change))
    assert str(caught.value.complaints[0]).startswith(expected)
    assert "hush" not in str(caught.value)


def test_the_facts_hold_no_secret(flat: dict[str, Any]) -> None:
    for change in (S3, GCS, AZURE, APPLICATION):
        assert "hush" not in json.dumps(facts(parse(made(flat, change))))


def test_the_compiler_sees_what_the_environment_brings(flat: dict[str, Any]) -> None:
    config = yaml.safe_load(
        render(parse(made(flat, {**AZURE, **PACKAGE})))["registry/config.yml"].content
    )
    assert [str(one) for one in check(config, "2.8.3")] == [
        "storage.azure.accountkey: expected a value, got nothing"
    ]


def test_the_signature_is_the_one_that_amazon_published() -> None:
    # The example of a GET with a range, in Amazon's documentation of signatures.
    keys = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    moment = time.gmtime(calendar.timegm((2013, 5, 24, 0, 0, 0)))
    headers = {"host": "examplebucket.s3.amazonaws.com", "Range": "bytes=0-9"}
    empty = hashlib.sha256(b"").hexdigest()
    signed = signature(keys, "us-east-1", moment, ("GET", "/test.txt", ""), headers, empty)
    expected = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    assert signed["authorization"].endswith(f"Signature={expected}")


def test_the_hosts_role_is_asked_by_a_token() -> None:
    requested = []

    class Metadata(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self._say(b"token")

        def do_GET(self) -> None:
            requested.append(self.headers["X-aws-ec2-metadata-token"])
            role = self.path.endswith("/ours")
            keys = {"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T"}
            self._say(json.dumps(keys).encode() if role else b"ours")

        def _say(self, text: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Metadata) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert role_keys(f"127.0.0.1:{server.server_port}") == Keys("A", "S", "T")
        server.shutdown()
    assert requested == ["token", "token"]
    with pytest.raises(OSError, match="refused"):
        role_keys("127.0.0.1:1")


def test_a_directory_with_others_files_is_refused(tmp_path: Path) -> None:
    assert on_host.occupied(str(tmp_path / "none"), adopt=False) == []
    assert on_host.occupied(str(tmp_path), adopt=False) == []
    (tmp_path / "lost+found").mkdir()
    assert on_host.occupied(str(tmp_path), adopt=False) == []
    (tmp_path / "docker/registry/v2").mkdir(parents=True)
    (result,) = on_host.occupied(str(tmp_path), adopt=False)
    assert "registry_storage_adopt: true" in result
    assert on_host.occupied(str(tmp_path), adopt=True) == []
    (tmp_path / "photos").mkdir()
    (result,) = on_host.occupied(str(tmp_path), adopt=True)
    assert result.startswith(f"{tmp_path}: expected an empty directory or a registry's")
    assert "docker, photos" in result


def test_images_are_not_left_behind_by_accident(tmp_path: Path) -> None:
    serving = {"place": str(tmp_path), "directory": str(tmp_path)}
    wanted = {"place": "gs://images", "driver": "gcs", "adopt": False}
    assert on_host.examine(wanted, serving, {}, writes=True)["problems"] == []
    (tmp_path / "docker/registry/v2/repositories/holdfast").mkdir(parents=True)
    assert on_host.examine(wanted, serving, {}, writes=True)["problems"] == []
    (tmp_path / "docker/registry/v2/repositories/team").mkdir()
    (result,) = on_host.examine(wanted, serving, {}, writes=True)["problems"]
    assert result.startswith(
        f"gs://images: expected the place of the images that are served, {tmp_path}."
    )
    assert on_host.examine({**wanted, "adopt": True}, serving, {}, writes=True)["problems"] == []


def test_a_mount_that_is_missing(tmp_path: Path) -> None:
    wanted = {"directory": str(tmp_path), "mount": True}
    (result,) = on_host.unmounted(wanted)
    assert "expected a mount of its own" in result
    assert on_host.unmounted({"directory": "/proc", "mount": True}) == []
    assert on_host.unmounted({**wanted, "mount": False}) == []


def test_a_preview_keeps_its_images_here(flat: dict[str, Any], tmp_path: Path) -> None:
    added = {"storage": {"s3": {"objectacl": "private"}, "tag": {"concurrencylimit": 4}}}
    settings = parse(
        made(flat, {**OWN, "registry_storage_delete": True, "registry_extra_config": added})
    )
    config = yaml.safe_load(render(settings)["registry/config.yml"].content)
    assert config["storage"]["s3"]["objectacl"] == "private"
    here = scratch.adapt(settings, tmp_path, 8443, (3, 5))
    kept = yaml.safe_load(render(here)["registry/config.yml"].content)["storage"]
    assert kept["filesystem"]["rootdirectory"] == str(tmp_path / "images")
    assert kept["delete"] == {"enabled": True}
    assert kept["tag"] == {"concurrencylimit": 4}
    assert "s3" not in kept
    assert not [path for path, file in render(here).items() if "hush" in file.content]
