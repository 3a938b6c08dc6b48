"""Write a plan as a shell script to read, or to pipe to sh."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ansible_collections.holdfast.registry.plugins.module_utils.system.foreign_text import visible

from holdfast.clients.plan import Plan

PUT = """\
owner() {  # owner PATH: numbers of user and group of its first part that is not root's
  here= rest="${1#/}/"
  while [ "$rest" ]; do
    here="$here/${rest%%/*}" rest="${rest#*/}"
    { [ -e "$here" ] || [ -L "$here" ]; } && [ "$(stat -c %u "$here")" = 0 ] || break
  done
  stat -c '%u %g' "$here" 2>/dev/null || echo 0 0
}
write='
  mkdir -p "${2%/*}"
  (umask 077; cat > "$2.holdfast")
  if [ "${3:-}" ] && [ -s "$2" ] && ! cmp -s "$2" "$2.holdfast"; then
    echo "$2 already has content: merge it with $2.holdfast by hand" >&2
    exit 1
  fi
  chmod "$1" "$2.holdfast"
  mv "$2.holdfast" "$2"
'
put() {  # put MODE PATH [shared]: writes its input there, in a home with the rights of its user
  who=$(owner "$2")
  if [ "${who% *}" = 0 ] || [ "$(id -u)" != 0 ]; then
    sh -euc "$write" put "$@"
  else
    setpriv --reuid "${who% *}" --regid "${who#* }" --clear-groups -- sh -euc "$write" put "$@"
  fi
}
"""


def script(plan: Plan, *, present: bool = True) -> str:
    """Return the script that applies a plan to a machine, or removes it.

    It contains the plan's secrets: a client's key, a login.
    """
    aim = "trusts" if present else "no longer trusts"
    lines = ["#!/bin/sh", _comment(f"Run as root: {plan.kind} {aim} {plan.authority} then.")]
    lines += ["set -eu"]
    lines += ["", *(_bring(plan) if present else _take(plan))]
    lines += [
        f"! command -v {shlex.quote(one[0])} >/dev/null || {shlex.join(one)}" for one in plan.after
    ]
    lines += map(_comment, plan.notes) if present else []
    return "\n".join(lines).rstrip() + "\n"


def _bring(plan: Plan) -> Iterator[str]:
    yield PUT
    # What may be refused comes first: nothing was done then.
    for file in sorted(plan.files, key=lambda one: one.how == "whole"):
        shared = "" if file.how == "whole" else " shared"
        # Not by a here-document: a line of the content could end it. printf is of the shell itself,
        # so that no process has the content as an argument.
        text = shlex.quote(file.content.rstrip("\n"))
        yield f"printf '%s\\n' {text} | put {file.mode:o} {shlex.quote(file.path)}{shared}"


def _take(plan: Plan) -> Iterator[str]:
    for file in plan.files:
        path = shlex.quote(file.path)
        if file.how == "whole":
            yield f"rm -f {path}"
        else:
            hint = f"remove its entries of {plan.authority}, or let holdfast client --remove"
            text = shlex.quote(visible(f"{file.path}: {hint} --apply do it"))
            yield f"[ ! -e {path} ] || printf '%s\\n' {text} >&2"
    yield from (f"rmdir {shlex.quote(folder)} 2>/dev/null || :" for folder in plan.folders)


def _comment(text: str) -> str:
    """Return a line of comment, one line whatever the text holds."""
    return f"# {visible(text)}"
