"""Diagnose why a registry refuses a token, or what the token grants."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jwt.algorithms import get_default_algorithms

from holdfast.doctor import chain
from holdfast.doctor.finding import Finding
from holdfast.doctor.messages import duration, moment
from holdfast.doctor.token_policy import TokenPolicy
from holdfast.jwks.keys import PublicKey

LEEWAY_SECONDS = 60
"""Seconds by which the registry accepts an expired or early token; not configurable."""
PARTS = 3


@dataclass(frozen=True)
class Examined:
    """Diagnosis of a token."""

    findings: tuple[Finding, ...]
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def accepted(self) -> bool:
        """True if the registry accepts the token."""
        return all(found.state != "failed" for found in self.findings)

    @property
    def reasons(self) -> list[str]:
        """Reasons for the refusal, one word each."""
        return [found.about for found in self.findings if found.state == "failed"]


@dataclass(frozen=True)
class _Token:
    signed: bytes
    header: dict[str, Any]
    claims: dict[str, Any]
    signature: bytes


class _MalformedError(Exception):
    pass


def examine(text: str, policy: TokenPolicy, now: float, scope: str | None = None) -> Examined:
    """Return all errors of a token; `now` is the registry's clock.

    `scope` is the access that was requested, as `repository:team/app:pull,push`; None: any.
    """
    try:
        token = _parsed(text.strip().removeprefix("Bearer ").strip())
        _typed(token, policy)
    except _MalformedError as error:
        todo = "Ask for a new one: log in and out again, or look at what cut it"
        return Examined((Finding("malformed", "failed", str(error), todo),), {}, {})
    checks: tuple[Callable[..., Iterator[Finding]], ...] = (_signature, _issued_for, _times)
    found = [finding for check in checks for finding in check(token, policy, now)]
    found += _scope(token.claims, scope)
    return Examined(tuple(found), token.header, token.claims)


def _parsed(text: str) -> _Token:
    parts = text.split(".")
    if len(parts) != PARTS or not all(parts[:2]):
        raise _MalformedError(
            f"a token has {PARTS} parts with dots between them; this has {len(parts)}"
        )
    try:
        header, claims, signature = (_decoded(part) for part in parts)
        decoded = json.loads(header), json.loads(claims)
    except (ValueError, RecursionError) as error:
        raise _MalformedError("cannot be decoded: it was cut, or is no token at all") from error
    if not all(isinstance(one, dict) for one in decoded):
        raise _MalformedError("its header or its claims are no mapping")
    return _Token(".".join(parts[:2]).encode(), decoded[0], decoded[1], signature)


def _decoded(part: str) -> bytes:
    if part.endswith("="):
        raise ValueError("padded")
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _typed(token: _Token, policy: TokenPolicy) -> None:
    """Raise for a token that the registry's JSON decoder refuses."""
    claims = token.claims
    for name in ("iss", "sub", "jti"):
        if not isinstance(claims.get(name) or "", str):
            raise _MalformedError(f"its claim {name} is no text")
    for name in ("exp", "nbf", "iat"):
        value = claims.get(name) or 0
        if isinstance(value, bool) or not isinstance(value, int):
            raise _MalformedError(f"its claim {name} is no whole number of seconds")
    audience = claims.get("aud")
    if policy.old and isinstance(audience, list):
        raise _MalformedError(
            f"its audience is a list, and registry {policy.version} reads a single text alone."
            " Registry 3.1 takes lists"
        )
    listed = audience if isinstance(audience, list) else [audience or ""]
    if not all(isinstance(one, str) for one in listed):
        raise _MalformedError("its audience is no text")
    for one in claims.get("access") or []:
        if not isinstance(one, dict) or not isinstance(one.get("actions") or [], list):
            raise _MalformedError("its claim access is not as registries know it")


def _signature(token: _Token, policy: TokenPolicy, now: float) -> Iterator[Finding]:
    algorithm = token.header.get("alg")
    if algorithm not in policy.algorithms:
        allowed = ", ".join(policy.algorithms)
        text = f"signed with {algorithm}; the registry takes {allowed}"
        if isinstance(algorithm, str) and algorithm.lower() in ("none", "hs256", "hs384", "hs512"):
            todo = "Whoever made it holds no key of the issuer: do not allow this one"
        else:
            todo = f"Add {algorithm} to registry_auth_algorithms, if the issuer means it"
        yield Finding("algorithm", "failed", text, todo)
        return
    key = _key(token, policy, now)
    if isinstance(key, Finding):
        yield key
    elif not _verified(token, str(algorithm), key):
        text = "the signature is not of the key that the token names"
        todo = "It was changed on its way, or two keys have one name. See: holdfast issuer show"
        yield Finding("signature", "failed", text, todo)
    else:
        yield Finding("signature", "ok", f"{algorithm}, by a key that the registry knows")


def _key(token: _Token, policy: TokenPolicy, now: float) -> PublicKey | Finding:
    header = token.header
    embedded = header.get("jwk") if isinstance(header.get("jwk"), dict) else {}
    certificates = header.get("x5c") or (embedded or {}).get("x5c")
    if certificates:
        return chain.key_of(certificates, policy.roots, now)
    kid = (embedded or {}).get("kid") if embedded else header.get("kid")
    if not kid:
        text = "names no key (no kid, no x5c)"
        return Finding("kid", "failed", text, "Let the issuer name the key that it signs with")
    if kid in policy.keys:
        return policy.keys[kid]
    known = ", ".join(policy.keys) or "none"
    todo = "The issuer has a new key, or it is another issuer. See: holdfast issuer show"
    if policy.old:
        todo += (
            f". Or it names its keys otherwise: registry {policy.version} knows them by libtrust's"
            " fingerprint alone, registry 3.1 by any name"
        )
    return Finding("kid", "failed", f"signed by the key {kid}; the registry knows {known}", todo)


def _verified(token: _Token, algorithm: str, key: PublicKey) -> bool:
    if token.header.get("crit") or not token.signature:
        return False
    try:
        verifier = get_default_algorithms()[algorithm]
        return bool(verifier.verify(token.signed, verifier.prepare_key(key), token.signature))
    except Exception:  # a key of another kind, a curve of another length: the library's own errors
        return False


def _issued_for(token: _Token, policy: TokenPolicy, _: float) -> Iterator[Finding]:
    issuer = token.claims.get("iss") or ""
    if issuer != policy.issuer:
        text = f'made by "{issuer}"; the registry takes tokens of "{policy.issuer}"'
        todo = "Set registry_auth_issuer to what the issuer calls itself, letter by letter"
        yield Finding("issuer", "failed", text, todo)
    audience = token.claims.get("aud") or []
    listed = audience if isinstance(audience, list) else [audience]
    if policy.service not in listed:
        text = f'made for "{", ".join(listed)}"; the registry is "{policy.service}"'
        todo = "Set registry_auth_service to it, or ask the issuer with that service"
        yield Finding("audience", "failed", text, todo)


def _times(token: _Token, _: TokenPolicy, now: float) -> Iterator[Finding]:
    begin, end = (token.claims.get(name) or 0 for name in ("nbf", "exp"))
    if not end:
        yield Finding("expired", "failed", "does not say when it ends (exp)", "Let the issuer say")
    elif now > end + LEEWAY_SECONDS:
        text = f"ended {duration(now - end)} ago, at {moment(end)}"
        todo = (
            f"Ask for a new one. If it is new, the issuer's clock is behind by more than"
            f" {LEEWAY_SECONDS} s, or this one ahead: compare both (timedatectl). If it ended in"
            " the middle of a push, let the issuer make longer ones"
        )
        yield Finding("expired", "failed", text, todo)
    if now < begin - LEEWAY_SECONDS:
        text = f"begins in {duration(begin - now)}, at {moment(begin)}"
        todo = "The issuer's clock is ahead of this one, or this one behind: set up timesyncd"
        yield Finding("not-yet-valid", "failed", text, todo)
    elif now <= end + LEEWAY_SECONDS and end:
        yield Finding("time", "ok", f"good for {duration(max(0, end - now))} more")


def _scope(claims: dict[str, Any], scope: str | None) -> list[Finding]:
    granted: dict[tuple[str, str], set[str]] = {}
    for one in claims.get("access") or []:
        place = str(one.get("type", "")), str(one.get("name", ""))
        granted.setdefault(place, set()).update(map(str, one.get("actions") or []))
    granted_text = " ".join(
        f"{a}:{b}:{','.join(sorted(c))}" for (a, b), c in sorted(granted.items())
    )
    if scope is None:
        return [Finding("scope", "ok", f"grants {granted_text or 'nothing but a login'}")]
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    allowed = granted.get((kind, name), set())
    missing = [one for one in actions.split(",") if one not in allowed and "*" not in allowed]
    if not missing:
        return [Finding("scope", "ok", f"grants {granted_text}")]
    text = f"does not grant {', '.join(missing)} on {name}; it grants {granted_text or 'nothing'}"
    todo = "Allow it where the issuer keeps its rules: the registry only reads them"
    return [Finding("scope", "failed", text, todo)]
