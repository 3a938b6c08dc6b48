"""Write docs/controls.md from the controls."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.verification.controls import CONTROLS, GROUPS, Control

INTRO = """# Controls

<!-- Generated from the controls of the suite by `python -m holdfast.schema`; do not edit. -->

{count} controls that `holdfast verify` checks on a host. The expected values come from the host's
settings; one that does not apply is reported so, with the reason. *Profile* is the smallest one
that includes it ([verification](verification.md)): `basic` ⊂ `default` ⊂ `hardening`; `intrusive`
needs an option. *Off* is the setting that disables a control.
"""
HEAD = "| Control | What holds | Why | Reference | Profile | Off |\n|---|---|---|---|---|---|"


def controls_page() -> str:
    """Return the page as Markdown."""
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
