"""docs/controls.md: all controls, for a reader."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.verification.controls import CONTROLS, GROUPS, Control

INTRO = """# Controls

<!-- Generated from the controls of the suite by `python -m holdfast.schema`; do not edit. -->

{count} controls that `holdfast verify` holds a host to. What each expects comes from the host's own
settings; one that does not apply is skipped, and says why. *Profile* is the least one that looks
([verification](verification.md)): `basic` ⊂ `default` ⊂ `hardening`; `intrusive` has to be asked
for. *Off* is the setting that switches a control off.
"""
HEAD = "| Control | What holds | Why | Reference | Profile | Off |\n|---|---|---|---|---|---|"


def controls_page() -> str:
    """Return the page."""
    return "\n".join([INTRO.format(count=len(CONTROLS)), *_groups()])


def _groups() -> Iterator[str]:
    for group, (title, controls) in GROUPS.items():
        yield f"## {title} (`{group}`)\n"
        yield HEAD
        yield from map(_row, controls)
        yield ""


def _row(control: Control) -> str:
    off = f"`{control.off}`" if control.off else ""
    title = f"{control.title} (checked: {control.check})" if control.check else control.title
    cells = (f"`{control.id}`", title, control.reason, control.reference)
    return "| " + " | ".join(_escaped(cell) for cell in (*cells, control.depth, off)) + " |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
