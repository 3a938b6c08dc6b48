"""Say what a catalogue knows about a release."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.catalogue import About


def facts(version: str, about: About) -> Iterator[str]:
    """Yield a sentence for each known fact about a release."""
    if about.date:
        yield f"{version} is of {about.date}"
    if about.cves:
        yield f"{version} fixes {', '.join(about.cves)}"
    for text in about.clients:
        yield f"since {version}: {text}"
    if about.removed:
        yield f"{version} no longer has: {', '.join(about.removed)}"
