"""Logins and tokens of clients: valid, invalid and odd ones."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from holdfast.jwks import Key
from tests.integration.blobs.requests import NAME
from tests.integration.blobs.store import PLAIN

USER, PASSWORD, ISSUER = "alice", "correct-horse-battery", "issuer"
KEY, ANOTHER = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
PUBLIC = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
KID = Key(KEY.public_key()).libtrust


def header(scheme: str, value: str) -> str:
    return f"Authorization: {scheme} {value}"


def basic(name: str = USER, password: str = PASSWORD, scheme: str = "Basic") -> str:
    return header(scheme, base64.b64encode(f"{name}:{password}".encode()).decode())


def keys() -> str:
    """Return the issuer's JWKS."""
    return json.dumps({"keys": [{**Key(KEY.public_key()).jwk, "kid": KID}]})


def claims(
    *names: str, actions: str = "pull", kind: str = "repository", **more: Any
) -> dict[str, Any]:
    """Return the claims of a token."""
    now = int(time.time())
    access = [{"type": kind, "name": name, "actions": actions.split(",")} for name in names]
    own = {"iss": ISSUER, "aud": NAME, "sub": USER, "iat": now, "nbf": now - 5, "exp": now + 900}
    return {**own, "access": access, **more}


def signed(key: Any = KEY, algorithm: str = "RS256", kid: str = KID, **own: Any) -> str:
    """Return the header with a token; by default for `team/image`."""
    names = own.pop("names", ("team/image",))
    token = jwt.encode(claims(*names, **own), key, algorithm, {"kid": kid} if kid else None)
    return header("Bearer", token)


def good(mode: str) -> str:
    """Return a login that is accepted everywhere in a mode."""
    if "external" in mode:
        return signed(names=("team/image", "nobody/there", *PLAIN))
    return "" if mode == "none" else basic()


def passwords() -> Iterator[tuple[str, str]]:
    """Yield name and lines of logins by password, good and bad."""
    encoded = basic().rpartition(" ")[2]
    yield "none", ""
    yield "good", basic()
    yield "small letters", basic(scheme="basic")
    yield "capitals", basic(scheme="BASIC")
    yield "wrong", basic(password="wrong-password")
    yield "unknown", basic("mallory")
    yield "empty password", basic(password="")
    yield "empty name", basic("")
    yield "no password", header("Basic", base64.b64encode(b"alice").decode())
    yield "more after it", header("Basic", f"{encoded} x")
    yield "padded", header("Basic", f"{encoded}====")
    yield "without padding", header("Basic", encoded.rstrip("="))
    yield "not base64", header("Basic", "!!")
    yield "empty", "Authorization:"
    yield "scheme alone", "Authorization: Basic"
    yield "two spaces", f"Authorization:  Basic  {encoded}"
    yield "tab", f"Authorization: Basic\t{encoded}"
    yield "bare", f"Authorization: {encoded}"
    yield "bearer", header("Bearer", encoded)
    yield "anonymous", header("Bearer", "-anonymous-")
    yield "bearer garbage", header("Bearer", "garbage")
    yield "digest", 'Authorization: Digest username="alice"'
    yield "good, then wrong", basic() + "\r\n" + basic(password="wrong")
    yield "wrong, then good", basic(password="wrong") + "\r\n" + basic()
    yield (
        "in another header",
        f"X-Authorization: Basic {encoded}\r\nProxy-Authorization: Basic {encoded}",
    )
    yield "long", header("Basic", base64.b64encode(b"a" * 12000).decode())
    yield "name with a line", basic("alice\nbob")


def tokens() -> Iterator[tuple[str, str]]:
    """Yield name and lines of tokens, good and bad."""
    now = int(time.time())
    whole = signed().rpartition(" ")[2]
    first, middle, last = whole.split(".")
    yield from (one for one in passwords() if one[0] in ("none", "good", "empty", "bearer garbage"))
    yield "pull", signed()
    yield "pull and push", signed(actions="pull,push")
    yield "push alone", signed(actions="push")
    yield "every action", signed(actions="*")
    yield "another action", signed(actions="delete")
    yield "capital action", signed(actions="PULL")
    yield "another repository", signed(names=("team/other",))
    yield "both", signed(names=("team/other", "team/image"))
    yield "what it begins with", signed(names=("team",))
    yield "what goes on", signed(names=("team/image/more",))
    yield "capital name", signed(names=("Team/Image",))
    yield "star", signed(names=("*",))
    yield "another kind", signed(kind="registry")
    yield "a plugin", signed(kind="repository(plugin)")
    yield "nothing", signed(names=())
    yield "expired", signed(exp=now - 100)
    yield "expired a moment ago", signed(exp=now - 30)
    yield "not yet", signed(nbf=now + 600)
    yield "another audience", signed(aud="another")
    yield "several audiences", signed(aud=["another", NAME])
    yield "no audience", signed(aud="")
    yield "another issuer", signed(iss="another")
    yield "nobody's", signed(sub="")
    yield "another key", signed(ANOTHER)
    yield "another key by another name", signed(ANOTHER, kid="x")
    yield "no key's name", signed(kid="")
    yield "no signature", header("Bearer", jwt.encode(claims("team/image"), None, "none"))
    # PyJWT refuses to sign with a public key; an attacker does not.
    yield "shared secret", signed(PUBLIC[27:60], "HS256")
    yield "another algorithm", signed(algorithm="PS256")
    yield "cut", header("Bearer", whole[:-8])
    yield "without its signature", header("Bearer", f"{first}.{middle}.")
    yield "changed", header("Bearer", f"{first}.{middle[:-2]}AA.{last}")
    yield "swapped", header("Bearer", f"{middle}.{first}.{last}")
    yield "five parts", header("Bearer", f"{whole}.a.b")
    yield "spaces", header("Bearer", f"{first}. {middle}.{last}")
    yield "small letters", header("bearer", whole)
    yield "bare", f"Authorization: {whole}"
    yield "good, then expired", signed() + "\r\n" + signed(exp=now - 100)
    yield "expired, then good", signed(exp=now - 100) + "\r\n" + signed()
    yield "long", signed(more="x" * 12000)
