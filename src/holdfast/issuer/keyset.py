"""Write the keys of one generation: a folder that is never changed afterwards.

    signing.pem     what the issuer signs with
    refresh.key     what continues logins, kept when signing keys follow each other
    trust/          what the registry trusts: jwks.json for 3.x, bundle.pem for 2.8
    keys.json       the public keys, and since when each is no longer signed with

Run as root on the host by a deploy: `python3 -m holdfast.issuer.keyset ORDER`, ORDER being JSON.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from holdfast.issuer import keys

LEEWAY_SECONDS = 60
"""Seconds for which the registry accepts a token after its expiry."""


def write(folder: Path, before: Path | None, order: dict[str, Any], now: float) -> dict[str, Any]:
    """Write a new folder of keys; return the result.

    `before` is the folder of the previous generation, if any. `order` has `signing` (PEM of the
    signing key, or None for the host's own), `trusted` (PEM of additional trusted public keys),
    `token_seconds`, and `change`: None, `keep` (ignore `signing` and `trusted`, which may be over
    since the generation was made), `rotate` (sign with a new key, and trust the old one until
    its tokens have expired), `finish` (stop trusting old keys) or `revoke` (generate a new key and
    trust no other, which ends all tokens and logins).
    """
    known, change = _read(before), order["change"]
    if change == "keep" and order["signing"] and known["signing"]:
        signing = keys.private(known["signing"])
        refresh, listed = known["refresh"] or secrets.token_hex(32), known["keys"]
    elif order["signing"]:
        signing = keys.private(order["signing"])
        refresh = hashlib.sha256(b"holdfast refresh\n" + order["signing"].encode()).hexdigest()
        # The inventory has the word: what it trusts no longer is over at once.
        listed = dict.fromkeys(order["trusted"])
    else:
        own = None if change in ("rotate", "revoke") else known["signing"]
        signing = keys.private(own) if own else keys.make()
        refresh = (None if change == "revoke" else known["refresh"]) or secrets.token_hex(32)
        life = 0 if change in ("finish", "revoke") else order["token_seconds"] + LEEWAY_SECONDS
        listed = _overlap(known["keys"], keys.public_pem(signing.public_key()), now, life)
    current = keys.public_pem(signing.public_key())
    listed = {current: None, **{pem: at for pem, at in listed.items() if pem != current}}
    _write(folder, signing, refresh, listed)
    if order["signing"] and _id(signing) != _id(keys.private(order["signing"])):
        (folder / "kept").touch(mode=0o444)
    return {"made": current not in known["keys"], "trusted": len(listed)}


def _id(key: EllipticCurvePrivateKey) -> str:
    return keys.thumbprint(key.public_key())


def _overlap(
    known: dict[str, float | None], current: str, now: float, life: float
) -> dict[str, float | None]:
    """Return the earlier keys with unexpired tokens, with the time of their last use for
    signing."""
    retired = {pem: now if at is None else at for pem, at in known.items() if pem != current}
    return {pem: at for pem, at in retired.items() if now - at < life}


def _read(folder: Path | None) -> dict[str, Any]:
    """Return the content of a folder; missing files are None or empty."""
    found: dict[str, Any] = {"signing": None, "refresh": None, "keys": {}}
    if folder is None:
        return found
    for key, name in (("signing", "signing.pem"), ("refresh", "refresh.key")):
        path = folder / name
        found[key] = path.read_text().strip() if path.exists() else None
    listing = folder / "keys.json"
    if listing.exists():
        found["keys"] = json.loads(listing.read_text())
    return found


def _write(
    folder: Path, signing: EllipticCurvePrivateKey, refresh: str, listed: dict[str, Any]
) -> None:
    trusted = [keys.public(pem) for pem in listed]
    (folder / "trust").mkdir(parents=True)
    for name, text in {
        "signing.pem": keys.private_pem(signing),
        "refresh.key": refresh + "\n",
        "keys.json": json.dumps(listed, indent=1) + "\n",
        "trust/jwks.json": keys.jwks(trusted),
        "trust/bundle.pem": keys.bundle(trusted, signing),
    }.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)


def main() -> int:
    """Execute the order on standard input, and print the result as JSON."""
    order = json.load(sys.stdin)
    before = Path(order["before"]) if order["before"] else None
    try:
        done = write(Path(order["folder"]), before, order, time.time())
    except keys.KeyFault as error:
        print(f"registry_auth_signing_key or registry_auth_trusted_keys: {error}", file=sys.stderr)
        return 1
    print(json.dumps(done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
