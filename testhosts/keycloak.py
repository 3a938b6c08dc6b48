"""Run a real Keycloak with a realm for a registry: from Maven Central, built once."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.holdfast.registry.plugins.module_utils.system.files import sha256_of

from testhosts.cache import cache, locked
from testhosts.machine import HarnessError, run

VERSION = "26.7.3"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
SHA256 = "27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f"
REALM, USER, PASSWORD = "holdfast", "alice", "correct-horse-battery"
SERVICE = "registry"
"""Client id of the registry in the realm, with the protocol of registries."""
FEATURES = ("--features=docker", "--db=dev-mem", "--health-enabled=false")
"""Options of Keycloak's build: the protocol of registries is off by default."""
JAVA = {
    "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx256m",
    # It lives for a minute: the thorough compiler would only be in the way.
    "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1",
}
LEAST_JAVA = 17
START_SECONDS = 400
BUILD_SECONDS = 600


@dataclass(frozen=True)
class Keycloak:
    """A running Keycloak with https."""

    url: str
    """URL of the realm, which is also the issuer of its tokens."""

    @property
    def realm(self) -> str:
        """URL at which registry clients get tokens."""
        return f"{self.url}/protocol/docker-v2/auth"

    @property
    def keys(self) -> str:
        """URL of its public keys."""
        return f"{self.url}/protocol/openid-connect/certs"


def obtain() -> Path:
    """Return the folder of a built Keycloak. Raises HarnessError 4 if it cannot be built."""
    folder = cache() / "keycloak" / f"keycloak-{VERSION}"
    done = folder / "built"
    with locked("keycloak"):
        if not done.exists():
            _needs_java()
            shutil.rmtree(folder, ignore_errors=True)
            _unpack(folder.parent)
            run([str(folder / "bin" / "kc.sh"), "build", *FEATURES], timeout=BUILD_SECONDS)
            (folder / "data" / "import").mkdir(parents=True)
            (folder / "data" / "import" / "realm.json").write_text(json.dumps(_realm()))
            done.touch()
    return folder


@contextmanager
def running(log: Path, certificate: Path, key: Path, trusted: Path) -> Iterator[Keycloak]:
    """Run a Keycloak at localhost that issues tokens for a registry, until the block ends.

    `certificate` and `key` are for localhost, signed by `trusted`. It needs about 400 MB of memory,
    and 15 s to start. Its data is only in memory.
    """
    port = _free_port()
    one = Keycloak(f"https://localhost:{port}/realms/{REALM}")
    argv = [
        *(
            str(obtain() / "bin" / "kc.sh"),
            "start",
            "--optimized",
            "--import-realm",
            "--cache=local",
        ),
        *(f"--https-port={port}", f"--hostname=https://localhost:{port}", "--http-host=127.0.0.1"),
        *(f"--https-certificate-file={certificate}", f"--https-certificate-key-file={key}"),
        f"--http-management-port={_free_port()}",
    ]
    environment = {**os.environ, **JAVA}
    with log.open("wb") as stream:
        process = subprocess.Popen(argv, stdout=stream, stderr=stream, env=environment)
    try:
        _await(process, one, trusted, log)
        yield one
    finally:
        process.terminate()
        process.wait(30)


def _needs_java() -> None:
    java = shutil.which("java")
    if not java or not shutil.which("mvn"):
        raise HarnessError("Keycloak: there is no java, or no mvn, on this machine", 4)
    output = run([java, "-version"], check=False).stderr
    version = output.partition('"')[2].partition(".")[0]
    if not version.isdigit() or int(version) < LEAST_JAVA:
        raise HarnessError(f"Keycloak: needs Java {LEAST_JAVA} or newer, found {version}", 4)


def _unpack(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    copy = ["mvn", "-B", "-q", "dependency:copy", f"-Dartifact={ARTIFACT}"]
    try:
        run([*copy, f"-DoutputDirectory={folder}"], timeout=BUILD_SECONDS)
    except HarnessError as error:
        raise HarnessError(f"Keycloak: cannot be had from Maven Central: {error}", 4) from None
    (archive,) = folder.glob("*.zip")
    found = sha256_of(str(archive))
    if found != SHA256:
        archive.unlink()
        raise HarnessError(f"Keycloak: {ARTIFACT}: expected sha256 {SHA256}, found {found}", 4)
    with zipfile.ZipFile(archive) as members:
        members.extractall(folder)
    archive.unlink()
    (folder / f"keycloak-{VERSION}" / "bin" / "kc.sh").chmod(0o755)


def _realm() -> dict[str, object]:
    credentials = [{"type": "password", "value": PASSWORD, "temporary": False}]
    person = {"email": f"{USER}@example.com", "firstName": "Alice", "lastName": "Example"}
    return {
        "realm": REALM,
        "enabled": True,
        "accessTokenLifespan": 300,
        "clients": [{"clientId": SERVICE, "protocol": "docker-v2", "enabled": True}],
        "users": [{"username": USER, "enabled": True, **person, "credentials": credentials}],
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await(process: subprocess.Popen[bytes], one: Keycloak, trusted: Path, log: Path) -> None:
    context = ssl.create_default_context(cafile=str(trusted))
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            # Until its realms are there it answers 503 and 404.
            with urllib.request.urlopen(one.keys, context=context, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise HarnessError(f"Keycloak: does not start: {log.read_text()[-2000:]}", 4)
