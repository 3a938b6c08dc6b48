"""The answer of the authority's OCSP responder, which the proxy shows with the certificate.

nginx itself never asks for it: the proxy has no way out of the host.
"""

from __future__ import annotations

import os
import ssl
import time
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils import (
    certificates,
    files,
    handshake,
    names,
    proxy,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

FOLDER = os.path.join(names.STATE, "fetch")
FETCHED = os.path.join(FOLDER, "ocsp.der")
ANSWER, CONFIG = certificates.STAPLE
VERIFIED = "Response verify OK"
SECONDS = 30
LEAST_SECONDS = 3 * 3600
"""An answer that ends sooner is not shown any more: a client would refuse the certificate."""


def fetch(certificate: str) -> list[str]:
    """Ask the responder that a certificate names, and keep its answer; return what was wrong."""
    leaf, issuer = _pair(certificate, FOLDER)
    address = systemd.run(["openssl", "x509", "-noout", "-ocsp_uri", "-in", leaf]).stdout.strip()
    if not address:
        return ["registry_tls_stapling: the certificate names no OCSP responder"]
    argv = ["openssl", "ocsp", "-issuer", issuer, "-cert", leaf, "-url", address, "-no_nonce"]
    argv += ["-timeout", str(SECONDS), "-respout", f"{FETCHED}.new", *_trusting(issuer)]
    done = systemd.run(argv, timeout=2 * SECONDS)
    if VERIFIED not in done.stdout:
        return [f"{address}: {(systemd.tail(done.stdout) or ['no answer'])[-1]}"]
    os.replace(f"{FETCHED}.new", FETCHED)
    return []


def take_up(plan: dict[str, Any]) -> str | None:
    """Show a fetched answer when the one that is shown is past half its life; return what was done.

    Raises StepError when no answer can be shown; one that is about to end is taken away then.
    """
    if not plan.get("staple"):
        return None
    shown, now = os.path.join(certificates.directory(), certificates.SERVER, ANSWER), time.time()
    try:
        _, end = _life(FETCHED)
    except StepError:
        if os.path.exists(shown):
            _forget()
        raise
    if os.path.exists(shown) and now < _half(shown):
        return None
    with open(FETCHED, "rb") as stream:
        _show(stream.read())
    return f"an OCSP answer for {(end - now) / 3600:.0f} hours"


def _half(answer: str) -> float:
    """Return when half of an answer's life is over; at once, when it does not count any more."""
    try:
        return sum(_life(answer)) / 2
    except StepError:
        return 0.0


def _show(answer: bytes) -> None:
    folder = os.path.join(certificates.directory(), certificates.SERVER)
    text = f"ssl_stapling on;\nssl_stapling_file {folder}/{ANSWER};\n"
    files.replace(os.path.join(folder, ANSWER), answer, 0o640, group=certificates.GROUP)
    files.replace(os.path.join(folder, CONFIG), text.encode(), 0o640, group=certificates.GROUP)
    proxy.reload()


def _forget() -> None:
    for name in (CONFIG, ANSWER):
        files.remove(os.path.join(certificates.directory(), certificates.SERVER, name))
    proxy.reload()


def _life(answer: str) -> tuple[float, float]:
    """Return from when to when an answer counts, in seconds of the epoch.

    Raises StepError when it is none for the certificate in use, or does not say that all is well.
    """
    if not os.path.exists(answer):
        raise StepError("the OCSP responder has given no answer yet")
    leaf, issuer = _pair(names.CERTIFICATE, os.path.dirname(names.UPKEEP))
    argv = ["openssl", "ocsp", "-issuer", issuer, "-cert", leaf, "-respin", answer, "-no_nonce"]
    said = systemd.run([*argv, *_trusting(issuer)]).stdout
    if VERIFIED not in said:
        raise StepError("the OCSP answer is not signed by the certificate's authority")
    if f"{leaf}: revoked" in said:
        raise StepError("the authority says that the certificate is revoked. Bring another one")
    dates = {
        key.strip(): value.strip()
        for key, _, value in (line.partition(": ") for line in said.splitlines())
    }
    if f"{leaf}: good" not in said or "Next Update" not in dates:
        raise StepError("the OCSP answer does not say that the certificate is good")
    begin, end = (
        float(ssl.cert_time_to_seconds(dates[key])) for key in ("This Update", "Next Update")
    )
    if end < time.time() + LEAST_SECONDS:
        raise StepError("the OCSP answer is too old")
    return begin, end


def _trusting(issuer: str) -> list[str]:
    return ["-CAfile", issuer, "-partial_chain"]


def _pair(certificate: str, folder: str) -> tuple[str, str]:
    """Write the first certificate of a chain and the one that signed it; return their paths."""
    with open(certificate, encoding="ascii") as stream:
        texts = handshake.chain(stream.read())
    paths = os.path.join(folder, "leaf.pem"), os.path.join(folder, "issuer.pem")
    if len(texts) < len(paths):
        raise StepError("registry_tls_stapling: the chain does not hold who signed the certificate")
    for path, text in zip(paths, texts, strict=False):
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
    return paths
