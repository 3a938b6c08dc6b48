"""Test a new generation as a client does, through its public name, before the old one stops."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    over_plain,
    over_tls,
    over_unix,
    two_layer_image,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system import files, paths, systemd
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError
from ansible_collections.holdfast.registry.plugins.module_utils.tokens import keys as token_keys

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.probe import (
        ClientProbe,
        MirrorProbe,
    )

REPOSITORY = "holdfast/smoke"


def smoke(number: int, probe: ClientProbe) -> str:
    """Log in, push, pull, and expect refusals; return a summary. Raises StepError.

    `probe` is that of holdfast.rendering.probe, with only the mirrors that run. It also has
    username and password if they are known, and client_pair: a certificate and its key.
    """
    try:
        return _smoke(number, probe)
    except (OSError, RegistryError) as error:
        log = systemd.journal("holdfast-proxy.service", 5)
        raise StepError(
            f"smoke test: {error}", log + systemd.journal(paths.unit(number), 5)
        ) from error


def _smoke(number: int, probe: ClientProbe) -> str:
    with _client_pair(probe) as pair:
        anyone = _anyone(probe, pair)
        if probe["certificates"] == "require" and not pair:
            _expect(anyone.check(), 403, "no certificate")
            if not probe["pushes"]:
                return "refusal without a client certificate"
            if probe.get("elsewhere"):
                return "refusal without a client certificate (no token to push with here)"
            done = _round_trip(number, _past_the_proxy(number, probe), probe)
            return f"{done} without the proxy (we have no client certificate), refusal without"
        results = [_pushes(number, probe, anyone)] if probe["pushes"] else []
        results += [_mirror(one, probe, pair) for one in probe["mirrors"]]
        return ", ".join(results) or "no mirror runs"


def _pushes(number: int, probe: ClientProbe, anyone: Client) -> str:
    if probe.get("login", True):
        return _as_client(number, probe, anyone)
    _expect(anyone.check(), 200, "no login")
    return f"{_round_trip(number, anyone, probe)} without a login"


def _anyone(probe: ClientProbe, pair: tuple[str, str] | None) -> Client:
    host, port, address = probe["host"], probe["port"], probe["address"]
    if probe["scheme"] == "http":
        return over_plain(host, port, address=address)
    # The certificate in use is the only one trusted: this proves which one is served, too.
    return over_tls(host, port, address=address, cafile=paths.CERTIFICATE, pair=pair)


def _as_client(number: int, probe: ClientProbe, anyone: Client) -> str:
    name = probe.get("username") or "nobody"
    _expect(anyone.check(), 401, "no login")
    if probe.get("elsewhere"):
        _expect(anyone.bearing(secrets.token_urlsafe(24)).check(), 401, "a token of nobody's")
        return f"a token of {probe['realm']} required, another refused (none to push with here)"
    _expect(anyone.login(name, secrets.token_urlsafe(24)).check(), 401, "a wrong password")
    password = probe.get("password")
    client = anyone.login(name, password) if password else None
    if client:
        _expect(client.check(), 200, f"the login of {name}")
    if token_keys.issues(number):
        # No rule is needed for it: only this host can give itself such a token.
        done = _round_trip(number, anyone.bearing(_token(number)), probe)
        known = f"login of {name}, " if client else ""
        return f"{known}{done} with a token of the host, wrong password refused"
    if not client:
        done = _round_trip(number, _past_the_proxy(number, probe), probe)
        return f"{done} (without a login: no user's password is known), wrong password refused"
    return f"login, {_round_trip(number, client, probe)}, wrong password refused"


def _past_the_proxy(number: int, probe: ClientProbe) -> Client:
    client = over_unix(paths.socket(number), probe["host"])
    return client.bearing(_token(number)) if token_keys.issues(number) else client


def _token(number: int) -> str:
    return token_keys.mint(number, f"repository:{REPOSITORY}:pull,push")


def _mirror(mirror: MirrorProbe, probe: ClientProbe, pair: tuple[str, str] | None) -> str:
    """Expect access with a login, or without one if none is required, and a refused push."""
    client, name = _anyone({**probe, "host": mirror["host"]}, pair), mirror["service"]
    path = mirror["path"]
    status = client.request("GET", path).status
    _expect(status, 200 if mirror["open"] else 401, f"{name} without a login")
    user, password = probe.get("username"), probe.get("password")
    if user and password and not mirror["open"]:
        client = client.login(user, password)
        _expect(client.request("GET", path).status, 200, f"{name} with a login")
    begun = client.request("POST", f"{path}{REPOSITORY}/blobs/uploads/").status
    _expect(begun, 405, f"a push to {name}")
    client.close()
    return f"{name} answers and takes no push"


@contextmanager
def _client_pair(probe: ClientProbe) -> Iterator[tuple[str, str] | None]:
    """Write the test's short-lived certificate to files while it runs: OpenSSL needs files."""
    texts = probe.get("client_pair")
    if not texts:
        yield None
        return
    with tempfile.TemporaryDirectory(dir="/run") as folder:
        paths = [os.path.join(folder, name) for name in ("certificate.pem", "key.pem")]
        for path, text in zip(paths, texts, strict=True):
            files.write_new(path, text.encode(), 0o600)
        yield paths[0], paths[1]


def _round_trip(number: int, client: Client, probe: ClientProbe) -> str:
    """Push and pull, or expect a refused push on a read-only registry; return a summary."""
    if not probe["writes"]:
        begun = client.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/")
        _expect(begun.status, 405, "a push to a registry that is read-only")
        return "push refused (read-only)"
    client.storage_ca = _storage_ca(number)
    image = two_layer_image("holdfast smoke test")
    client.push(REPOSITORY, "latest", image, again=True)
    found = client.pull(REPOSITORY, "latest")
    if found != image:
        raise RegistryError(f"{REPOSITORY}:latest came back as another image")
    client.close()
    return "push, pull"


def _storage_ca(number: int) -> str:
    """Return the PEM that a generation's registry trusts in addition to the system's."""
    path = f"{paths.ETC}/generations/{number}/registry/ca.pem"
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def _expect(status: int, expected: int, what: str) -> None:
    if status != expected:
        raise RegistryError(f"expected {expected} for {what}, got {status}")
