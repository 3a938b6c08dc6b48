"""All ways to break a host, by what they break."""

from __future__ import annotations

from tests.sabotage.cases import auth, files, hardening, host, http, storage, tls, units

ALL = [
    *files.CASES,
    *units.CASES,
    *host.CASES,
    *hardening.CASES,
    *storage.CASES,
    *tls.CASES,
    *auth.CASES,
    *http.CASES,
]

TOGETHER = [
    [case for case in ALL if (case.together or case.name) == word]
    for word in dict.fromkeys(case.together or case.name for case in ALL)
]
"""The same, those together that are done together."""
