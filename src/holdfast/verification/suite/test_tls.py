"""The certificate that is shown, and how connections are encrypted."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from holdfast.verification.inside import Facts
from holdfast.verification.outside import Endpoint, any_certificate
from holdfast.verification.words import told

ENOUGH = timedelta(days=21)


@pytest.mark.check("tls.chain")
def test_clients_can_verify_the_certificate(endpoint: Endpoint) -> None:
    try:
        endpoint.verified()
    except ssl.SSLError as error:
        found = getattr(error, "verify_message", "") or error.reason or error
        trusted = endpoint.cafile or "the system's authorities"
        todo = "Deploy again, or name the authority that signed it"
        wanted = f"a certificate for {endpoint.host} that {trusted} vouch for"
        raise AssertionError(told(wanted, found, todo)) from error


@pytest.mark.check("tls.names")
def test_the_certificate_is_for_the_name(endpoint: Endpoint) -> None:
    names = _names(endpoint.handshake(any_certificate(), endpoint.host).certificate)
    fitting = {endpoint.host, "*." + endpoint.host.partition(".")[2]}
    assert fitting & set(names), told(f"the name {endpoint.host}", ", ".join(names) or "no name")


@pytest.mark.check("tls.days-left")
def test_the_certificate_is_valid_for_long_enough(endpoint: Endpoint) -> None:
    certificate = endpoint.handshake(any_certificate(), endpoint.host).certificate
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    # A short life is a choice: then a third of it is enough.
    enough, left = min(ENOUGH, life / 3), certificate.not_valid_after_utc - datetime.now(UTC)
    assert left >= enough, told(
        f"{enough.total_seconds() / 86400:.1f} days or more to be left",
        f"{left.total_seconds() / 86400:.1f} days",
        "Renew it: holdfast deploy renews ours, a certificate of your own is for you to replace",
    )


@pytest.mark.check("tls.served")
def test_the_certificate_on_disk_is_the_one_that_is_shown(facts: Facts, endpoint: Endpoint) -> None:
    shown = endpoint.handshake(any_certificate(), endpoint.host).fingerprint
    assert shown == facts.certificate, told(
        f"the certificate on the host (sha256 {facts.certificate[:12]}…)",
        f"sha256 {shown[:12]}…",
        "Run on the host: systemctl reload holdfast-proxy; or another machine has the name",
    )


@pytest.mark.check("tls.versions")
def test_new_versions_are_offered_with_strong_ciphers(endpoint: Endpoint) -> None:
    for version, named in (
        (ssl.TLSVersion.TLSv1_2, "TLSv1.2"),
        (ssl.TLSVersion.TLSv1_3, "TLSv1.3"),
    ):
        try:
            agreed = endpoint.handshake(any_certificate(version, version), endpoint.host)
        except ssl.SSLError as error:
            raise AssertionError(told(f"{named} to be offered", error.reason)) from error
        strong = any(kind in agreed.cipher for kind in ("GCM", "CHACHA20"))
        assert strong, told(f"an AEAD cipher with {named}", agreed.cipher)


@pytest.mark.check("tls.old-versions")
def test_old_versions_are_refused(endpoint: Endpoint) -> None:
    context = any_certificate(ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    try:
        agreed = endpoint.handshake(context, endpoint.host)
    except ssl.SSLError as error:
        if "NO_PROTOCOLS" in str(error.reason):
            pytest.skip("this machine's OpenSSL cannot ask for TLS 1.1")
        return
    except ConnectionResetError:
        return
    raise AssertionError(told("TLS 1.0 and 1.1 to be refused", agreed.version))


@pytest.mark.check("tls.weak-ciphers")
def test_weak_ciphers_are_refused(endpoint: Endpoint) -> None:
    version = ssl.TLSVersion.TLSv1_2
    context = any_certificate(version, version)
    context.set_ciphers("ALL:!AESGCM:!CHACHA20:!eNULL:@SECLEVEL=0")
    try:
        agreed = endpoint.handshake(context, endpoint.host)
    except (ssl.SSLError, ConnectionResetError):
        return
    raise AssertionError(told("AEAD ciphers only", agreed.cipher))


@pytest.mark.check("tls.other-names")
def test_no_certificate_is_shown_for_another_name(endpoint: Endpoint) -> None:
    try:
        shown = endpoint.handshake(any_certificate(), "other.invalid").certificate
    except (ssl.SSLError, ConnectionResetError):
        return
    raise AssertionError(told("a refusal for other.invalid", f"a certificate for {_names(shown)}"))


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.DNSName)
