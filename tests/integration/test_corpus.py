"""Every configuration of the corpus is imported, checked, rendered and started."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry_client import over_plain

from holdfast.distribution.configuration import check
from tests.integration.conftest import running
from tests.integration.startup import serving
from tests.integration.test_commands import holdfast

CORPUS = Path(__file__).parents[1] / "corpus"
RELEASE = ("--to", "3.1.1", "--checksum", f"sha256:{'a' * 64}")

COUNTS = {
    "anchors": (4, 0, 4, 5, 1),
    "azure-28": (0, 1, 1, 5, 3),
    "azure-31": (0, 0, 1, 10, 4),
    "compose-debug": (1, 0, 1, 7, 3),
    "compose-htpasswd": (10, 1, 7, 3, 1),
    "compose-minio": (4, 1, 1, 12, 3),
    "compose-mirror": (5, 0, 1, 0, 2),
    "debian-package": (3, 1, 6, 2, 2),
    "debops": (13, 2, 6, 4, 1),
    "docker-auth": (1, 0, 1, 7, 2),
    "docs-cloudfront": (0, 1, 1, 10, 3),
    "docs-everything-28": (30, 6, 7, 25, 1),
    "docs-letsencrypt": (5, 0, 1, 1, 1),
    "docs-minimal": (1, 1, 6, 1, 2),
    "docs-mirror": (6, 0, 1, 1, 2),
    "docs-mutual-tls": (8, 0, 1, 2, 2),
    "full-of-slips": (1, 1, 4, 11, 2),
    "gitlab-chart": (10, 6, 8, 16, 3),
    "gitlab-omnibus": (5, 3, 6, 6, 2),
    "harbor": (13, 4, 4, 6, 1),
    "helm-s3": (4, 1, 5, 5, 3),
    "helm-sentinel": (11, 2, 1, 3, 2),
    "helm-stable": (3, 1, 7, 9, 2),
    "k3d-mirror": (0, 0, 2, 2, 2),
    "nixos": (3, 1, 6, 2, 2),
    "openshift": (3, 0, 2, 6, 2),
    "oss": (0, 0, 1, 7, 3),
    "portus": (7, 0, 1, 6, 2),
    "read-only-mirror": (5, 7, 2, 1, 1),
    "swift": (1, 0, 2, 10, 2),
    "validation": (7, 11, 1, 0, 1),
}
"""How many lines became a setting, were kept, are the same anyway, were dropped, are missing."""

FOR_3 = {
    "azure-31",
    "compose-minio",
    "docker-auth",
    "docs-mirror",
    "docs-mutual-tls",
    "gitlab-chart",
    "helm-s3",
    "helm-sentinel",
    "read-only-mirror",
    "validation",
}
"""Configurations for 3.x, and one for 2.8 that moves up."""


@pytest.fixture
def upstream(tmp_path: Path, registry_binary: Path, free_port: int) -> Iterator[str]:
    """The address of a registry that can be mirrored."""
    config, address = tmp_path / "upstream.yml", f"127.0.0.1:{free_port}"
    storage = {"filesystem": {"rootdirectory": str(tmp_path / "upstream")}}
    made = {"version": "0.1", "storage": storage, "http": {"addr": address}}
    config.write_text(yaml.safe_dump(made))
    ask = over_plain("upstream", free_port, address="127.0.0.1").check
    with running([registry_binary, "serve", config], tmp_path / "upstream.log", ask):
        yield f"http://{address}"


@pytest.mark.parametrize("name", COUNTS)
def test_it_imports_and_starts(
    name: str,
    tmp_path: Path,
    registry_binary: Path,
    packaged_registry_binary: Path,
    request: pytest.FixtureRequest,
) -> None:
    newer = name in FOR_3
    told = imported(tmp_path, name, newer)
    assert tuple(told[-1][kind] for kind in KINDS) == COUNTS[name]
    # Every key that was written is told of, and nothing of what is secret.
    secrets = {"not-for-you", "c0ffee00", "9f8b4c1e", "4ZJxSfwQ", "$2"}
    assert [one for one in told if any(secret in json.dumps(one) for secret in secrets)] == []
    done = holdfast(tmp_path, "render", "-i", "acme", "-o", "out")
    assert done.returncode == 0, done.stdout + done.stderr
    (config,) = (tmp_path / "out").glob("*/registry/config.yml")
    assert check(yaml.safe_load(config.read_text()), "3.1.1" if newer else "2.8.3") == []
    own = {
        "REGISTRY_HTTP_ADDR": str(tmp_path / "socket"),
        "REGISTRY_HTTP_SECRET": "0" * 32,
        "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(tmp_path / "data"),
    }
    binary = registry_binary if newer else packaged_registry_binary
    if "proxy" in yaml.safe_load(config.read_text()):
        # A mirror ends when its upstream cannot be reached, and those of the corpus cannot.
        own["REGISTRY_PROXY_REMOTEURL"] = request.getfixturevalue("upstream")
    log, listening = tmp_path / "log", tmp_path / "socket"
    with serving(binary, config, log, listening, **own) as one:
        assert one.code is None, one.said
        assert one.ask("GET", "/v2/").status == 200


def test_the_corpus_is_whole() -> None:
    assert {path.stem for path in CORPUS.glob("*.yml")} == COUNTS.keys()


def imported(folder: Path, name: str, newer: bool) -> list[dict[str, object]]:
    """Import a configuration of the corpus to `acme`; return what was told of it."""
    options = list(RELEASE) if newer else []
    for option, ending in (("--env", "env"), ("--htpasswd", "htpasswd")):
        path = CORPUS / f"{name}.{ending}"
        # The configuration in the style of Harbor names its password file itself.
        options += [option, str(path)] if path.exists() and name != "harbor" else []
    config = str(CORPUS / f"{name}.yml")
    done = holdfast(folder, "import", config, "-o", "acme", "--json", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


KINDS = ("setting", "kept", "same", "dropped", "missing")
