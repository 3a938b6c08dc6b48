"""Every configuration of the corpus is imported, checked, rendered and started."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import over_plain

from holdfast.distribution.configuration import check
from tests import trials
from tests.integration import s3
from tests.integration.conftest import running
from tests.integration.startup import serving
from tests.integration.test_commands import holdfast

CORPUS = Path(__file__).parents[1] / "corpus"
RELEASE = ("--to", "3.1.1", "--checksum", f"sha256:{'a' * 64}")

COUNTS = {
    "anchors": (4, 0, 4, 5, 1),
    "azure-28": (6, 0, 1, 1, 2),
    "azure-31": (6, 3, 1, 2, 3),
    "compose-debug": (1, 0, 1, 7, 3),
    "compose-htpasswd": (11, 1, 7, 2, 1),
    "compose-minio": (15, 1, 2, 1, 2),
    "compose-mirror": (5, 0, 1, 1, 2),
    "compose-service": (10, 0, 4, 2, 0),
    "debian-package": (3, 1, 6, 2, 2),
    "debops": (14, 2, 5, 4, 1),
    "docker-auth": (6, 0, 1, 2, 2),
    "docker-run": (5, 0, 1, 4, 2),
    "docs-cloudfront": (8, 0, 1, 3, 3),
    "docs-everything-28": (26, 5, 6, 31, 2),
    "docs-letsencrypt": (5, 0, 1, 1, 1),
    "docs-minimal": (1, 1, 6, 1, 2),
    "docs-mirror": (6, 0, 1, 1, 2),
    "docs-mutual-tls": (8, 0, 1, 2, 2),
    "endpoint-path": (6, 0, 1, 1, 3),
    "full-of-slips": (3, 1, 3, 11, 2),
    "gitlab-chart": (20, 5, 6, 9, 4),
    "gitlab-omnibus": (10, 3, 6, 1, 2),
    "harbor": (14, 3, 4, 6, 1),
    "helm-s3": (11, 0, 5, 0, 3),
    "helm-sentinel": (11, 2, 1, 3, 3),
    "helm-stable": (3, 1, 7, 9, 2),
    "helm-values": (10, 1, 6, 1, 2),
    "k3d-mirror": (1, 0, 2, 2, 2),
    "keycloak": (7, 0, 1, 1, 0),
    "kubernetes": (9, 0, 3, 1, 1),
    "nixos": (3, 1, 6, 2, 2),
    "openshift": (3, 0, 2, 6, 2),
    "oss": (0, 0, 1, 7, 3),
    "portus": (11, 0, 1, 2, 2),
    "read-only-mirror": (7, 3, 4, 2, 1),
    "redis-url": (5, 0, 1, 1, 2),
    "swift": (1, 0, 2, 10, 2),
    "systemd-unit": (5, 0, 1, 4, 1),
    "validation": (7, 11, 1, 0, 1),
}
"""Number of lines that became a setting, were kept, are the same, dropped or missing."""

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


DRIVERS = {
    "azure-28": ("azure", "registry"),
    "azure-31": ("azure", "registry"),
    "compose-minio": ("s3", "registry"),
    "docs-cloudfront": ("s3", "company-images"),
    "gitlab-chart": ("gcs", "gitlab-registry"),
    "endpoint-path": ("s3", "images"),
    "helm-s3": ("s3", "images"),
    "helm-values": ("s3", "images"),
    "kubernetes": ("s3", "registry"),
}
"""Drivers other than the file system, which come along with their buckets."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.Server]:
    with s3.serving(tmp_path_factory.mktemp("s3")) as one:
        yield one


CHOSEN = {
    *("anchors", "azure-31", "compose-htpasswd", "compose-service", "docs-everything-28"),
    *("docs-mirror", "docs-mutual-tls", "full-of-slips", "gitlab-chart", "harbor"),
    *("helm-s3", "helm-sentinel", "validation"),
}
"""Configurations of a whole run: each way to write one, each driver, 2.8 and 3.x."""


@pytest.mark.parametrize("name", trials.some(COUNTS, CHOSEN))
def test_it_imports_and_starts(  # noqa: PLR0917 -- the parts that it runs
    name: str,
    tmp_path: Path,
    registry_binary: Path,
    packaged_registry_binary: Path,
    request: pytest.FixtureRequest,
    server: s3.Server,
) -> None:
    newer = name in FOR_3
    result = imported(tmp_path, name, newer)
    assert tuple(result[-1][kind] for kind in KINDS) == COUNTS[name]
    # Every key that was written is told of, and nothing of what is secret.
    secrets = {"not-for-you", "c0ffee00", "9f8b4c1e", "4ZJxSfwQ", "$2"}
    assert [one for one in result if any(secret in json.dumps(one) for secret in secrets)] == []
    complete(tmp_path, name)
    done = holdfast(tmp_path, "render", "-i", "acme", "-o", "out", "--secrets")
    assert done.returncode == 0, done.stdout + done.stderr
    (config,) = (tmp_path / "out").glob("*/registry/config.yml")
    faults = check(yaml.safe_load(config.read_text()), "3.1.1" if newer else "2.8.3")
    # The one secret that a driver cannot do without is in its environment.
    assert [f for f in faults if f.variable != "storage.azure.accountkey"] == []
    put_here(config)
    own = {"REGISTRY_HTTP_ADDR": str(tmp_path / "socket"), "REGISTRY_HTTP_SECRET": "0" * 32}
    own |= stored(config, name, tmp_path / "data", server)
    binary = registry_binary if newer else packaged_registry_binary
    if "proxy" in yaml.safe_load(config.read_text()):
        # A mirror ends when its upstream cannot be reached, and those of the corpus cannot.
        own["REGISTRY_PROXY_REMOTEURL"] = request.getfixturevalue("upstream")
    log, listening = tmp_path / "log", tmp_path / "socket"
    with serving(binary, config, log, listening, **own) as one:
        assert one.code is None, one.said
        tokens = "auth" in yaml.safe_load(config.read_text())
        assert one.ask("GET", "/v2/").status == (401 if tokens else 200)


def complete(folder: Path, name: str) -> None:
    """Check an inventory: what is refused is what a person completes, and then nothing is."""
    path = CORPUS / f"{name}.complete"
    done = holdfast(folder, "check", "-i", "acme")
    if path.exists():
        assert done.returncode == 2, done.stdout + done.stderr
        refused = set(re.findall(r": (registry_\w+)", done.stdout + done.stderr))
        assert refused
        assert refused <= yaml.safe_load(path.read_text()).keys()
        shutil.copy(path, folder / "acme/group_vars/registry/zz_complete.yml")
        done = holdfast(folder, "check", "-i", "acme")
    assert done.returncode == 0, done.stdout + done.stderr


def put_here(config: Path) -> None:
    """Replace a host's paths in a configuration by those of the rendered files."""
    tree = config.parent.parent
    text = config.read_text().replace("/etc/holdfast/trust/", f"{tree}/trust/")
    text = text.replace('"cdn-key.pem"', f'"{tree}/registry/cdn-key.pem"')
    config.chmod(0o600)
    config.write_text(text)


def stored(config: Path, name: str, data: Path, server: s3.Server) -> dict[str, str]:
    """Store images locally, or on a real S3 server; return the variables for that.

    Imported drivers of other kinds have tests of their own.
    """
    parsed = yaml.safe_load(config.read_text())
    driver, bucket = DRIVERS.get(name, ("filesystem", ""))
    found = parsed["storage"].get(driver, {})
    assert bucket in {found.get("bucket"), found.get("container"), ""}
    if driver == "s3":
        keys = {"ACCESSKEY": s3.ROOT.access, "SECRETKEY": s3.ROOT.secret, "BUCKET": s3.BUCKET}
        place = {"REGION": "eu-central-1", "REGIONENDPOINT": f"https://localhost:{server.port}"}
        keys |= {**place, "FORCEPATHSTYLE": "true", "SECURE": "true"}
        ca = {"SSL_CERT_FILE": str(server.folder / "ca.pem"), "AWS_CA_BUNDLE": ""}
        return {f"REGISTRY_STORAGE_S3_{key}": value for key, value in keys.items()} | ca
    if driver in {"gcs", "azure"}:
        del parsed["storage"][driver]
        parsed["storage"]["filesystem"] = {}
        config.chmod(0o600)
        config.write_text(yaml.safe_dump(parsed))
    return {"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(data)}


def test_the_corpus_is_whole() -> None:
    assert {path.stem for path in CORPUS.glob("*.yml")} == COUNTS.keys()


def imported(folder: Path, name: str, newer: bool) -> list[dict[str, object]]:
    """Import a configuration of the corpus to `acme`; return the report."""
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
