"""LDAP connections: always with verified TLS, without referrals, and with timeouts."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import ldap3
from ldap3.core.exceptions import LDAPException

PORTS = {"ldap": 389, "ldaps": 636}
_SIZE_LIMIT_EXCEEDED, _NO_SUCH_OBJECT = 4, 32


class RefusedError(Exception):
    """The directory refused a bind."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text} (result {code})")
        self.code = code


def bound(
    config: Mapping[str, Any], address: str, dn: str | None, password: str | None
) -> ldap3.Connection:
    """Return a connection that is bound as an entry, or anonymously if `dn` is None.

    Raises RefusedError if the directory refuses the password, and LDAPException or OSError if it
    cannot be reached or verified.
    """
    connection = _opened(config, address, dn, password)
    try:
        if not connection.bind():
            result = connection.result
            raise RefusedError(result["result"], result["message"] or result["description"])
    except BaseException:
        close(connection)
        raise
    return connection


def search(
    connection: ldap3.Connection, base: str, condition: str, attributes: list[str], most: int
) -> list[dict[str, Any]]:
    """Return dn and attributes (lists of strings) of up to `most` matching entries.

    Raises LDAPException if the search fails; an empty result is not a failure.
    """
    connection.search(
        base,
        condition,
        ldap3.SUBTREE,
        attributes=attributes,
        size_limit=most,
        time_limit=int(connection.receive_timeout),
        dereference_aliases=ldap3.DEREF_NEVER,
    )
    result = connection.result
    if result["result"] not in (0, _SIZE_LIMIT_EXCEEDED, _NO_SUCH_OBJECT):
        raise LDAPException(f"a search below {base} ends with {result['description']}")
    return [
        {"dn": one["dn"], "attributes": _texts(one["raw_attributes"])}
        for one in connection.response or []
        if one["type"] == "searchResEntry"  # a referral is none
    ]


def close(connection: ldap3.Connection) -> None:
    """Close a connection in any state."""
    with contextlib.suppress(LDAPException, OSError):
        connection.unbind()


def _opened(
    config: Mapping[str, Any], address: str, dn: str | None, password: str | None
) -> ldap3.Connection:
    parts = urlsplit(address)
    seconds = config["timeout_seconds"]
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_data=config["ca"])
    secured = parts.scheme == "ldaps"
    server = ldap3.Server(
        parts.hostname or "",
        parts.port or PORTS[parts.scheme],
        secured,
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=seconds,
    )
    connection = ldap3.Connection(
        server,
        dn,
        password,
        authentication=ldap3.SIMPLE if dn else ldap3.ANONYMOUS,
        auto_referrals=False,
        receive_timeout=seconds,
        read_only=True,
        raise_exceptions=False,
        check_names=False,
    )
    try:
        connection.open(read_server_info=False)
        if not secured and not connection.start_tls(read_server_info=False):
            raise LDAPException(f"{address} does not start TLS")
    except BaseException:
        close(connection)
        raise
    return connection


def _texts(raw: Mapping[str, list[bytes]]) -> dict[str, list[str]]:
    return {key: [one.decode("utf-8", "replace") for one in many] for key, many in raw.items()}
