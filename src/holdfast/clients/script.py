"""A plan as a shell script that a person can read, and pipe to sh."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

from holdfast.clients.plan import ClientFile, Plan

END = "HOLDFAST"


def script(plan: Plan) -> str:
    """Return the script; nothing in it is a secret but a client's own key."""
    lines = ["set -e", f"# {plan.kind}: run as root"]
    for file in plan.files:
        lines += _file(file)
    lines += [shlex.join(command) for command in plan.after]
    lines += [f"# {note}" for note in plan.notes]
    lines += [f"# Log in: {plan.login}"] if plan.login else []
    return "\n".join(lines) + "\n"


def _file(file: ClientFile) -> Iterator[str]:
    path, folder = shlex.quote(file.path), shlex.quote(str(PurePosixPath(file.path).parent))
    if file.how == "json":
        # A shell cannot join two JSON texts: where there is a file, a person or --apply does.
        yield f"if [ -s {path} ]; then echo 'Add to {file.path}: {file.content}' >&2; exit 1; fi"
    yield f"mkdir -p {folder}"
    umask, into = f"{0o777 & ~file.mode:03o}", ">>" if file.how == "block" else ">"
    yield f"( umask {umask}; cat {into} {path} ) <<'{END}'"
    yield file.content.rstrip("\n")
    yield END
