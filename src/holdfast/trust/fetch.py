"""Asking an issuer for its keys: https alone, verified, bounded."""

from __future__ import annotations

import ssl
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from holdfast.errors import InputError
from holdfast.trust.keys import Key, read

SECONDS = 10
MOST_BYTES = 1 << 20


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https alone."""

    def redirect_request(  # noqa: PLR0913, PLR0917 -- the library's own signature
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise URLError(f"redirected to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(address: str, ca: str | None, seconds: float = SECONDS) -> tuple[Key, ...]:
    """Return the keys that an address gives. `ca` is PEM to trust instead of the system's roots.

    Raises InputError when it cannot be reached, is not who it should be, or gives no keys.
    """
    if not address.startswith("https://"):
        raise InputError(
            f"registry_auth_keys: expected an https address, got {address}. Whoever could change"
            " the keys on their way could make tokens"
        )
    context = ssl.create_default_context(cadata=ca)
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _OnlyHttps)
    try:
        with opener.open(address, timeout=seconds) as answer:
            raw = answer.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise ValueError(f"gives more than {MOST_BYTES} bytes")
        return read(raw.decode("utf-8"))
    except HTTPError as error:
        reason = f"answers {error.code}"
    except (OSError, HTTPException) as error:
        reason = f"cannot be asked ({getattr(error, 'reason', None) or error})"
    except ValueError as error:
        reason = str(error)
    raise InputError(
        f"{address}: {reason}. It has to give the issuer's public keys; a root that is not in every"
        " system's store is given in registry_auth_keys_ca"
    )
