"""Words for what nginx itself refuses, as errors of the registry's API."""

from __future__ import annotations

from holdfast.settings import Settings


def proxy_errors(settings: Settings) -> list[tuple[int, str, str]]:
    """Return (status, code of the API, message) of each refusal; no message has quotes."""
    limit = settings.proxy.body_limit_mib
    silence = settings.proxy.timeout_seconds
    return [
        (400, "UNKNOWN", _MALFORMED),
        (403, "DENIED", "this is not allowed from this address, or with this method"),
        (404, "NAME_UNKNOWN", "nothing is here: a registry answers below /v2/"),
        (405, "UNSUPPORTED", "this method is not supported here"),
        (413, "SIZE_INVALID", f"too large: one request may send {limit} MiB (a layer is one)"),
        (414, "UNKNOWN", "the address of the request is too long"),
        (421, "NAME_UNKNOWN", "this server does not answer to the name in the Host header"),
        (429, "TOOMANYREQUESTS", "too many requests at once from this address: try again"),
        (431, "UNKNOWN", "the headers of the request are too large"),
        (502, "UNAVAILABLE", "the registry does not answer now: try again in a few seconds"),
        (503, "UNAVAILABLE", "manifests cannot be changed now: try again in a few seconds"),
        (504, "UNAVAILABLE", f"the registry sent nothing for {silence} seconds: try again"),
    ]


_MALFORMED = (
    "expected an HTTP request that can be read; a port for TLS takes https:// alone, no http://"
)
