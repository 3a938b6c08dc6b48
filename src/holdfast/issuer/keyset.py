"""The keys of one generation of a host: a folder that is written once and never changed.

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
"""For how long the registry takes a token after its end."""


def write(folder: Path, before: Path | None, order: dict[str, Any], now: float) -> dict[str, Any]:
    """Write a new folder of keys, which does not exist yet; return what was done.

    `before` is the folder of the generation before, if it had one. `order` has `signing` (PEM of
    the key to sign with, or None: the host's own), `trusted` (PEM of public keys to trust as well),
    `token_seconds`, and `change`: None, `rotate` (sign with a new key, and trust the old one until
    its tokens have ended), `finish` (trust old ones no longer) or `revoke` (a new key, and trust no
    other: every token and every login is over).
    """
    known, change = _read(before), order["change"]
    if order["signing"]:
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
    return {"made": current not in known["keys"], "trusted": len(listed)}


def _overlap(
    known: dict[str, float | None], current: str, now: float, life: float
) -> dict[str, float | None]:
    """Return the earlier keys whose tokens can be alive, with the time since when none is made."""
    retired = {pem: now if at is None else at for pem, at in known.items() if pem != current}
    return {pem: at for pem, at in retired.items() if now - at < life}


def _read(folder: Path | None) -> dict[str, Any]:
    """Return what a folder holds; whatever of it was lost is simply not there."""
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
    """Do what the order on standard input says, and print what was done, as JSON."""
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
