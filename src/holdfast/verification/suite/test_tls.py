"""Check the served certificate, and how connections are encrypted."""

from __future__ import annotations

import json
import ssl
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from holdfast.certificates import Authority
from holdfast.settings import Settings
from holdfast.verification.host_facts import MAINTENANCE_NOTE, Facts
from holdfast.verification.messages import listed, mismatch
from holdfast.verification.network.endpoint import Endpoint, any_certificate
from holdfast.verification.skips import not_applicable, not_checked

EXTERNAL_DAYS = 14
LEAST_BITS = {"ec": 256, "rsa": 2048}
LONGEST_DAYS = 825
"""Longest validity that clients accept. Source: Apple, support.apple.com/HT210176."""


@pytest.mark.check("tls.chain")
def test_clients_can_verify_the_certificate(endpoint: Endpoint) -> None:
    _speaks(endpoint)
    try:
        endpoint.verified()
    except ssl.SSLError as error:
        found = getattr(error, "verify_message", "") or error.reason or error
        trusted = endpoint.cafile or "the system's authorities"
        todo = "Deploy again, or name the authority that signed it"
        wanted = f"a certificate for {endpoint.host} that {trusted} trusts"
        raise AssertionError(mismatch(wanted, found, todo)) from error


@pytest.mark.check("tls.names")
def test_the_certificate_is_for_the_name(endpoint: Endpoint) -> None:
    _speaks(endpoint)
    names = _names(endpoint.handshake(any_certificate(), endpoint.host).certificate)
    fitting = {endpoint.host, "*." + endpoint.host.partition(".")[2]}
    assert fitting & set(names), mismatch(
        f"the name {endpoint.host}", ", ".join(names) or "no name"
    )


@pytest.mark.check("tls.days-left")
def test_the_certificate_is_valid_for_long_enough(endpoint: Endpoint, settings: Settings) -> None:
    _speaks(endpoint)
    certificate = endpoint.handshake(any_certificate(), endpoint.host).certificate
    external = not settings.tls.terminates_here
    enough = EXTERNAL_DAYS if external else settings.tls.warn_days
    left = (certificate.not_valid_after_utc - datetime.now(UTC)).total_seconds() / 86400
    todo = "Renew it" if external else "Run: holdfast status"
    assert left >= enough, mismatch(f"{enough} days or more to be left", f"{left:.1f} days", todo)


@pytest.mark.check("tls.served")
def test_the_certificate_on_disk_is_the_one_that_is_shown(
    facts: Facts, tls_endpoint: Endpoint
) -> None:
    shown = tls_endpoint.handshake(any_certificate(), tls_endpoint.host).fingerprint
    assert shown == facts.certificate, mismatch(
        f"the certificate on the host (sha256 {facts.certificate[:12]}…)",
        f"sha256 {shown[:12]}…",
        "Run on the host: systemctl reload holdfast-proxy; or another machine has the name",
    )


@pytest.mark.check("tls.strength")
def test_certificates_are_signed_and_keyed_strongly(endpoint: Endpoint) -> None:
    _speaks(endpoint)
    certificate = endpoint.handshake(any_certificate(), endpoint.host).certificate
    key = certificate.public_key()
    enough = LEAST_BITS.get("ec" if isinstance(key, EllipticCurvePublicKey) else "rsa", 0)
    size = getattr(key, "key_size", enough)
    used = certificate.signature_hash_algorithm
    problems = [f"a key of {size} bits, not {enough}"] if size < enough else []
    problems += [f"signed with {used.name}"] if used and used.name in ("md5", "sha1") else []
    assert not problems, listed(problems, "Get another certificate")


@pytest.mark.check("tls.lifetime")
def test_certificates_live_shortly(endpoint: Endpoint) -> None:
    _speaks(endpoint)
    certificate = endpoint.handshake(any_certificate(), endpoint.host).certificate
    days = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days
    assert days <= LONGEST_DAYS, mismatch(
        f"{LONGEST_DAYS} days at most", f"{days} days", "Clients of Apple refuse it: get another"
    )


@pytest.mark.check("tls.own-name")
def test_the_certificate_names_nobody_else(tls_endpoint: Endpoint, settings: Settings) -> None:
    if settings.tls.own:
        not_applicable("a certificate of your own may have other names (registry_tls_mode: own)")
    names = _names(tls_endpoint.handshake(any_certificate(), tls_endpoint.host).certificate)
    wanted = settings.names
    assert set(names) == set(wanted), mismatch(f"the names {', '.join(wanted)}", ", ".join(names))


@pytest.mark.check("tls.pair")
def test_keys_belong_to_their_certificates(facts: Facts, settings: Settings) -> None:
    if not settings.tls.terminates_here:
        not_applicable("TLS ends at a load balancer (registry_tls_mode: external)")
    pairs = facts.pairs
    problems = [f"{name} does not belong to its certificate" for name in pairs if not pairs[name]]
    problems += [] if pairs else ["there is no certificate with a key"]
    assert not problems, listed(problems)


@pytest.mark.check("tls.care")
def test_the_certificates_are_cared_for(facts: Facts, settings: Settings) -> None:
    if not settings.tls.terminates_here:
        not_applicable("TLS ends at a load balancer (registry_tls_mode: external)")
    found = json.loads(facts.note_files[MAINTENANCE_NOTE] or '{"problems": []}')
    assert not found["problems"], listed(found["problems"], "Run: holdfast status")


@pytest.mark.check("tls.versions")
def test_new_versions_are_offered_with_strong_ciphers(
    tls_endpoint: Endpoint, settings: Settings
) -> None:
    for version, named in _offered(settings).items():
        try:
            agreed = tls_endpoint.handshake(any_certificate(version, version), tls_endpoint.host)
        except ssl.SSLError as error:
            raise AssertionError(mismatch(f"{named} to be offered", error.reason)) from error
        strong = any(kind in agreed.cipher for kind in ("GCM", "CHACHA20"))
        assert strong, mismatch(f"an AEAD cipher with {named}", agreed.cipher)


@pytest.mark.check("tls.kinds")
def test_each_kind_of_certificate_is_shown(tls_endpoint: Endpoint, settings: Settings) -> None:
    tls = settings.tls
    if len(tls.key_pairs) < 2:
        not_applicable("there is one certificate")
    if tls.only_tls13:
        not_checked(
            "with TLS 1.3 alone this machine cannot ask for one kind",
            "By hand: openssl s_client -tls1_3 -sigalgs rsa_pss_rsae_sha256 -connect"
            f" {tls_endpoint.address}:{tls_endpoint.port}",
        )
    version = ssl.TLSVersion.TLSv1_2
    for kind in ("ECDSA", "RSA"):
        context = any_certificate(version, version)
        context.set_ciphers(f"ECDHE-{kind}-AES128-GCM-SHA256")
        try:
            tls_endpoint.handshake(context, tls_endpoint.host)
        except ssl.SSLError as error:
            raise AssertionError(mismatch(f"an {kind} certificate", error.reason)) from error


@pytest.mark.check("tls.other-names")
def test_no_certificate_is_shown_for_another_name(tls_endpoint: Endpoint) -> None:
    try:
        shown = tls_endpoint.handshake(any_certificate(), "other.invalid").certificate
    except (ssl.SSLError, ConnectionResetError):
        return
    raise AssertionError(
        mismatch("a refusal for other.invalid", f"a certificate for {_names(shown)}")
    )


@pytest.mark.check("tls.client-certificates")
def test_clients_without_a_good_certificate_are_refused(
    tls_endpoint: Endpoint, settings: Settings
) -> None:
    if settings.mtls.verify == "off":
        not_applicable("registry_mtls_verify is off")
    wanted = 401 if settings.auth.asks_login else 200
    wanted = 403 if settings.mtls.verify == "require" else wanted
    found = tls_endpoint.client(certified=False).check()
    assert found == wanted, mismatch(f"{wanted} without a certificate", found)
    with tempfile.TemporaryDirectory() as folder:
        pair = Authority.create("stranger", 1, datetime.now(UTC)).issue_client(
            "stranger", 1, datetime.now(UTC)
        )
        paths = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        for path, text in zip(paths, (pair.certificate_pem, pair.key_pem), strict=True):
            path.touch(0o600)
            path.write_text(text)
        stranger = replace(tls_endpoint, pair=(str(paths[0]), str(paths[1]))).client().check()
    assert stranger == 403, mismatch("403 for a certificate of another authority", stranger)


def _speaks(endpoint: Endpoint) -> None:
    if not endpoint.tls:
        not_checked(
            "TLS ends at a load balancer, and --by-address looks behind it",
            "Leave --by-address out",
        )


def _offered(settings: Settings) -> dict[ssl.TLSVersion, str]:
    """Return the versions of TLS that the profile offers, and their names."""
    both = {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}
    modern = settings.tls.only_tls13
    return {v: name for v, name in both.items() if not modern or v is ssl.TLSVersion.TLSv1_3}


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.DNSName)
