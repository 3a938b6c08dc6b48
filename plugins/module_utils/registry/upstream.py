"""Check a mirror's upstream registry, and explain why a mirror cannot start."""

from __future__ import annotations

import os
import ssl
import urllib.error
import urllib.request

from ansible_collections.holdfast.registry.plugins.module_utils.system import outbound
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

SECONDS = 5.0
KNOWN = (
    ("Proxy Authentication Required", "the proxy wants another login: registry_outbound_proxy"),
    ("Tunnel connection failed", "the proxy refuses it: registry_outbound_proxy"),
    ("proxyconnect", "the proxy cannot be reached: registry_outbound_proxy"),
    ("no such host", "its name is not known"),
    ("server misbehaving", "its name cannot be looked up"),
    ("Name or service not known", "its name is not known"),
    ("Temporary failure in name resolution", "its name cannot be looked up"),
    ("connection refused", "nothing listens there"),
    ("Connection refused", "nothing listens there"),
    ("no route to host", "there is no route to it"),
    ("network is unreachable", "there is no route to it"),
    ("unknown authority", "its certificate is from an unknown authority. Set registry_service_ca"),
    (
        "unable to get local issuer certificate",
        "its certificate is from an unknown authority. Set registry_service_ca",
    ),
    ("self-signed certificate", "its certificate is from an unknown authority"),
    ("expired", "its certificate has expired"),
    ("certificate is valid for", "its certificate has another name"),
    ("Hostname mismatch", "its certificate has another name"),
    ("HTTP response to HTTPS client", "it speaks http, not https"),
    ("WRONG_VERSION_NUMBER", "it speaks http, not https"),
    ("timed out", "it gives no answer"),
    ("timeout", "it gives no answer"),
)
"""Part of an error of Go or OpenSSL, and its meaning."""


class AwayError(StepError):
    """A mirror cannot start, because its upstream, which it requests first, is unreachable."""


def blame(mirror: str, url: str, cafile: str, journal: list[str]) -> None:
    """Raise AwayError if a mirror does not start because of its upstream.

    The registry exits with the error of its first request, that for `url`/v2/. If the journal does
    not have it (yet), the upstream is requested from here.
    """
    mark = f'Get "{url}/v2/": '
    logged = [line.partition(mark)[2] for line in journal if mark in line]
    said = logged[-1] if logged else problem(url, cafile)
    if said:
        words = f"{mirror} waits for its upstream {url}: {plain(said)}"
        raise AwayError(words, [f"the registry says: {said}"] if logged else [])


def problem(url: str, cafile: str | None = None) -> str | None:
    """Return the reason why a registry does not answer; None if it does.

    `cafile` has authorities to trust in addition to the system's; beside it are the variables of
    the outbound proxy.
    """
    context = ssl.create_default_context()
    if cafile and os.path.exists(cafile):
        context.load_verify_locations(cafile)
    # The mirror's own environment: it is the one that has to reach its upstream.
    own = os.path.join(os.path.dirname(cafile or ""), "secrets.env")
    https = urllib.request.HTTPSHandler(context=context)
    try:
        with outbound.opener(outbound.read(own), https).open(f"{url}/v2/", timeout=SECONDS):
            return None
    except urllib.error.HTTPError as error:
        # It asks for a login, which a mirror has or does without.
        return None if error.code == 401 else f"it answers {error.code}, as no registry does"
    except (OSError, ValueError) as error:
        return plain(str(getattr(error, "reason", None) or error))


def plain(said: str) -> str:
    """Return the meaning of a connection error; the error itself if it is unknown."""
    return next((words for mark, words in KNOWN if mark in said), said)
