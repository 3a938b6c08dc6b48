"""Name the page of documentation of each verb, and find the verb that somebody meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from holdfast import DOCS

PAGES = {
    "init": "starting",
    "check": "settings",
    "verify": "verification",
    "user": "logins",
    "robot": "access",
    "access": "access",
    "key": "access",
    "certificate": "certificates",
    "client": "clients",
    "import": "importing",
    "cache": "cache",
    "issuer": "access-external",
    "storage": "storage",
    "gc": "cleanup",
    "retention": "retention",
    "untag": "retention",
    "rules": "push-rules",
    "jobs": "jobs",
    "scrub": "scrub",
    "metrics": "alerts",
    "backup": "backup",
    "restore": "backup",
    "drill": "backup",
    **dict.fromkeys(("catalog", "search", "inspect"), "search"),
    "copy": "copying",
    "completion": "installing",
    "remove": "removal",
    "catalogue": "catalogue",
    "upgrade": "upgrading",
}
"""Page by verb; the others are in `operating`."""

OTHERS = {
    "apply": "deploy",
    "up": "deploy",
    "update": "upgrade",
    "install": "deploy",
    "plan": "diff",
    "validate": "check",
    "lint": "check",
    "test": "verify",
    "undo": "rollback",
    "garbage-collect": "gc",
    "ls": "generations",
    "new": "init",
    "passwd": "user",
    "login": "user",
    "cert": "certificate",
    "renew": "certificate",
    "serve": "preview",
    "sync": "copy",
    "uninstall": "remove",
    "destroy": "remove",
}
"""Verb by the word that other programs have for it."""


def address(verb: str) -> str:
    """Return the address of a verb's page."""
    return f"{DOCS}/{PAGES.get(verb, 'operating')}.md"


def meant(word: str, verbs: Iterable[str]) -> list[str]:
    """Return the verbs that somebody may have meant, the most likely one first."""
    known = list(verbs)
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    found = [OTHERS.get(word, ""), *near, *(one for one in known if word and one.startswith(word))]
    return [one for one in dict.fromkeys(found) if one in known]
