"""The registry that a mirror fetches from: whether it answers, and why a mirror cannot start."""

from __future__ import annotations

import os
import ssl
import urllib.error
import urllib.request

from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

SECONDS = 5.0
KNOWN = (
    ("no such host", "its name is not known"),
    ("server misbehaving", "its name cannot be looked up"),
    ("Name or service not known", "its name is not known"),
    ("Temporary failure in name resolution", "its name cannot be looked up"),
    ("connection refused", "nothing listens there"),
    ("Connection refused", "nothing listens there"),
    ("no route to host", "there is no way to it"),
    ("network is unreachable", "there is no way to it"),
    ("unknown authority", "its certificate is of an unknown authority. Set registry_service_ca"),
    (
        "unable to get local issuer certificate",
        "its certificate is of an unknown authority. Set registry_service_ca",
    ),
    ("self-signed certificate", "its certificate is of an unknown authority"),
    ("expired", "its certificate has expired"),
    ("certificate is valid for", "its certificate has another name"),
    ("Hostname mismatch", "its certificate has another name"),
    ("HTTP response to HTTPS client", "it speaks http, not https"),
    ("WRONG_VERSION_NUMBER", "it speaks http, not https"),
    ("timed out", "it gives no answer"),
    ("timeout", "it gives no answer"),
)
"""Words of Go and of OpenSSL, and what they mean."""


class AwayError(StepError):
    """A mirror cannot start, for it asks its upstream first, and that cannot be reached."""


def blame(mirror: str, url: str, cafile: str, journal: list[str]) -> None:
    """Raise AwayError when it is the upstream for which a mirror does not start.

    The registry ends with the error of its first request, that for `url`/v2/. Where its journal
    has none (yet), the upstream is asked from here.
    """
    mark = f'Get "{url}/v2/": '
    told = [line.partition(mark)[2] for line in journal if mark in line]
    said = told[-1] if told else problem(url, cafile)
    if said:
        words = f"{mirror} waits for its upstream {url}: {plain(said)}"
        raise AwayError(words, [f"the registry says: {said}"] if told else [])


def problem(url: str, cafile: str | None = None) -> str | None:
    """Return in plain words why a registry does not answer; None when it does.

    `cafile` has authorities to trust beside the system's.
    """
    context = ssl.create_default_context()
    if cafile and os.path.exists(cafile):
        context.load_verify_locations(cafile)
    try:
        with urllib.request.urlopen(f"{url}/v2/", timeout=SECONDS, context=context):  # noqa: S310
            return None
    except urllib.error.HTTPError as error:
        # It asks for a login, which a mirror has or does without.
        return None if error.code == 401 else f"it answers {error.code}, as no registry does"
    except (OSError, ValueError) as error:
        return plain(str(getattr(error, "reason", None) or error))


def plain(said: str) -> str:
    """Return an error of a connection in plain words; as it is when it is an unknown one."""
    return next((words for mark, words in KNOWN if mark in said), said)
