"""`holdfast check` looks at every file of this machine that a setting names."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from holdfast.settings import parse
from holdfast.settings.files import _names_file, file_errors
from holdfast.settings.variables import variables

PEM = "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n"
OWN = {"registry_tls_mode": "own", "registry_tls_certificate": PEM, "registry_tls_key": PEM}
RELATIVE = "A relative path counts from the inventory's folder"


def found(flat: dict[str, Any], folder: Path, **change: Any) -> list[str]:
    return [str(one) for one in file_errors(parse({**flat, **change}), folder)]


def test_these_settings_name_files() -> None:
    assert {one.name for one in variables() if _names_file(one.field)} == {
        "registry_distribution_path",
        *(f"registry_tls_{key}" for key in ("certificate", "key", "rsa_certificate", "rsa_key")),
        *("registry_tls_ca", "registry_mtls_ca", "registry_mtls_crl", "registry_auth_keys_ca"),
    }


@pytest.mark.parametrize(
    "name", ["registry_tls_certificate", "registry_tls_ca", "registry_mtls_ca"]
)
def test_a_file_that_is_not_there(flat: dict[str, Any], tmp_path: Path, name: str) -> None:
    assert found(flat, tmp_path, **{**OWN, name: "pki/x.pem"}) == [
        f'{name}: expected PEM text or the path of a file with it, got "pki/x.pem"'
        f" ({tmp_path}/pki/x.pem cannot be read: No such file or directory). {RELATIVE}"
    ]


def test_the_path_of_a_key_is_not_shown_where_the_key_may_stand(
    flat: dict[str, Any], tmp_path: Path
) -> None:
    (line,) = found(flat, tmp_path, **{**OWN, "registry_tls_key": "key.pem"})
    assert line.startswith("registry_tls_key: expected PEM text or the path of a file with it")
    assert "got a path" in line


@pytest.mark.parametrize(("text", "wrong"), [("", "is empty"), ("hello", "holds no PEM")])
def test_a_file_of_another_kind(
    flat: dict[str, Any], tmp_path: Path, text: str, wrong: str
) -> None:
    (tmp_path / "x{0}.pem").write_text(text)
    (line,) = found(flat, tmp_path, registry_mtls_verify="require", registry_mtls_ca="x{0}.pem")
    assert f'got "x{{0}}.pem" ({tmp_path}/x{{0}}.pem {wrong})' in line


def test_what_is_good_or_elsewhere(flat: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text(PEM)
    assert found(flat, tmp_path, **OWN) == []
    assert found(flat, tmp_path, **{**OWN, "registry_tls_certificate": "x.pem"}) == []
    there = {"registry_tls_certificate": "host:/etc/x.pem", "registry_tls_key": "host:/etc/x.key"}
    assert found(flat, tmp_path, **{**OWN, **there}) == []


def test_the_binary_is_the_one_of_the_checksum(flat: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "registry.tar.gz"
    change = {**flat, "registry_distribution_source": "file"}
    change |= {"registry_distribution_path": "registry.tar.gz"}
    assert "cannot be read" in found(change, tmp_path)[0]
    path.write_bytes(b"registry")
    own = f"sha256:{hashlib.sha256(b'registry').hexdigest()}"
    assert found(change, tmp_path) == [
        "registry_distribution_path: expected a file with the SHA-256 of"
        f' registry_distribution_checksum, got "registry.tar.gz" ({path} has {own}).'
        " Get the file again, or correct the checksum"
    ]
    assert found({**change, "registry_distribution_checksum": own}, tmp_path) == []
