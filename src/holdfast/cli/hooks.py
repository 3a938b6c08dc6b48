"""Run the programs in the inventory's folder `hooks` before and after a deploy."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import stat
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from holdfast.errors import Exit, HoldfastError, InputError, RefusedError

if TYPE_CHECKING:
    from holdfast.playbook import Outcome

BEFORE, AFTER = "before-deploy", "after-deploy"
LIMIT = "HOLDFAST_HOOK_SECONDS"
"""Environment variable with the longest time that a hook may take."""
SECONDS = 300
"""Longest time in seconds, if that is not set."""
GRACE = 5
"""Seconds between the signal that asks a hook to end and the one that ends it."""


def around(
    inventories: Sequence[Path], facts: Mapping[str, str], deploy: Callable[[], Outcome]
) -> Exit:
    """Deploy between the hooks; return the exit code.

    A hook that fails before refuses the deploy. One that fails after is reported: the exit code is
    UNEXPECTED then, if the deploy itself was good. `facts` are environment variables for the hooks.
    """
    seconds, names = _limit(), {name: found(inventories, name) for name in (BEFORE, AFTER)}
    for path in names[BEFORE]:
        problem = run(path, {**facts, "HOLDFAST_HOOK": BEFORE}, seconds)
        if problem:
            raise RefusedError(f"{problem}. The deploy is refused: no host was contacted")
    result, failed, facts = Exit.INTERRUPTED, False, {**facts, "HOLDFAST_HOOK": AFTER}
    try:
        outcome = deploy()
        result = outcome.exit_code
        hosts = ",".join(outcome.hosts)
        changed = "1" if outcome.changed else "0"
        facts |= {"HOLDFAST_HOSTS": hosts, "HOLDFAST_CHANGED": changed}
    except HoldfastError as error:
        result = error.exit_code
        raise
    finally:
        for path in names[AFTER]:
            problem = run(path, {**facts, "HOLDFAST_RESULT": result.name.lower()}, seconds)
            if problem:
                failed = True
                click.echo(f"{problem}. The deploy itself: {result.name.lower()}", err=True)
    return Exit.UNEXPECTED if failed and result is Exit.OK else result


def found(inventories: Sequence[Path], name: str) -> list[Path]:
    """Return the hooks of a name, one an inventory. Raises InputError for one that cannot run."""
    folders = [path if path.is_dir() else path.parent for path in inventories]
    paths = [folder / "hooks" / name for folder in dict.fromkeys(folders)]
    hooks = [path for path in paths if os.path.lexists(path)]
    for path in hooks:
        quoted = shlex.quote(str(path))
        if not (path.is_file() and os.access(path, os.X_OK)):
            raise InputError(f"{path}: expected a program, it is none. Run: chmod u+x {quoted}")
        if path.stat().st_mode & stat.S_IWOTH:
            what = "expected a program that not everybody may write, got one"
            raise InputError(f"{path}: {what}. Run: chmod o-w {quoted}")
    return hooks


def run(path: Path, facts: Mapping[str, str], seconds: float) -> str:
    """Run a hook in its inventory; return what is wrong with its end, empty if nothing is.

    What it prints goes to standard error, so that --json stays JSON.
    """
    try:
        hook = subprocess.Popen(
            [str(path.absolute())],
            cwd=path.parent.parent,
            env={**os.environ, **facts},
            stdin=subprocess.DEVNULL,
            stdout=2,
            start_new_session=True,  # all that it starts ends with it
        )
    except OSError as error:
        return f"{path}: expected a program, it does not start: {error.strerror}"
    try:
        code = hook.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(hook)
        return f"{path}: expected an end within {seconds:g} s ({LIMIT}), it was ended"
    except BaseException:
        _end(hook)
        raise
    return f"{path}: expected exit code 0, got {code}" if code else ""


def _end(hook: subprocess.Popen[bytes]) -> None:
    """End a hook, and all that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(hook.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            hook.wait(GRACE)
        os.killpg(hook.pid, signal.SIGKILL)
    hook.wait()


def _limit() -> float:
    given = os.environ.get(LIMIT, str(SECONDS))
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400:
        raise InputError(f"{LIMIT}: expected seconds, more than 0, got {given}. Correct it")
    return seconds
