"""Tell text that Ansible takes as it is from text that it would fill in."""

from __future__ import annotations


def is_template(text: str) -> bool:
    """Return True if Ansible would fill in a part of a text, and maybe run what stands there."""
    return "{{" in text or "{%" in text
