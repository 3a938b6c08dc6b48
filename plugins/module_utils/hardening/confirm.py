"""Try changes that could lock out the operator, with a timer that undoes them.

The timer starts before anything is changed. A boot before the confirmation undoes the change, too.
Only a connection that was made after the change can confirm it, because it passed the new rules.
"""

from __future__ import annotations

import os
import time

from ansible_collections.holdfast.registry.plugins.module_utils.hardening import firewall, sshd
from ansible_collections.holdfast.registry.plugins.module_utils.system import (
    files,
    foreign_text,
    paths,
    systemd,
)
from ansible_collections.holdfast.registry.plugins.module_utils.system.progress import StepError

FOLDER = f"{paths.STATE}/undo"
SERVICE, TIMER = "holdfast-undo.service", "holdfast-undo.timer"
_UNIT = f"{paths.SYSTEM}/{SERVICE}"
_WANT = f"{paths.SYSTEM}/multi-user.target.wants/{SERVICE}"
_STARTED = f"{FOLDER}/started"
_SERVICE = f"""[Unit]
Description=Undo a change of firewall or ssh that nobody confirmed (holdfast)
DefaultDependencies=no
After=local-fs.target holdfast-firewall.service
Before=ssh.service

[Service]
Type=oneshot
TimeoutStartSec=1min
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


def commit_confirmed(texts: dict[str, str], seconds: int, current: str | None) -> bool:
    """Apply firewall and sshd settings on trial; return True if they differ from before.

    `texts` are the new ones of `firewall` and `ssh`. `seconds` is the time to confirm them.
    `current` is the directory of the serving generation, which the timer restores.
    """
    wanted = {name: text for name, text in texts.items() if _differs(name, text)}
    if not wanted:
        return False
    if pending():
        text = f"another change waits for its confirmation, see {TIMER}"
        raise StepError(f"{text}. Try again after it")
    _schedule(seconds, current)
    if "firewall" in wanted:
        firewall.put(wanted["firewall"])
    if "ssh" in wanted:
        files.replace(sshd.PLACE, wanted["ssh"].encode(), 0o600)
        sshd.load(None)
    _note()
    return True


def confirm() -> str:
    """Confirm a change; return how it was proven. Raises StepError if nothing proves it."""
    if not pending():
        text = "the change of firewall and ssh was undone: nobody confirmed it in time"
        raise StepError(
            f"{text}. Check the sources allowed for ssh (registry_hardening_ssh_sources)"
        )
    begun = session_begun()
    with open(_STARTED, encoding="ascii") as stream:
        changed = float(stream.read())
    if begun is not None and begun < changed:
        raise StepError("a connection from before the change cannot confirm it. Connect again")
    systemd.systemctl("stop", TIMER)
    if not pending() or systemd.show(SERVICE, "ActiveState").get("ActiveState") == "activating":
        raise StepError("the change of firewall and ssh was undone just now. Deploy again")
    files.remove(_WANT)
    files.remove(_UNIT)
    files.remove(FOLDER)
    return "by a new connection" if begun is not None else "without ssh, which stays unproven"


def pending() -> bool:
    """Return True if a change waits for its confirmation."""
    return os.path.exists(_STARTED)


def session_begun() -> float | None:
    """Return the start of the current ssh session in seconds since boot; None without ssh."""
    pid, found = os.getpid(), None
    while pid > 1:
        stat = foreign_text.read(f"/proc/{pid}/stat")
        name, _, rest = stat.partition("(")[2].rpartition(")")
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
    """Check a text; return True if it differs from the active one."""
    if name == "firewall":
        return firewall.check(text) != firewall.now()
    sshd.check(text)
    try:
        return foreign_text.read(sshd.PLACE) != text
    except OSError:
        return True


def _schedule(seconds: int, current: str | None) -> None:
    """Save the state to restore, and start the timer."""
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
    systemd.run_checked(
        [
            *("systemd-run", f"--unit={SERVICE}", f"--on-active={seconds}"),
            "--timer-property=AccuracySec=1s",
        ],
        "schedule the undo of the change",
    )


def _note() -> None:
    """Save the time of the change: later connections passed the new rules."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME)
    files.replace(_STARTED, str(now).encode(), 0o600)
