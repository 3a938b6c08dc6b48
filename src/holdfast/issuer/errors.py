"""Error of a source of logins that does not answer."""

from __future__ import annotations


class SourceError(Exception):
    """The source cannot be reached now, so a login can be neither confirmed nor refused."""
