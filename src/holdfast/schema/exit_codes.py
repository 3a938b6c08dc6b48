"""Write docs/exit-codes.md from the exit codes."""

from __future__ import annotations

from holdfast.errors import Exit
from holdfast.playbook.run import WORST
from holdfast.schema.role import NOTE

MEANING = {
    Exit.OK: ("It is done, or nothing was to be done.", "Nothing."),
    Exit.UNEXPECTED: (
        "An error that holdfast did not expect, or a program after the deploy that failed.",
        "Read the last lines. `HOLDFAST_DEBUG=1` shows where an error of the command itself began.",
    ),
    Exit.INPUT: (
        "Arguments, settings or the inventory are wrong. Nothing was changed.",
        "Each line names the place, what was expected, and what was given.",
    ),
    Exit.UNREACHABLE: (
        "A host cannot be reached by ssh, or a registry does not answer `holdfast copy`.",
        "Log in with ssh as the inventory says it; then run the verb again.",
    ),
    Exit.REFUSED: (
        "A host or a file does not meet the requirements. What serves was not changed.",
        "The lines say what is missing, and what to do.",
    ),
    Exit.FAILED: (
        "Work on a host failed; after a failed deploy the old generation serves. `holdfast copy`:"
        " some images were not copied.",
        "Run `holdfast doctor`, and read the lines of the journal that were shown.",
    ),
    Exit.VERIFICATION: (
        "A verb that looks at things found a problem.",
        "Each line says what it is, and what to do.",
    ),
    Exit.INTERRUPTED: (
        "Ctrl-C, or the end of the terminal. The last line says what state things are in.",
        "Run the verb again: it begins at what is missing.",
    ),
}
ORDER = ", ".join(str(int(one)) for one in reversed(WORST))
INTRO = f"""# Exit codes

<!-- {NOTE.replace("settings' schema", "command's exit codes")} -->

All verbs have the same exit codes. If several hosts end differently, the code is that of
the most severe one: {ORDER}.

| Code | Meaning | What to do |
|---|---|---|
"""
END = """
`verify`, `status`, `doctor`, `issuer show`, `rules check`, `scrub`, `backup`, `restore`, `drill`
and `jobs run` end with 6 if they found a problem. With `--json` an error is an object on standard
output, too:
`{"event": "error", "exit": "REFUSED", "lines": […]}`.
"""


def exit_codes_page() -> str:
    """Return the page as Markdown."""
    rows = (
        f"| {int(code)} | {meaning} | {advice} |\n" for code, (meaning, advice) in MEANING.items()
    )
    return INTRO + "".join(rows) + END
