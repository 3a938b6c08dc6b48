"""A plan as a shell script that a person can read, and pipe to sh."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from holdfast.clients.plan import Plan

END = "HOLDFAST"
PUT = """\
put() {  # put MODE PATH [shared]: writes its input there
  mkdir -p "${2%/*}"
  (umask 077; cat > "$2.holdfast")
  if [ "${3:-}" ] && [ -s "$2" ] && ! cmp -s "$2" "$2.holdfast"; then
    echo "$2 holds something already: join it with $2.holdfast by hand" >&2
    exit 1
  fi
  chmod "$1" "$2.holdfast"
  mv "$2.holdfast" "$2"
}
"""


def script(plan: Plan, *, present: bool = True) -> str:
    """Return the script that brings a plan to a machine, or takes it away.

    It holds secrets when the plan does: a client's key, a login.
    """
    aim = "trusts" if present else "no longer trusts"
    lines = ["#!/bin/sh", f"# Run as root: {plan.kind} {aim} {plan.authority} then.", "set -eu"]
    lines += ["", *(_bring(plan) if present else _take(plan))]
    lines += [f"! command -v {one[0]} >/dev/null || {shlex.join(one)}" for one in plan.after]
    lines += [f"# {note}" for note in plan.notes] if present else []
    return "\n".join(lines).rstrip() + "\n"


def _bring(plan: Plan) -> Iterator[str]:
    yield PUT
    # What may be refused comes first: nothing was done then.
    for file in sorted(plan.files, key=lambda one: one.how == "whole"):
        shared = "" if file.how == "whole" else " shared"
        yield f"put {file.mode:o} {shlex.quote(file.path)}{shared} <<'{END}'"
        yield from (file.content.rstrip("\n"), END, "")


def _take(plan: Plan) -> Iterator[str]:
    for file in plan.files:
        path = shlex.quote(file.path)
        if file.how == "whole":
            yield f"rm -f {path}"
        else:
            yield f"[ ! -e {path} ] || echo '{file.path}: take out what it says of" + (
                f" {plan.authority}, or let holdfast client --remove --apply do it' >&2"
            )
    yield from (f"rmdir {shlex.quote(folder)} 2>/dev/null || :" for folder in plan.folders)
