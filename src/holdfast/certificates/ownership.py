"""Refuse a deploy that would replace an authority that clients of the host know."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509
from cryptography.x509.oid import NameOID

from holdfast.certificates import checks
from holdfast.certificates.authority import Authority
from holdfast.certificates.folder import Folder
from holdfast.errors import RefusedError

CLIENTS_OF = "clients of "
"""Prefix of the name of every client authority that holdfast creates."""
PAGE = "docs/two-administrators.md"


def check_server(
    folder: Folder, authority: Authority | None, server: Mapping[str, str], hostname: str
) -> None:
    """Raise RefusedError if the folder never held the issuer of the host's certificate.

    `server` has the host's certificates by file name, all issued by a private authority.
    """
    leaf = _first(server.get("certificate.pem"))
    held = [*([authority.certificate] if authority else []), *folder.former()]
    if leaf is None or any(checks.issued_by(leaf, one) for one in held):
        return
    raise RefusedError(
        f"{folder.path}: expected the authority that issued the certificate of {hostname},"
        f' "{_common_name(leaf.issuer)}", found {_named(authority)}. Every client would refuse'
        " a certificate by another one",
        *_ways_out(folder, "registry_tls_ca_key"),
    )


def check_clients(
    folder: Folder, authority: Authority | None, clients: Mapping[str, str], hostname: str
) -> None:
    """Raise RefusedError if the host accepts client certificates of an authority not held here."""
    known = _first(clients.get("ca.pem"))
    if known is None or not _common_name(known.subject).startswith(CLIENTS_OF):
        return  # it was given by registry_mtls_ca
    if authority and authority.certificate == known:
        return
    raise RefusedError(
        f"{folder.path}: expected the authority whose client certificates {hostname} accepts,"
        f' "{_common_name(known.subject)}", found {_named(authority)}. Every certificate of a'
        " client would be refused",
        *_ways_out(folder),
    )


def _ways_out(folder: Folder, setting: str | None = None) -> list[str]:
    vault = [f"  or keep its key in a vault: {setting}, with {folder.path}/ca.crt in place"]
    return [
        f"  Copy {folder.path}/ from the machine that deployed before ({PAGE})",
        *(vault if setting else []),
        "  or replace it, and bring the new one to every client. Run:"
        " holdfast deploy --new-authority",
    ]


def _first(pem: str | None) -> x509.Certificate | None:
    try:
        return checks.load(pem or "")[0]
    except ValueError:
        return None


def _named(authority: Authority | None) -> str:
    return f'"{_common_name(authority.certificate.subject)}"' if authority else "none"


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()
