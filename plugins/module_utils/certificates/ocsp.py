"""Fetch and apply the OCSP answer that the proxy staples to the certificate.

nginx itself never requests it, because the proxy has no network access beyond the host.
"""

from __future__ import annotations

import os
import ssl
import time
import urllib.request
from typing import TYPE_CHECKING

from ansible_collections.holdfast.registry.plugins.module_utils.certificates import (
    store as certificate_store,
)
from ansible_collections.holdfast.registry.plugins.module_utils.certificates import verify
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_files,
    nginx,
    outbound,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

if TYPE_CHECKING:
    from ansible_collections.holdfast.registry.plugins.module_utils.contract.certificates import (
        MaintenancePlan,
    )

FOLDER = os.path.join(paths.STATE, "fetch")
FETCHED = os.path.join(FOLDER, "ocsp.der")
ANSWER, CONFIG = certificate_store.STAPLE
VERIFIED = "Response verify OK"
OWN = os.path.join(paths.STATE, "ocsp.der")
LARGEST = 1 << 20
SECONDS = 30
LARGEST_ANSWER = 1 << 20
LEAST_SECONDS = 3 * 3600
"""Remaining lifetime below which an answer is not used, as clients would refuse it."""


def fetch(certificate: str) -> list[str]:
    """Fetch the OCSP answer of the responder that a certificate names; return the problems."""
    leaf, issuer = _pair(certificate, FOLDER)
    address = systemd.run(["openssl", "x509", "-noout", "-ocsp_uri", "-in", leaf]).stdout.strip()
    if not address:
        return ["registry_tls_stapling: the certificate names no OCSP responder"]
    argv = ["openssl", "ocsp", "-issuer", issuer, "-cert", leaf, "-no_nonce"]
    question = os.path.join(FOLDER, "question.der")
    systemd.run_checked([*argv, "-reqout", question], "make the question for the OCSP responder")
    try:
        _ask(address, question)
    except OSError as error:
        return [f"{address}: {getattr(error, 'reason', None) or error}"]
    done = systemd.run([*argv, "-respin", f"{FETCHED}.new", *_trusting(issuer)])
    if VERIFIED not in done.stdout:
        return [f"{address}: {(systemd.tail(done.stdout) or ['no answer'])[-1]}"]
    os.replace(f"{FETCHED}.new", FETCHED)
    return []


def _ask(address: str, question: str) -> None:
    """Send a question to an OCSP responder, and keep its answer. Raises OSError.

    Not by openssl, which takes no login to a proxy.
    """
    with open(question, "rb") as stream:
        request = urllib.request.Request(  # noqa: S310 -- opened as http(s) alone
            address, stream.read(), {"Content-Type": "application/ocsp-request"}
        )
    with outbound.opener().open(request, timeout=SECONDS) as answer:
        content = answer.read(LARGEST_ANSWER)
    with open(f"{FETCHED}.new", "wb") as stream:
        stream.write(content)


def apply(plan: MaintenancePlan) -> str | None:
    """Apply a fetched answer if the one in use is past half its life; return what was done.

    Raises StepError if no answer is usable, and OSError if something else than a file is in its
    place. The answer in use is removed then: it would expire unseen.
    """
    if not plan.get("staple"):
        return None
    shown, now = (
        os.path.join(certificate_store.directory(), certificate_store.SERVER, ANSWER),
        time.time(),
    )
    try:
        _copy()
        _, end = _life(OWN)
    except (StepError, OSError):
        if os.path.exists(shown):
            _forget()
        raise
    if os.path.exists(shown) and now < _half(shown):
        return None
    with open(OWN, "rb") as stream:
        _show(stream.read())
    return f"an OCSP answer for {(end - now) / 3600:.0f} hours"


def _copy() -> None:
    """Copy the fetched answer to where nobody else can change it between the checks."""
    try:
        files.replace(OWN, foreign_files.read(FETCHED, LARGEST), 0o600)
    except FileNotFoundError:
        files.remove(OWN)


def _half(answer: str) -> float:
    """Return when half of an answer's life is over; 0 if the answer is no longer valid."""
    try:
        return sum(_life(answer)) / 2
    except StepError:
        return 0.0


def _show(answer: bytes) -> None:
    folder = os.path.join(certificate_store.directory(), certificate_store.SERVER)
    text = f"ssl_stapling on;\nssl_stapling_file {folder}/{ANSWER};\n"
    files.replace(os.path.join(folder, ANSWER), answer, 0o640, group=certificate_store.GROUP)
    files.replace(os.path.join(folder, CONFIG), text.encode(), 0o640, group=certificate_store.GROUP)
    nginx.reload()


def _forget() -> None:
    for name in (CONFIG, ANSWER):
        files.remove(os.path.join(certificate_store.directory(), certificate_store.SERVER, name))
    nginx.reload()


def _life(answer: str) -> tuple[float, float]:
    """Return begin and end of an answer's validity, in seconds of the epoch.

    Raises StepError if it is not an answer for the certificate in use, or does not say `good`.
    """
    if not os.path.exists(answer):
        raise StepError("the OCSP responder has given no answer yet")
    leaf, issuer = _pair(paths.CERTIFICATE, os.path.dirname(paths.MAINTENANCE_RESULT))
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
    """Write the first certificate of a chain and its issuer's to files; return their paths."""
    with open(certificate, encoding="ascii") as stream:
        texts = verify.chain(stream.read())
    paths = os.path.join(folder, "leaf.pem"), os.path.join(folder, "issuer.pem")
    if len(texts) < len(paths):
        raise StepError("registry_tls_stapling: the chain does not hold who signed the certificate")
    for path, text in zip(paths, texts, strict=False):
        with open(path, "w", encoding="ascii") as stream:
            stream.write(text)
    return paths
