"""Convert the headers that a registry adds to its answers: those for pages of other sites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from holdfast.importing.convert import Convert, Drop, Sources
from holdfast.importing.entry import Entry
from holdfast.settings.sections.extra_config import OF_THE_PROXY

AT = "http.headers"
_ORIGIN, _LOGINS = "access-control-allow-origin", "access-control-allow-credentials"


def split(entry: Entry) -> Iterator[Entry]:
    """Yield an entry for each header of `http.headers`; any other entry as it is."""
    if entry.path != AT or not isinstance(entry.value, dict) or not entry.value:
        yield entry
        return
    for name, values in entry.value.items():
        yield replace(entry, path=f"{AT}.{name}", value=values)


def conversion(path: str) -> Convert | None:
    """Return the conversion of a header by its path; None for one that the registry adds itself."""
    name = path.removeprefix(f"{AT}.").lower()
    if not path.startswith(f"{AT}."):
        return None
    if name in OF_THE_PROXY:
        return _of_proxy
    if not name.startswith("access-control-"):
        return None
    return {_ORIGIN: _origins, _LOGINS: _credentials}.get(name, _rest)


def _of_proxy(value: Any, _: Sources) -> Drop:
    return Drop("the proxy sets it on every answer", same=_texts(value) == ["nosniff"])


def _origins(value: Any, _: Sources) -> dict[str, Any] | Drop:
    found = _texts(value)
    if not found:
        return Drop("no origin in it")
    return {"registry_http_cors_origins": ["*"] if "*" in found else found}


def _credentials(value: Any, sources: Sources) -> dict[str, Any] | Drop:
    if _texts(value) != ["true"]:
        return Drop("browsers look for true alone", same=True)
    given = _given(sources)
    if not given:
        return _rest(value, sources)
    if "*" in given:
        return Drop(f"browsers refuse it beside {_ORIGIN}: '*'. Name the origins of the pages")
    return {"registry_http_cors_credentials": True}


def _rest(_: Any, sources: Sources) -> Drop:
    if not _given(sources):
        return Drop(f"no effect without {_ORIGIN}")
    return Drop("the proxy allows those pages every method and header of the API", same=True)


def _given(sources: Sources) -> list[str]:
    wanted = f"{AT}.{_ORIGIN}"
    return [
        text
        for path, entry in sources.entries.items()
        if path.lower() == wanted
        for text in _texts(entry.value)
    ]


def _texts(value: Any) -> list[str]:
    """Return the parts of a header's values: some people write several with commas."""
    values = value if isinstance(value, list) else [value]
    parts = (re.split(r"[,\s]+", str(one).strip()) for one in values if one is not None)
    return [part.removesuffix("/") for some in parts for part in some if part]
