"""Platforms: one row each, and nobody else compares their names."""

import ast
import re
from pathlib import Path

import pytest

from holdfast.platforms import DEFAULT, PLATFORMS, for_openssl, found
from holdfast.settings import parse

CODE = Path(__file__).parents[2]
CHECKSUM = "sha256:" + "0" * 64
FLAT = {
    "registry_hostname": "registry.example.com",
    "registry_distribution_source": "package",
    "registry_auth_users": [{"name": "alice", "password": "correct horse battery"}],
}


@pytest.mark.parametrize(
    ("given", "host", "platform", "version"),
    [
        ({}, None, DEFAULT, "2.8.3"),
        ({}, "debian12", "debian12", "2.8.2"),
        ({}, "fedora42", DEFAULT, "2.8.3"),
        ({"registry_platform": "debian12"}, None, "debian12", "2.8.2"),
        ({"registry_platform": "debian13"}, "debian12", "debian13", "2.8.3"),
    ],
)
def test_a_host_says_what_it_runs_where_the_inventory_does_not(given, host, platform, version):
    settings = parse({**FLAT, **given}, host)
    assert (settings.platform, settings.version) == (platform, version)
    assert settings.platform_known is (bool(given) or host in PLATFORMS)
    assert settings.os is PLATFORMS[platform]


@pytest.mark.parametrize(
    ("os_release", "name"),
    [
        ({"ID": "debian", "VERSION_ID": "12"}, "debian12"),
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "ubuntu2404"),
        ({"ID": "debian"}, "debian?"),
        ({}, "??"),
    ],
)
def test_os_release_names_a_platform(os_release, name):
    assert found(os_release) == name


def test_an_old_openssl_takes_a_platform_without_hybrid_key_exchange():
    assert for_openssl("debian13", (3, 5)) == "debian13"
    assert for_openssl("debian13", (3, 0)) == "debian12"
    assert for_openssl("debian12", (3, 5)) == "debian12"


def test_nobody_else_compares_names_of_platforms():
    names = re.compile("|".join(PLATFORMS))
    templates = [path for path in CODE.glob("templates/**/*") if path.is_file()]
    found = [str(path) for path in templates if names.search(path.read_text())]
    texts = [
        f"{path.relative_to(CODE)}:{node.lineno}"
        for folder in ("src", "plugins")
        for path in (CODE / folder).rglob("*.py")
        if not str(path.relative_to(CODE)).startswith("src/holdfast/platforms/")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if names.search(node.value)
    ]
    assert found + texts == []
