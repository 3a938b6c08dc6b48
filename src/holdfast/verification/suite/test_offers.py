"""Check the parameters that the proxy accepts in a handshake, one offer at a time."""

from __future__ import annotations

import pytest

from holdfast.settings import Settings
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.network import client_hello
from holdfast.verification.network.client_hello import TLS12, TLS13, negotiate
from holdfast.verification.network.endpoint import Endpoint
from holdfast.verification.skips import not_applicable

OLD = {client_hello.SSL3: "SSL 3.0", client_hello.TLS10: "TLS 1.0", client_hello.TLS11: "TLS 1.1"}


@pytest.mark.check("tls.old-versions")
def test_old_versions_are_refused(tls_endpoint: Endpoint, modern: bool) -> None:
    old = {**OLD, TLS12: "TLS 1.2"} if modern else OLD
    every = (*client_hello.AEAD, *client_hello.WITHOUT_AEAD)
    agreed = [
        name for version, name in old.items() if not negotiate(tls_endpoint, version, every).refused
    ]
    assert not agreed, listed([f"{name} is agreed on" for name in agreed])


@pytest.mark.check("tls.weak-ciphers")
def test_ciphers_without_aead_are_refused(tls_endpoint: Endpoint) -> None:
    agreed = negotiate(tls_endpoint, TLS12, client_hello.WITHOUT_AEAD)
    assert agreed.refused, mismatch("AEAD ciphers only", f"suite 0x{agreed.cipher:04x}")


@pytest.mark.check("tls.forward-secrecy")
def test_ciphers_without_forward_secrecy_are_refused(tls_endpoint: Endpoint) -> None:
    agreed = negotiate(tls_endpoint, TLS12, client_hello.WITHOUT_SECRECY)
    assert agreed.refused, mismatch("ECDHE only", f"suite 0x{agreed.cipher:04x}")


@pytest.mark.check("tls.groups")
def test_weak_groups_are_refused(tls_endpoint: Endpoint, modern: bool) -> None:
    versions = {TLS13: "TLS 1.3"} if modern else {TLS12: "TLS 1.2", TLS13: "TLS 1.3"}
    # That of the certificate stands last: without it nothing could be agreed on at all.
    offered = (*client_hello.WEAK_GROUPS, *client_hello.STRONG_GROUPS)
    agreed = [
        f"{name} takes group 0x{group:04x}, of less than 128 bits"
        for version, name in versions.items()
        if (group := negotiate(tls_endpoint, version, groups=offered).group)
        in client_hello.WEAK_GROUPS
    ]
    assert not agreed, listed(agreed)


@pytest.mark.check("tls.post-quantum")
def test_a_hybrid_group_is_offered(tls_endpoint: Endpoint, settings: Settings) -> None:
    if not settings.os.tls_hybrid:
        not_applicable("OpenSSL 3.0 of Debian 12 has none")
    agreed = negotiate(tls_endpoint, TLS13, groups=[client_hello.X25519MLKEM768])
    found = "a refusal" if agreed.refused else f"0x{agreed.group:04x}"
    assert agreed.group == client_hello.X25519MLKEM768, mismatch(
        "X25519MLKEM768 to be taken", found
    )


@pytest.mark.check("tls.tickets")
def test_no_ticket_is_given(tls_endpoint: Endpoint, modern: bool) -> None:
    _needs_tls12(modern)
    given = client_hello.SESSION_TICKET in negotiate(tls_endpoint, TLS12).extensions
    assert not given, mismatch("no session ticket", "one")


@pytest.mark.check("tls.renegotiation")
def test_renegotiation_is_the_secure_one(tls_endpoint: Endpoint, modern: bool) -> None:
    _needs_tls12(modern)
    agreed = negotiate(tls_endpoint, TLS12)
    wanted = "secure renegotiation to be signalled"
    assert client_hello.RENEGOTIATION in agreed.extensions, mismatch(wanted, "no word of it")


@pytest.mark.check("tls.compression")
def test_nothing_is_compressed(tls_endpoint: Endpoint, modern: bool) -> None:
    _needs_tls12(modern)
    agreed = negotiate(tls_endpoint, TLS12, compressions=(1, 0))
    assert not agreed.refused and agreed.compression == 0, mismatch("no compression", agreed)


@pytest.mark.check("tls.protocols")
def test_http_1_is_the_protocol(tls_endpoint: Endpoint, modern: bool) -> None:
    _needs_tls12(modern)
    agreed = negotiate(tls_endpoint, TLS12, protocols=["h2", "http/1.1"])
    found = agreed.extensions.get(client_hello.ALPN, b"")[3:].decode() or "none"
    assert found == "http/1.1", mismatch("http/1.1 by ALPN", found)


@pytest.mark.check("tls.no-name")
def test_no_certificate_is_shown_to_those_who_name_nothing(
    tls_endpoint: Endpoint, modern: bool
) -> None:
    agreed = negotiate(tls_endpoint, TLS13 if modern else TLS12, name=None)
    assert agreed.refused, mismatch("a refusal without a name", "a certificate")


@pytest.fixture(scope="session")
def modern(settings: Settings) -> bool:
    """Return True if TLS 1.3 is the only version."""
    return settings.tls.only_tls13


def _needs_tls12(modern: bool) -> None:
    if modern:
        not_applicable("TLS 1.2 is not offered (registry_tls_profile: modern)")
