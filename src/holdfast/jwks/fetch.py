"""Fetch an issuer's public keys: https only, verified, with limits on time and size."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from ansible_collections.holdfast.registry.plugins.module_utils.system import outbound

from holdfast.errors import InputError
from holdfast.jwks.keys import Key, read

SECONDS = 10
MOST_BYTES = 1 << 20


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Redirect handler that follows only https."""

    def redirect_request(  # noqa: PLR0913, PLR0917 -- the library's own signature
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise URLError(f"redirected to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(
    address: str,
    ca: str | None,
    seconds: float = SECONDS,
    variables: Mapping[str, str] | None = None,
) -> tuple[Key, ...]:
    """Fetch the keys from a URL. `ca` is PEM that replaces the system's CA certificates.

    `variables` are those of the outbound proxy, by default this process' own.

    Raises InputError if the URL cannot be reached or verified, or does not return keys.
    """
    if not address.startswith("https://"):
        raise InputError(
            f"registry_auth_keys: expected an https address, got {address}. Whoever can change"
            " the keys in transit can forge tokens"
        )
    context = ssl.create_default_context(cadata=ca)
    https = urllib.request.HTTPSHandler(context=context)
    opener = outbound.opener(variables, https, _OnlyHttps())
    try:
        with opener.open(address, timeout=seconds) as answer:
            raw = answer.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise ValueError(f"gives more than {MOST_BYTES} bytes")
        return read(raw.decode("utf-8"))
    except HTTPError as error:
        reason = f"answers {error.code}"
    except (OSError, HTTPException) as error:
        reason = f"cannot be reached ({getattr(error, 'reason', None) or error})"
    except ValueError as error:
        reason = str(error)
    raise InputError(
        f"{address}: {reason}. It has to give the issuer's public keys; a root that is not in every"
        " system's store is given in registry_auth_keys_ca"
    )
