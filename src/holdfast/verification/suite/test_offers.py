"""What the proxy agrees to in a handshake, asked for in bytes, one offer at a time."""

from __future__ import annotations

import pytest

from holdfast.settings import Settings
from holdfast.verification import hello
from holdfast.verification.hello import TLS12, TLS13, greet
from holdfast.verification.outside import Endpoint
from holdfast.verification.words import listed, told

OLD = {hello.SSL3: "SSL 3.0", hello.TLS10: "TLS 1.0", hello.TLS11: "TLS 1.1"}


@pytest.mark.check("tls.old-versions")
def test_old_versions_are_refused(own_tls: Endpoint, modern: bool) -> None:
    old = {**OLD, TLS12: "TLS 1.2"} if modern else OLD
    every = (*hello.AEAD, *hello.WITHOUT_AEAD)
    agreed = [name for version, name in old.items() if not greet(own_tls, version, every).refused]
    assert not agreed, listed([f"{name} is agreed on" for name in agreed])


@pytest.mark.check("tls.weak-ciphers")
def test_ciphers_without_aead_are_refused(own_tls: Endpoint) -> None:
    agreed = greet(own_tls, TLS12, hello.WITHOUT_AEAD)
    assert agreed.refused, told("AEAD ciphers only", f"suite 0x{agreed.cipher:04x}")


@pytest.mark.check("tls.forward-secrecy")
def test_ciphers_without_forward_secrecy_are_refused(own_tls: Endpoint) -> None:
    agreed = greet(own_tls, TLS12, hello.WITHOUT_SECRECY)
    assert agreed.refused, told("ECDHE only", f"suite 0x{agreed.cipher:04x}")


@pytest.mark.check("tls.groups")
def test_weak_groups_are_refused(own_tls: Endpoint, modern: bool) -> None:
    versions = {TLS13: "TLS 1.3"} if modern else {TLS12: "TLS 1.2", TLS13: "TLS 1.3"}
    # That of the certificate stands last: without it nothing could be agreed on at all.
    offered = (*hello.WEAK_GROUPS, *hello.STRONG_GROUPS)
    agreed = [
        f"{name} takes group 0x{group:04x}, of less than 128 bits"
        for version, name in versions.items()
        if (group := greet(own_tls, version, groups=offered).group) in hello.WEAK_GROUPS
    ]
    assert not agreed, listed(agreed)


@pytest.mark.check("tls.post-quantum")
def test_a_hybrid_group_is_offered(own_tls: Endpoint, settings: Settings) -> None:
    if settings.platform == "debian12":
        pytest.skip("OpenSSL 3.0 of Debian 12 has none")
    agreed = greet(own_tls, TLS13, groups=[hello.X25519MLKEM768])
    found = "a refusal" if agreed.refused else f"0x{agreed.group:04x}"
    assert agreed.group == hello.X25519MLKEM768, told("X25519MLKEM768 to be taken", found)


@pytest.mark.check("tls.tickets")
def test_no_ticket_is_given(own_tls: Endpoint, modern: bool) -> None:
    _needs_tls12(modern)
    given = hello.SESSION_TICKET in greet(own_tls, TLS12).extensions
    assert not given, told("no session ticket", "one")


@pytest.mark.check("tls.renegotiation")
def test_renegotiation_is_the_secure_one(own_tls: Endpoint, modern: bool) -> None:
    _needs_tls12(modern)
    agreed = greet(own_tls, TLS12)
    wanted = "secure renegotiation to be signalled"
    assert hello.RENEGOTIATION in agreed.extensions, told(wanted, "no word of it")


@pytest.mark.check("tls.compression")
def test_nothing_is_compressed(own_tls: Endpoint, modern: bool) -> None:
    _needs_tls12(modern)
    agreed = greet(own_tls, TLS12, compressions=(1, 0))
    assert not agreed.refused and agreed.compression == 0, told("no compression", agreed)


@pytest.mark.check("tls.protocols")
def test_http_1_is_the_protocol(own_tls: Endpoint, modern: bool) -> None:
    _needs_tls12(modern)
    agreed = greet(own_tls, TLS12, protocols=["h2", "http/1.1"])
    found = agreed.extensions.get(hello.ALPN, b"")[3:].decode() or "none"
    assert found == "http/1.1", told("http/1.1 by ALPN", found)


@pytest.mark.check("tls.no-name")
def test_no_certificate_is_shown_to_those_who_name_nothing(own_tls: Endpoint, modern: bool) -> None:
    agreed = greet(own_tls, TLS13 if modern else TLS12, name=None)
    assert agreed.refused, told("a refusal without a name", "a certificate")


@pytest.fixture(scope="session")
def modern(settings: Settings) -> bool:
    """Whether TLS 1.3 is the only version."""
    return getattr(settings.tls, "profile", "") == "modern"


def _needs_tls12(modern: bool) -> None:
    if modern:
        pytest.skip("TLS 1.2 is not offered (registry_tls_profile: modern)")
