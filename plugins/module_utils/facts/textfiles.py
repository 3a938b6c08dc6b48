"""Read metrics that other programs wrote as text, and join them with others.

Source: Prometheus, exposition formats, text 0.0.4.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ansible_collections.holdfast.registry.plugins.module_utils.system import foreign_files

MOST_BYTES = 4 << 20
"""Bytes of a file; a longer one is left out."""
_HEAD = re.compile(r"# (?P<word>HELP|TYPE) (?P<name>[a-zA-Z_:][\w:]*) (?P<rest>[^\n]*)")
_SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][\w:]*)"
    r'(?P<labels>\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*\})?'
    r" (?P<value>[-+]?(?:[0-9.]+(?:[eE][-+]?[0-9]+)?|Inf|NaN))"
)
_PARTS = ("_bucket", "_sum", "_count")


@dataclass
class Family:
    """All samples of one metric."""

    help: str = ""
    kind: str = "untyped"
    samples: dict[str, str] = field(default_factory=dict)
    """Value by name with labels."""


def families(text: str, wanted: Callable[[str], bool], labels: str = "") -> dict[str, Family]:
    """Return the metrics of a text by name: those with a wanted name and a type.

    `labels` (`generation="7"`) are added to each sample. Lines with anything but name, labels and
    value are left out: times are in values.
    """
    found: dict[str, Family] = {}
    for line in text.split("\n"):
        if head := _HEAD.fullmatch(line):
            if wanted(head["name"]):
                one = found.setdefault(head["name"], Family())
                setattr(one, {"HELP": "help", "TYPE": "kind"}[head["word"]], head["rest"])
        elif sample := _SAMPLE.fullmatch(line):
            family = found.get(_family(sample["name"], found))
            if family:
                inner = (sample["labels"] or "{}")[1:-1]
                shown = ",".join(filter(None, (labels, inner)))
                key = f"{sample['name']}{'{' + shown + '}' if shown else ''}"
                family.samples.setdefault(key, sample["value"])
    return {name: one for name, one in found.items() if one.samples and one.kind != "untyped"}


def joined(parts: Iterable[dict[str, Family]]) -> str:
    """Return one text: each metric once, and of samples that are there twice the first one."""
    whole: dict[str, Family] = {}
    for part in parts:
        for name, one in part.items():
            known = whole.setdefault(name, Family(one.help, one.kind))
            if known.kind == one.kind:
                known.samples |= {k: v for k, v in one.samples.items() if k not in known.samples}
    return "".join(_lines(whole))


def in_directory(folder: str) -> Iterator[dict[str, Family]]:
    """Yield our own metrics of each file `*.prom` of a directory, which others may write to."""
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = sorted(name for name in os.listdir(folder) if name.endswith(".prom"))
    for name in names:
        with contextlib.suppress(OSError):
            raw = foreign_files.read(os.path.join(folder, name), MOST_BYTES)
            yield families(raw.decode("utf-8", "replace"), lambda one: one.startswith("holdfast_"))


def _family(name: str, found: dict[str, Family]) -> str:
    """Return the metric to which a sample belongs."""
    if name in found:
        return name
    end = next((one for one in _PARTS if name.endswith(one)), "")
    return name.removesuffix(end)


def _lines(whole: dict[str, Family]) -> Iterator[str]:
    for name, one in whole.items():
        yield f"# HELP {name} {one.help}\n# TYPE {name} {one.kind}\n"
        yield from (f"{key} {value}\n" for key, value in one.samples.items())
