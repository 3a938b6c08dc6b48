"""Read an earlier report, and write what reading it needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible

from holdfast.errors import InputError
from holdfast.verification.comparison import ABOUT, Previous
from holdfast.verification.results import STATES, Results

ELEMENT = "results"
"""Id of the element of a page that has its results for a program."""


def as_text(results: Results) -> str:
    """Return what a later comparison needs of results, as JSON for a page."""
    kept = {
        "began": results.began.isoformat(timespec="seconds"),
        "hosts": [asdict(subject) for subject in results.subjects],
        "checks": [{"host": o.host, "check": o.check, "state": o.state} for o in results.outcomes],
    }
    return json.dumps(kept, sort_keys=True, separators=(",", ":"))


def read(path: Path) -> Previous:
    """Read a report, a page or the output of `--json`. Raises InputError for anything else."""
    try:
        data = path.read_bytes()
        text = data.decode()
        found = json.loads(text if text.lstrip().startswith("{") else _embedded(text))
        states = {(visible(o["host"]), visible(o["check"])): o["state"] for o in found["checks"]}
        hosts = {visible(one["host"]): _about(one) for one in found["hosts"]}
        began = visible(found["began"]).replace("T", " ").replace("+00:00", " UTC")
        if unknown := {str(state) for state in states.values()} - set(STATES):
            raise ValueError(f"the state {visible(min(unknown))}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: expected a page of `holdfast verify --html FILE`, or what `--json` printed,"
            f" found something else ({error or type(error).__name__}). Give such a file to --since"
        ) from error
    return Previous(path.name, hashlib.sha256(data).hexdigest(), began, hosts, states)


def _about(host: Mapping[str, Any]) -> dict[str, str]:
    return {name: visible(str(host.get(name, ""))) for name in ABOUT}


class _Parser(HTMLParser):
    """Parser that keeps the values of a page's element for a program."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the value of the element."""
        given = dict(attrs)
        if (tag, given.get("id")) == ("data", ELEMENT):
            self.found.append(given.get("value") or "")


def _embedded(page: str) -> str:
    """Return the results that a page has for a program. Raises ValueError if there are none."""
    parser = _Parser()
    parser.feed(page)
    if len(parser.found) != 1:
        raise ValueError("no results for a program")
    return parser.found[0]
