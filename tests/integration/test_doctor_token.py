"""Doctor's findings about a token agree with the decisions of the real registries."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from holdfast.certificates import Authority
from holdfast.doctor import TokenPolicy, examine
from holdfast.jwks import Key, bundle, jwks
from tests.integration import startup

ISSUER, SERVICE, REPOSITORY = "https://issuer.example/realms/team", "registry.example", "team/app"
SCOPE = f"repository:{REPOSITORY}:pull"
KEYS: dict[str, Any] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "ed": ed25519.Ed25519PrivateKey.generate(),
    "stranger": rsa.generate_private_key(65537, 2048),
}
TRUSTED = [Key(KEYS[name].public_key(), f"own-{name}") for name in ("rsa", "ec", "ed")]
COMPANY = Authority.create("company", 30, datetime.now(UTC))


class Case(NamedTuple):
    """A token, and the finding that it is refused for; empty if it is accepted."""

    name: str
    make: Callable[[], str]
    new: str
    """By registry 3.1."""
    old: str
    """By registry 2.8."""


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    access = [{"type": "repository", "name": REPOSITORY, "actions": ["pull", "push"]}]
    good = {"iss": ISSUER, "aud": SERVICE, "sub": "alice", "access": access}
    good.update({"iat": now, "nbf": now, "exp": now + 300}, **changes)
    return {name: value for name, value in good.items() if value is not ...}


def kid(name: str) -> str:
    return Key(KEYS[name].public_key()).libtrust


def signed(
    key: str = "rsa", alg: str = "RS256", header: dict[str, Any] | None = None, **changes: Any
) -> str:
    head = {"kid": kid(key)} if header is None else header
    return jwt.encode(claims(**changes), KEYS[key], alg, head)


def hmac_with_public_key() -> str:
    public = (
        KEYS["rsa"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    body = f"{coded({'alg': 'HS256', 'kid': kid('rsa')})}.{coded(claims())}"
    return f"{body}.{encoded(hmac.digest(public, body.encode(), 'sha256'))}"


def changed(part: int, with_text: str | None = None) -> str:
    parts = signed().split(".")
    parts[part] = with_text if with_text is not None else parts[part][:-6] + "AAAAAA"
    return ".".join(parts)


def coded(value: Any) -> str:
    return encoded(json.dumps(value).encode())


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def embedded(key: str, **more: Any) -> dict[str, Any]:
    one = Key(KEYS[key].public_key())
    return {"jwk": {**one.jwk, "kid": one.libtrust, **more}}


def with_chain(*certificates: x509.Certificate) -> dict[str, Any]:
    listed = [c.public_bytes(serialization.Encoding.DER) for c in certificates]
    return {"x5c": [base64.b64encode(one).decode() for one in listed]}


def certified(key: str) -> x509.Certificate:
    text = COMPANY.certify("issuer.example", KEYS[key].public_key(), 10, datetime.now(UTC))
    return x509.load_pem_x509_certificate(text.encode())


def late(seconds: int) -> int:
    return int(time.time()) + seconds


CASES = [
    Case("good", signed, "", ""),
    Case("own kid", lambda: signed(header={"kid": "own-rsa"}), "", "kid"),
    Case("thumbprint", lambda: signed(header={"kid": TRUSTED[0].thumbprint}), "", "kid"),
    Case("ecdsa", lambda: signed("ec", "ES256"), "", ""),
    Case("eddsa", lambda: signed("ed", "EdDSA"), "", "algorithm"),
    Case("list of audiences", lambda: signed(aud=["x", SERVICE]), "", "malformed"),
    Case("any action", lambda: signed(access=access("*")), "", ""),
    Case("ended within leeway", lambda: signed(exp=late(-30)), "", ""),
    Case("begins within leeway", lambda: signed(nbf=late(30)), "", ""),
    Case("no nbf", lambda: signed(nbf=...), "", ""),
    Case("ended", lambda: signed(exp=late(-100)), "expired", "expired"),
    Case("no end", lambda: signed(exp=...), "expired", "expired"),
    Case("begins later", lambda: signed(nbf=late(100)), "not-yet-valid", "not-yet-valid"),
    Case("other audience", lambda: signed(aud="another"), "audience", "audience"),
    Case("no audience", lambda: signed(aud=...), "audience", "audience"),
    Case("other audiences", lambda: signed(aud=["x", "y"]), "audience", "malformed"),
    Case("other issuer", lambda: signed(iss=ISSUER + "/"), "issuer", "issuer"),
    Case("no issuer", lambda: signed(iss=...), "issuer", "issuer"),
    Case("unknown key", lambda: signed("stranger"), "kid", "kid"),
    Case("no kid", lambda: signed(header={}), "kid", "kid"),
    Case("empty kid", lambda: signed(header={"kid": ""}), "kid", "kid"),
    Case("foreign key", lambda: signed("stranger", header={"kid": kid("rsa")}), *["signature"] * 2),
    Case("kid of another kind", lambda: signed(header={"kid": kid("ec")}), *["signature"] * 2),
    Case("other hash", lambda: signed(alg="RS512"), "algorithm", ""),
    Case("pss", lambda: signed(alg="PS256"), "algorithm", "algorithm"),
    Case("hmac with the public key", hmac_with_public_key, "algorithm", "algorithm"),
    Case("alg none", lambda: jwt.encode(claims(), None, "none"), "algorithm", "algorithm"),
    Case("signature cut", lambda: signed()[:-8], "signature", "signature"),
    Case("signature gone", lambda: changed(2, ""), "signature", "signature"),
    Case("claims changed", lambda: changed(1, coded(claims(sub="root"))), *["signature"] * 2),
    Case(
        "jwk of a stranger", lambda: signed("stranger", header=embedded("stranger")), "kid", "kid"
    ),
    Case("jwk that is known", lambda: signed(header=embedded("rsa")), "", ""),
    Case(
        "jwk of a stranger by a known name",
        lambda: signed("stranger", header=embedded("stranger", kid=kid("rsa"))),
        "signature",
        "signature",
    ),
    Case("chain", lambda: signed(header=with_chain(certified("rsa"))), "chain", "chain"),
    Case("no such repository", lambda: signed(access=access("pull", "a/b")), "scope", "scope"),
    Case("push alone", lambda: signed(access=access("push")), "scope", "scope"),
    Case("no access", lambda: signed(access=...), "scope", "scope"),
    Case("null access", lambda: signed(access=None), "scope", "scope"),
    Case("exp as a text", lambda: signed_raw(exp="soon"), "malformed", "malformed"),
    Case("exp with a fraction", lambda: signed_raw(exp=late(100) + 0.5), "malformed", "malformed"),
    Case("issuer as a number", lambda: signed_raw(iss=1), "malformed", "malformed"),
    Case("audience as a number", lambda: signed_raw(aud=1), "malformed", "malformed"),
    Case("access as a text", lambda: signed_raw(access=["all"]), "malformed", "malformed"),
    Case("two parts", lambda: ".".join(signed().split(".")[:2]), "malformed", "malformed"),
    Case("four parts", lambda: signed() + ".x", "malformed", "malformed"),
    Case("no base64", lambda: changed(1, "!!!!"), "malformed", "malformed"),
    Case("claims no mapping", lambda: changed(1, coded([1])), "malformed", "malformed"),
    Case("garbage", lambda: "garbage", "malformed", "malformed"),
]


def access(action: str, name: str = REPOSITORY) -> list[dict[str, Any]]:
    return [{"type": "repository", "name": name, "actions": [action]}]


def signed_raw(**changes: Any) -> str:
    """Sign what PyJWT would not."""
    head = coded({"alg": "RS256", "kid": kid("rsa")})
    body = f"{head}.{coded(claims(**changes))}".encode()
    algorithm = jwt.get_algorithm_by_name("RS256")
    return f"{body.decode()}.{encoded(algorithm.sign(body, KEYS['rsa']))}"


SAID = {
    "token from untrusted issuer": "issuer",
    "token intended for another audience": "audience",
    "token not to be used after": "expired",
    "token not to be used before": "not-yet-valid",
    "untrusted key with ID": "kid",
    "untrusted JWK": "kid",
    "unable to get token signing key": "kid",
    "verify certificate chain": "chain",
    "unable to verify token signature": "signature",
    "token has no signature": "signature",
    "insufficient_scope": "scope",
}
"""Doctor's finding by the text that registries log or answer."""


class Running(NamedTuple):
    """A registry and its trusted keys."""

    registry: startup.Run
    trust: TokenPolicy

    def takes(self, token: str) -> tuple[bool, str]:
        """Return True if the registry accepts a token, and its reason if it gives one."""
        path, before = f"/v2/{REPOSITORY}/tags/list", len(self.registry.said)
        reply = self.registry.ask("GET", path, Authorization=f"Bearer {token}")
        assert reply.status in (401, 404), reply.status
        said = self.registry.said[before:] + reply.headers.get("WWW-Authenticate", "")
        reasons = [reason for text, reason in SAID.items() if text in said]
        return reply.status == 404, (reasons or [""])[0]  # such a repository is not there


@pytest.fixture(scope="module", params=["3.1.1", "2.8.2"])
def running(
    request: pytest.FixtureRequest,
    registry_binary: Path,
    packaged_registry_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """The real registries with keys that were put for them."""
    version, folder = request.param, tmp_path_factory.mktemp("token")
    old = version.startswith("2.")
    texts = {"rootcertbundle": bundle(TRUSTED)} if old else {"jwks": jwks(TRUSTED)}
    token: dict[str, Any] = {"realm": f"{ISSUER}/auth", "service": SERVICE, "issuer": ISSUER}
    for name, text in texts.items():
        (folder / name).write_text(text)
        token[name] = str(folder / name)
    if not old:
        token["signingalgorithms"] = ["RS256", "ES256", "EdDSA"]
    binary = packaged_registry_binary if old else registry_binary
    with startup.run(binary, folder, {"auth": {"token": token}}) as registry:
        assert registry.code is None, registry.said
        yield Running(registry, TokenPolicy.made(token, texts, version))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_doctor_says_what_the_registry_does(running: Running, case: Case) -> None:
    token = case.make()
    found = examine(token, running.trust, time.time(), SCOPE)
    reason = case.old if running.trust.old else case.new
    taken, said = running.takes(token)
    assert taken is found.accepted, found
    assert (found.reasons or [""])[0] == reason, found
    if said and said != reason:
        # 2.8 looks for the key first, and calls an algorithm that it has not a wrong signature.
        assert (running.trust.old, reason) == (True, "algorithm")
    assert all(one.todo for one in found.findings if one.state == "failed")


def test_several_faults_are_all_told(running: Running) -> None:
    token = signed("stranger", iss="x", aud="y", exp=late(-500), access=access("push"))
    found = examine(f"Bearer {token}\n", running.trust, time.time(), SCOPE)
    assert found.reasons == ["kid", "issuer", "audience", "expired", "scope"]


def test_a_clock_that_is_off_is_seen(running: Running) -> None:
    found = examine(signed(), running.trust, time.time() - 4000)
    assert found.reasons == ["not-yet-valid"]
    assert "begins in 67 min" in found.findings[-2].text


def test_a_chain_is_followed_to_a_root(registry_binary: Path, tmp_path: Path) -> None:
    (tmp_path / "rootcertbundle").write_text(COMPANY.pem)
    token = {"realm": f"{ISSUER}/a", "service": SERVICE, "issuer": ISSUER}
    token["rootcertbundle"] = str(tmp_path / "rootcertbundle")
    with startup.run(registry_binary, tmp_path, {"auth": {"token": token}}) as registry:
        trust = TokenPolicy.made(token, {"rootcertbundle": COMPANY.pem}, "3.1.1")
        one = Running(registry, trust)
        for header, reason in (
            (with_chain(certified("stranger")), ""),
            (with_chain(certified("stranger"), COMPANY.certificate), ""),
            (with_chain(certified("rsa")), "signature"),
            (with_chain(_self_signed()), "chain"),
            ({"x5c": ["AAAA"]}, "chain"),
        ):
            text = signed("stranger", header=header)
            found = examine(text, trust, time.time(), SCOPE)
            assert one.takes(text)[0] is found.accepted, (header, found)
            assert (found.reasons or [""])[0] == reason


def _self_signed() -> x509.Certificate:
    other = Authority.create("other", 30, datetime.now(UTC))
    key = KEYS["stranger"].public_key()
    text = other.certify("issuer.example", key, 10, datetime.now(UTC))
    return x509.load_pem_x509_certificate(text.encode())


def test_names_of_2_8_are_hinted_at() -> None:
    old = TokenPolicy.made(
        {"issuer": ISSUER, "service": SERVICE}, {"rootcertbundle": bundle(TRUSTED)}, "2.8.3"
    )
    (found,) = (
        one
        for one in examine(signed(header={"kid": "own-rsa"}), old, time.time()).findings
        if one.about == "kid"
    )
    assert "libtrust" in found.todo
