"""Describe a secret that is refused by its form, without showing any of its text."""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "a secret that is not shown"
_FORMS = (
    (r"$", "an empty text"),
    (r"-----BEGIN ENCRYPTED", "a key with a passphrase"),
    (r"-----BEGIN (?:TRUSTED )?CERTIFICATE", "a certificate, no key"),
    (r"-----BEGIN (?:RSA )?PUBLIC KEY", "a public key"),
    (r"-----BEGIN(?!.*-----END)", "a PEM text without its last line"),
    (r"-----BEGIN", "a PEM text that cannot be read"),
    (r"[^\s:$]+:\$", "a line of an htpasswd file, with the name and a colon before the hash"),
    (r"(?:\$apr1|\$1)\$", "an MD5 hash"),
    (r"\{SHA\}", "a SHA-1 hash"),
    (r"\$[56]\$", "a SHA-crypt hash"),
    (r"\$argon2", "an Argon2 hash"),
    (r"\$y\$", "a yescrypt hash"),
    (r"\{\{|.*\{\{.*\}\}", "a text with {{ }} that Ansible did not replace"),
    (r"[^\r\n]*\S[\r\n]+$", "a text with a line end at its end"),
    (r".*[\r\n]", "a text of several lines"),
    (r"\s|.*\s$", "a text with a space before or after it"),
    (r"\$2[aby]\$\d\d\$(?!.{53}$)", "a bcrypt hash that is cut off or too long"),
    (r"\$2(?![aby]\$)", "a bcrypt hash of another kind than $2a$, $2b$ and $2y$"),
    (r"~?/[\w./-]+$", "a path, and no text of a file"),
    (r".*[^\x20-\x7e]", "a text with a character that is not printable ASCII"),
)
"""Pattern at the beginning of a text, and what such a text is; the first one that matches."""
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), form) for pattern, form in _FORMS)


def masked(value: Any, kind: str = "") -> str:
    """Return words for a secret that was refused, with the reason where its form shows one.

    `kind` is the type of pydantic's error.
    """
    reason = _reason(value, kind)
    return f"{HIDDEN} ({reason})" if reason else HIDDEN


def _reason(value: Any, kind: str) -> str:
    if isinstance(value, bool | int | float):
        return "a number or true or false, which needs quotes to be a text"
    if not isinstance(value, str):
        return {dict: "a mapping", list: "a list", type(None): "nothing"}.get(type(value), "")
    found = next((form for pattern, form in _PATTERNS if pattern.match(value)), "")
    lengths = {"too_short": "a text that is too short", "too_long": "a text that is too long"}
    return found or next((text for end, text in lengths.items() if kind.endswith(end)), "")
