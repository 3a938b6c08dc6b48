"""Changes that could lock the operator out: tried with a timer that undoes them by itself.

The timer runs before anything is changed, and a boot in the meantime undoes, too. Only a connection
that was made after the change, and so came through it, can confirm.
"""

from __future__ import annotations

import os
import time

from ansible_collections.holdfast.registry.plugins.module_utils import (
    files,
    firewall,
    names,
    sshd,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.steps import StepError

FOLDER = f"{names.STATE}/undo"
SERVICE, TIMER = "holdfast-undo.service", "holdfast-undo.timer"
_UNIT = f"{names.SYSTEM}/{SERVICE}"
_WANT = f"{names.SYSTEM}/multi-user.target.wants/{SERVICE}"
_STARTED = f"{FOLDER}/started"
_SERVICE = f"""[Unit]
Description=Undo a change of firewall or ssh that nobody confirmed (holdfast)
DefaultDependencies=no
After=local-fs.target holdfast-firewall.service
Before=ssh.service

[Service]
Type=oneshot
ExecStart=/bin/sh {FOLDER}/undo
"""
# At boot sshd waits for this to end: it cannot wait for sshd.
_SCRIPT = f"""cd {FOLDER} || exit 0
if [ -e firewall.nft ]; then {firewall.NFT} -f firewall.nft
else {firewall.NFT} '{firewall.REMOVE}'; fi
if [ -e sshd.conf ]; then install -m 0600 sshd.conf {sshd.PLACE}; else rm -f {sshd.PLACE}; fi
systemctl --no-block try-reload-or-restart ssh.service
rm -f {_WANT} {_UNIT}
rm -rf {FOLDER}
"""


def attempt(texts: dict[str, str], seconds: int, current: str | None) -> bool:
    """Put firewall and sshd's settings in force until they are undone; tell whether they differ.

    `texts` are the new ones of `firewall` and `ssh`, `seconds` the time to confirm them, `current`
    the directory of the generation that serves, to which the way back leads.
    """
    wanted = {name: text for name, text in texts.items() if _differs(name, text)}
    if not wanted:
        return False
    if pending():
        text = f"another change waits for its confirmation, see {TIMER}"
        raise StepError(f"{text}. Try again when it is over")
    _schedule(seconds, current)
    if "firewall" in wanted:
        firewall.put(wanted["firewall"])
    if "ssh" in wanted:
        files.replace(sshd.PLACE, wanted["ssh"].encode(), 0o600)
        sshd.load(None)
    _note()
    return True


def confirm() -> str:
    """Let a change stay; return how it was proven. StepError when nothing proves it."""
    if not pending():
        text = "the change of firewall and ssh was undone: nobody confirmed it in time"
        raise StepError(f"{text}. Look at who may come in by ssh (registry_hardening_*)")
    begun = session_begun()
    with open(_STARTED, encoding="ascii") as stream:
        changed = float(stream.read())
    if begun is not None and begun < changed:
        raise StepError("a connection from before the change cannot confirm it: it was let through")
    systemd.systemctl("stop", TIMER)
    if not pending() or systemd.show(SERVICE, "ActiveState").get("ActiveState") == "activating":
        raise StepError("the change of firewall and ssh was undone just now. Deploy again")
    files.remove(_WANT)
    files.remove(_UNIT)
    files.remove(FOLDER)
    return "by a new connection" if begun is not None else "without ssh, which stays unproven"


def pending() -> bool:
    """Tell whether a change waits for its confirmation."""
    return os.path.exists(_STARTED)


def session_begun() -> float | None:
    """Return when, in seconds since boot, the ssh session began in which this runs; None: none."""
    pid, found = os.getpid(), None
    while pid > 1:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:
            name, _, rest = stream.read().partition("(")[2].rpartition(")")
        fields = rest.split()
        if name.startswith("sshd"):
            # The last one but the daemon that listens, which is a child of systemd.
            found = _begun(fields) if int(fields[1]) > 1 else found
        pid = int(fields[1])
    return found


def _begun(fields: list[str]) -> float:
    """Return the start of a process in seconds since boot. Source: proc(5), stat, field 22."""
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _differs(name: str, text: str) -> bool:
    """Check a text, and tell whether what is in force is something else."""
    if name == "firewall":
        return firewall.check(text) != firewall.now()
    sshd.check(text)
    try:
        with open(sshd.PLACE, encoding="utf-8") as stream:
            return stream.read() != text
    except OSError:
        return True


def _schedule(seconds: int, current: str | None) -> None:
    """Note the way back, and start the timer."""
    files.remove(FOLDER)
    files.make_directory(FOLDER, 0o700)
    before = {"firewall.nft": f"{current}/hardening/firewall.nft", "sshd.conf": sshd.PLACE}
    for name, path in before.items():
        if os.path.exists(path):
            with open(path, "rb") as stream:
                files.write_new(f"{FOLDER}/{name}", stream.read(), 0o600)
    files.write_new(f"{FOLDER}/undo", _SCRIPT.encode(), 0o600)
    _note()
    files.replace(_UNIT, _SERVICE.encode(), 0o644)
    files.link(_WANT, _UNIT)
    systemd.systemctl("daemon-reload")
    systemd.must(
        [
            *("systemd-run", f"--unit={SERVICE}", f"--on-active={seconds}"),
            "--timer-property=AccuracySec=1s",
        ],
        "schedule the way back",
    )


def _note() -> None:
    """Note when the change was made: what connects later came through it."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    files.replace(_STARTED, str(now).encode(), 0o600)
