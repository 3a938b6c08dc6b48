"""Tokens with the real registries 2.8 and 3.1 behind the real nginx: clients, and attackers."""

from __future__ import annotations

import base64
import contextlib
import hmac
import http.client
import json
import os
import signal
import ssl
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
import pytest
from ansible_collections.holdfast.registry.plugins.module_utils.gate.store import MOST_BYTES
from ansible_collections.holdfast.registry.plugins.module_utils.registry.client import (
    Client,
    RegistryError,
    over_tls,
    two_layer_image,
)
from jwt.utils import base64url_encode

from holdfast.issuer import keys
from holdfast.preview import Preview
from holdfast.settings import Settings, parse
from holdfast.verification import Target, run
from testhosts import binary
from tests import trials
from tests.integration import pairs
from tests.integration.test_verification import two_ports

PASSWORD, SECRET = "looking-glass", "hfr_" + "s" * 40
IMAGE = two_layer_image("tokens")
RULES = [
    {"subjects": ["anonymous"], "repositories": ["public/**"], "actions": ["pull"]},
    {"subjects": ["user:alice"], "repositories": ["team-a/**", "public/**"], "actions": ["push"]},
    {"subjects": ["user:alice"], "repositories": ["team-a/**"], "actions": ["delete"]},
    {"subjects": ["user:alice"], "repositories": ["holdfast/*"], "actions": ["push", "delete"]},
    {"subjects": ["user:bob"], "repositories": ["team-b/**"], "actions": ["push"]},
    {"subjects": ["user:bob"], "repositories": ["team-a/shared"], "actions": ["pull"]},
    {"subjects": ["robot:ci"], "repositories": ["team-a/app"], "actions": ["pull"]},
    {"subjects": ["user:alice"], "actions": ["catalog"]},
]


@dataclass
class Served:
    """A registry that accepts tokens, and what a client or an attacker needs."""

    settings: Settings
    directory: Path
    cafile: Path

    @property
    def place(self) -> str:
        return self.settings.authority

    def anyone(self) -> Client:
        port = self.settings.proxy.port
        return over_tls("localhost", port, address="127.0.0.1", cafile=str(self.cafile))

    def login(self, name: str, password: str = PASSWORD) -> Client:
        return self.anyone().login(name, password)

    @property
    def key(self) -> keys.Private:
        """The key that signs, as only the issuer has it."""
        folder = (self.directory / "etc/trust").resolve().parent
        return keys.private((folder / "signing.pem").read_text())

    def token(self, *, seconds: float = 300, key: Any = None, **changes: Any) -> str:
        """Return a token that may do everything in team-a/app, but for what is changed."""
        key = self.key if key is None else key
        now = time.time()
        form = "libtrust" if self.settings.version.startswith("2.") else "rfc7638"
        header = {"kid": keys.key_id(self.key.public_key(), form), **changes.pop("header", {})}
        claims = {
            "iss": "holdfast",
            "aud": "localhost",
            "sub": "alice",
            "iat": int(now) - 600,
            "nbf": int(now) - 600,
            "exp": int(now + seconds),
            "access": [access("team-a/app")],
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        algorithm = header.pop("alg", "ES256")
        header = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(claims, key, algorithm, header)


def access(name: str) -> dict[str, Any]:
    return {"type": "repository", "name": name, "actions": ["pull", "push", "delete"]}


def variables(directory: Path, version: str) -> dict[str, Any]:
    port, http_port = two_ports()
    return {
        "registry_hostname": "localhost",
        "registry_platform": "debian12",
        "registry_distribution_version": version,
        "registry_distribution_checksum": "sha256:" + "0" * 64,
        "registry_storage_directory": str(directory / "data"),
        "registry_proxy_addresses": ["127.0.0.1"],
        "registry_proxy_port": port,
        "registry_proxy_http_port": http_port,
        "registry_storage_delete": True,
        "registry_auth_mode": "token",
        "registry_auth_users": [{"name": name, "password": PASSWORD} for name in ("alice", "bob")],
        "registry_auth_robots": [
            {
                "name": "ci",
                "secret_hash": "sha256:" + sha256(SECRET.encode()).hexdigest(),
                "expires": "2099-12-31",
            }
        ],
        "registry_auth_rules": RULES,
    }


@pytest.fixture(scope="module", params=["3.1.1", "2.8.2"])
def served(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    registry_binary: Path,
    packaged_registry_binary: Path,
) -> Iterator[Served]:
    """Both registries, one after the other, each with an image in team-a/app and team-a/shared."""
    path = {"3.1.1": registry_binary, "2.8.2": packaged_registry_binary}[request.param]
    directory = tmp_path_factory.mktemp("tokens")
    settings = parse(variables(directory, request.param))
    cafile = pairs.prepare(directory, settings)
    served = Served(settings, directory, cafile)
    with (
        pairs.registry(path, directory, settings),
        pairs.proxy(directory, settings, lambda text: text),
    ):
        for name in ("team-a/app", "team-a/shared", "public/base"):
            served.login("alice").push(name, "1", IMAGE)
        yield served


def _symmetric(served: Served, secret: str) -> str:
    """Sign as an attacker would who hopes that a public key is taken for a shared secret."""
    good = served.token()
    kid = jwt.get_unverified_header(good)["kid"]
    claims = jwt.decode(good, options={"verify_signature": False})
    # By hand: PyJWT refuses to sign with what looks like a public key.
    head = {"alg": "HS256", "typ": "JWT", "kid": kid}
    text = b".".join(base64url_encode(json.dumps(one).encode()) for one in (head, claims))
    signature = hmac.digest(secret.encode(), text, "sha256")
    return (text + b"." + base64url_encode(signature)).decode()


def _brought(served: Served) -> str:
    other = keys.make()
    jwk = json.loads(keys.jwks([other.public_key()]))["keys"][0]
    return served.token(key=other, header={"jwk": jwk, "kid": None})


def _refresh(served: Served) -> str:
    reply = served.login("alice").request("GET", "/auth/token?offline_token=true")
    return str(json.loads(reply.body)["refresh_token"])


FORGED: dict[str, Callable[[Served], str]] = {
    "no signature": lambda s: s.token(key="", header={"alg": "none"}),
    "HS256 with the public key": lambda s: _symmetric(s, keys.public_pem(s.key.public_key())),
    "HS256 with the JWKS": lambda s: _symmetric(s, keys.jwks([s.key.public_key()])),
    "HS256 with nothing": lambda s: _symmetric(s, ""),
    "another key": lambda s: s.token(key=keys.make()),
    "a key that it brings": _brought,
    "no key id": lambda s: s.token(header={"kid": None}),
    "an unknown key id": lambda s: s.token(header={"kid": "x"}),
    "another audience": lambda s: s.token(aud="elsewhere"),
    "no audience": lambda s: s.token(aud=None),
    "another issuer": lambda s: s.token(iss="elsewhere"),
    "ended": lambda s: s.token(seconds=-61),
    "not begun": lambda s: s.token(nbf=int(time.time()) + 120),
    "no end": lambda s: s.token(exp=None),
    "another repository": lambda s: s.token(access=[access("team-a/other")]),
    "a repository that begins so": lambda s: s.token(access=[access("team-a")]),
    "no access": lambda s: s.token(access=[]),
    "another type": lambda s: s.token(access=[{**access("team-a/app"), "type": "registry"}]),
    "a refresh token": _refresh,
    "nothing": lambda _: "",
    "8 KiB": lambda _: "x" * 8192,
    "16 KiB": lambda _: "x" * 16384,
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_token_that_is_not_right_opens_nothing(served: Served, kind: str) -> None:
    client = served.anyone().bearing(FORGED[kind](served))
    for method, path in (("GET", "manifests/1"), ("POST", "blobs/uploads/")):
        reply = client.request(method, f"/v2/team-a/app/{path}")
        assert (reply.status, reply.headers["WWW-Authenticate"][:7]) == (401, "Bearer "), method


def test_right_tokens_are_good_up_to_a_minute_after_their_end(served: Served) -> None:
    for token in (served.token(), served.token(seconds=-50), served.token(pad="x" * 12000)):
        reply = served.anyone().bearing(token).request("GET", "/v2/team-a/app/tags/list")
        assert reply.status == 200


def test_a_token_is_looked_at_when_a_request_begins(served: Served) -> None:
    """An upload may take longer than its token lives; what begins later needs the next one."""
    client = served.anyone().bearing(served.token(seconds=-57.5))
    place = client.request("POST", "/v2/team-a/app/blobs/uploads/").headers["Location"]
    content = os.urandom(256 << 10)

    def slowly() -> Iterator[bytes]:
        for start in range(0, len(content), 64 << 10):
            yield content[start : start + (64 << 10)]
            time.sleep(1.2)

    headers = {"Content-Type": "application/octet-stream"}
    begun = time.monotonic()
    reply = client.request("PATCH", place, slowly(), headers)  # type: ignore[arg-type]
    assert (reply.status, time.monotonic() - begun > 4) == (202, True)
    end = f"{reply.headers['Location']}&digest=sha256:{sha256(content).hexdigest()}"
    assert client.request("PUT", end).status == 401
    assert served.anyone().bearing(served.token()).request("PUT", end).status == 201


def test_rules_hold_for_pull_push_delete_and_catalog(served: Served) -> None:
    bob, alice, ci = served.login("bob"), served.login("alice"), served.login("ci", SECRET)
    assert bob.pull("team-a/shared", "1") == IMAGE == ci.pull("team-a/app", "1")
    for client, name in ((bob, "team-a/app"), (ci, "team-a/shared"), (bob, "team-a/shared/x")):
        with pytest.raises(RegistryError, match="401"):
            client.pull(name, "1")
    for client, name in ((bob, "team-a/shared"), (ci, "team-a/app"), (bob, "public/base")):
        with pytest.raises(RegistryError, match="401"):
            client.push(name, "1", two_layer_image("another"))
    assert bob.request("DELETE", f"/v2/team-a/shared/manifests/{IMAGE.digest}").status == 401
    assert alice.request("DELETE", f"/v2/public/base/manifests/{IMAGE.digest}").status == 401
    gone = alice.push("team-a/gone", "1", IMAGE)
    assert alice.delete("team-a/gone", gone)
    assert alice.request("GET", "/v2/_catalog").status == 200
    assert bob.request("GET", "/v2/_catalog").status == 401


def test_a_mount_needs_pull_there_and_push_here(served: Served) -> None:
    blob = next(iter(IMAGE.blobs))
    ask = f"/v2/{{}}/blobs/uploads/?mount={blob}&from={{}}"
    bob = served.login("bob")
    assert bob.request("POST", ask.format("team-b/app", "team-a/shared")).status == 201
    assert bob.request("POST", ask.format("team-b/app2", "team-a/app")).status in (401, 202)
    assert bob.request("POST", ask.format("team-a/app", "team-a/shared")).status == 401
    assert bob.request("HEAD", f"/v2/team-b/app2/blobs/{blob}").status == 404


def test_crane_does_all_that_its_user_may(served: Served, tmp_path: Path) -> None:
    crane = _crane(served, tmp_path)
    place = served.place
    assert crane("digest", f"{place}/public/base:1") == IMAGE.digest
    crane("digest", f"{place}/team-a/app:1", refused=True)
    crane("auth", "login", place, "-u", "bob", "-p", "wrong")  # it only writes it down
    crane("digest", f"{place}/team-a/shared:1", refused=True)
    crane("auth", "login", place, "-u", "bob", "-p", PASSWORD)
    crane("copy", f"{place}/team-a/shared:1", f"{place}/team-b/copied:1")
    assert crane("digest", f"{place}/team-b/copied:1") == IMAGE.digest
    crane("copy", f"{place}/team-a/shared:1", f"{place}/team-a/x:1", refused=True)
    crane("auth", "login", place, "-u", "alice", "-p", PASSWORD)
    assert "team-a/app" in crane("catalog", place).split()
    crane("copy", f"{place}/team-a/app:1", f"{place}/team-a/crane:1")
    crane("delete", f"{place}/team-a/crane@{IMAGE.digest}")
    crane("auth", "login", place, "-u", "ci", "-p", SECRET)
    crane("pull", f"{place}/team-a/app:1", str(tmp_path / "pulled.tar"))
    crane("catalog", place, refused=True)


def test_skopeo_does_all_that_its_user_may(served: Served, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(served.cafile.read_bytes())
    login = ["--authfile", str(tmp_path / "auth.json"), "--cert-dir", str(tmp_path)]
    source = [f"--src-{one[2:]}" if one.startswith("--") else one for one in login]
    aim = [f"--dest-{one[2:]}" if one.startswith("--") else one for one in login]
    here = f"docker://{served.place}"

    def skopeo(*argv: str, code: int = 0) -> str:
        done = subprocess.run(["skopeo", *argv], capture_output=True, text=True, check=False)
        assert bool(done.returncode) == bool(code), done.stdout + done.stderr
        return done.stdout + done.stderr

    skopeo("inspect", "--cert-dir", str(tmp_path), "--raw", f"{here}/public/base:1")
    assert "unauthorized" in skopeo(
        "inspect", "--cert-dir", str(tmp_path), f"{here}/team-a/app:1", code=1
    )
    assert "invalid username/password" in skopeo(
        "login", *login, "-u", "bob", "-p", "wrong", served.place, code=1
    )
    skopeo("login", *login, "-u", "alice", "-p", PASSWORD, served.place)
    skopeo("copy", *source, *aim, f"{here}/team-a/app:1", f"{here}/team-a/skopeo:1")
    skopeo("delete", *login, f"{here}/team-a/skopeo:1")
    skopeo("copy", *source, f"{here}/team-a/app:1", f"dir:{tmp_path / 'image'}")
    skopeo("login", *login, "-u", "bob", "-p", PASSWORD, served.place)
    skopeo("copy", *aim, f"dir:{tmp_path / 'image'}", f"{here}/team-b/skopeo:1")
    assert "denied" in skopeo(
        "copy", *aim, f"dir:{tmp_path / 'image'}", f"{here}/team-a/skopeo:2", code=1
    )


OPEN = {"subjects": ["anonymous"], "repositories": ["**"], "actions": ["pull"]}
SABOTAGE: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "everybody may pull everything": (
        lambda rules: [
            *rules,
            {"subjects": ["anonymous"], "repositories": ["**"], "actions": ["pull"]},
        ],
        {"auth.anonymous", "auth.rules"},
    ),
    "a rule is lost": (lambda rules: rules[:3] + rules[4:], {"auth.rules", "images.push"}),
    "nobody lists": (lambda rules: rules[:-1], {"auth.rules", "auth.catalog"}),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_verify_sees_other_rules_than_those_of_the_inventory(
    what: str, tmp_path: Path, registry_binary: Path
) -> None:
    change, checks = SABOTAGE[what]
    settings = parse(variables(tmp_path, "3.1.1"))
    cafile = pairs.prepare(tmp_path, settings)
    path = tmp_path / "etc/current/issuer/access.json"
    result = json.loads(path.read_text())
    path.write_text(json.dumps({**result, "rules": change(result["rules"])}))
    with (
        pairs.registry(registry_binary, tmp_path, settings),
        pairs.proxy(tmp_path, settings, lambda text: text),
    ):
        results = run([Target("r1", settings, address="127.0.0.1", cafile=cafile)])
    failed = {outcome.check for outcome in results.failures}
    assert checks <= failed, [outcome.text for outcome in results.failures]


def test_a_preview_issues_tokens(tmp_path: Path, registry_binary: Path) -> None:
    with Preview(parse(variables(tmp_path, "3.1.1")), registry_binary) as preview:
        port = preview.settings.proxy.port
        anyone = over_tls("localhost", port, address="127.0.0.1", cafile=str(preview.ca_file))
        assert anyone.login("alice", PASSWORD).push("team-a/app", "1", IMAGE) == IMAGE.digest
        assert anyone.login("alice", "wrong").check() == 401


def test_a_preview_of_unknown_passwords_has_a_user_that_may_do_everything(
    tmp_path: Path, registry_binary: Path
) -> None:
    users = [{"name": one, "password_hash": f"$2b$10${'a' * 53}"} for one in ("alice", "bob")]
    result = {**variables(tmp_path, "3.1.1"), "registry_auth_users": users}
    with Preview(parse(result), registry_binary) as preview:
        port, user = preview.settings.proxy.port, preview.settings.probe_user
        assert user and user.password
        anyone = over_tls("localhost", port, address="127.0.0.1", cafile=str(preview.ca_file))
        client = anyone.login(user.name, user.password.get_secret_value())
        assert client.push("anywhere", "1", IMAGE) == IMAGE.digest


PAUSES = {"crane": (2 - 60, 3.5), "skopeo": (60, 125.0)}
"""Lifetime of tokens and length of the pause in seconds.

The registry accepts tokens for one more minute. crane reacts to a refusal, skopeo to the lifetime
in the issuer's answer.
"""


@pytest.mark.parametrize("client", trials.some(PAUSES, ["crane"]))
def test_a_push_outlives_its_token(client: str, tmp_path: Path, registry_binary: Path) -> None:
    """The client is stopped in the middle of a layer until its token is worth nothing."""
    seconds, pause = PAUSES[client]
    settings = parse(variables(tmp_path, "3.1.1"))
    cafile = pairs.prepare(tmp_path, settings)
    path = tmp_path / "etc/current/issuer/access.json"
    result = json.loads(path.read_text())
    result["names"]["token_seconds"] = seconds
    path.write_text(json.dumps(result))
    served, home = Served(settings, tmp_path, cafile), tmp_path / "home"
    home.mkdir()
    with (
        pairs.registry(registry_binary, tmp_path, settings),
        pairs.proxy(tmp_path, settings, lambda text: text),
    ):
        argv, environment = _large_push(client, served, home)
        process = subprocess.Popen(argv, env=environment, stderr=subprocess.PIPE, text=True)
        uploads = tmp_path / "data/docker/registry/v2/repositories/team-a/large/_uploads"
        while process.poll() is None and _size(uploads) < 8 << 20:
            time.sleep(0.002)
        process.send_signal(signal.SIGSTOP)
        assert 0 < _size(uploads) < 256 << 20, "it was too quick to be stopped in the middle"
        time.sleep(pause)
        process.send_signal(signal.SIGCONT)
        assert process.wait(120) == 0, process.stderr and process.stderr.read()
        assert served.login("alice").request("GET", "/v2/team-a/large/tags/list").status == 200
    log = (tmp_path / "audit/audit.log").read_text().splitlines()
    pushes = [line for line in log if "repository:team-a/large:pull,push" in line]
    assert len(pushes) > 1, "it fetched another token"


def _size(uploads: Path) -> int:
    return sum(path.stat().st_size for path in uploads.glob("*/data"))


def _large_push(client: str, served: Served, home: Path) -> tuple[list[str], dict[str, str]]:
    """Return how a client pushes a layer of 256 MiB as alice."""
    environment = {**os.environ, "SSL_CERT_FILE": str(served.cafile), "DOCKER_CONFIG": str(home)}
    aim = f"{served.place}/team-a/large:1"
    login = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
    auths = {"auths": {served.place: {"auth": login}}}
    (home / "config.json").write_text(json.dumps(auths))
    layer = home / "layer.tar"
    with tarfile.open(layer, "w") as archive:
        info = tarfile.TarInfo("data")
        info.size = 256 << 20
        with Path("/dev/urandom").open("rb") as noise:
            archive.addfile(info, noise)
    crane = str(binary.tool("crane"))
    if client == "crane":
        return [crane, "append", "-f", str(layer), "-t", aim], environment
    image = home / "image.tar"
    subprocess.run(
        [crane, "append", "-f", str(layer), "-t", "large:1", "-o", str(image)],
        check=True,
        capture_output=True,
        env=environment,
    )
    (home / "ca.crt").write_bytes(served.cafile.read_bytes())
    trust = ["--dest-cert-dir", str(home), "--dest-authfile", str(home / "config.json")]
    return ["skopeo", "copy", *trust, f"docker-archive:{image}", f"docker://{aim}"], environment


def _crane(served: Served, home: Path) -> Callable[..., str]:
    program = binary.tool("crane")
    environment = {**os.environ, "SSL_CERT_FILE": str(served.cafile), "DOCKER_CONFIG": str(home)}

    def crane(*argv: str, refused: bool = False) -> str:
        done = subprocess.run(
            [program, *argv], capture_output=True, text=True, check=False, env=environment
        )
        assert bool(done.returncode) is refused, done.stdout + done.stderr
        assert not refused or "UNAUTHORIZED" in done.stderr.upper(), done.stderr
        return done.stdout.strip()

    return crane


UPLOAD = "/v2/team-a/app/blobs/uploads/3fa85f64-5717-4562-b3fc-2c963f66afa6?_state=x"
REFUSED = {
    "PATCH without a token": ("PATCH", UPLOAD, False, 401),
    "PUT without a token": ("PUT", f"{UPLOAD}&digest={IMAGE.digest}", False, 401),
    "a manifest without a token": ("PUT", "/v2/team-a/app/manifests/1", False, 401),
    "an upload that is not known": ("PATCH", UPLOAD, True, 404),
}


@pytest.mark.parametrize("size", [2**20, 2**23])
@pytest.mark.parametrize("kind", REFUSED)
def test_who_is_refused_before_all_is_sent_learns_that_the_connection_ends(
    served: Served, kind: str, size: int
) -> None:
    method, path, known, status = REFUSED[kind]
    context = ssl.create_default_context(cafile=str(served.cafile))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    port = served.settings.proxy.port
    connection = http.client.HTTPSConnection("localhost", port, timeout=20, context=context)
    connection.putrequest(method, path)
    connection.putheader("Content-Length", str(size))
    if known:
        connection.putheader("Authorization", f"Bearer {served.token()}")
    connection.endheaders()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.send(b"x" * size)
    reply = connection.getresponse()
    body = json.loads(reply.read())
    if "/manifests/" in path and size > MOST_BYTES:
        status = 413  # no registry takes such a manifest from anybody
    assert reply.status == status
    codes = ("UNAUTHORIZED", "BLOB_UPLOAD_INVALID", "SIZE_INVALID")
    assert body["errors"][0]["code"] in codes
    # A manifest is read as a whole before the registry sees it.
    ends = "/manifests/" not in path or status == 413
    assert ("close" in reply.headers.get_all("Connection", [])) is ends
    if status == 401:
        challenge = reply.headers["WWW-Authenticate"]
        assert 'scope="repository:team-a/app:' in challenge, "it is the registry's"
        assert len(reply.headers.get_all("WWW-Authenticate", [])) == 1
        assert len(reply.headers.get_all("Connection", [])) == 1
    connection.close()


def test_a_client_whose_token_ended_amid_a_push_goes_on(served: Served) -> None:
    client = served.login("alice")
    for _ in range(10):
        begun = client.request("POST", "/v2/team-a/app/blobs/uploads/")
        # An attacker's or an ended one: the registry refuses it before it reads the body.
        client._connection._authorization = "Bearer ended"
        reply = client.request("PATCH", begun.headers["Location"], b"x" * 2**20)
        assert reply.status == 202
