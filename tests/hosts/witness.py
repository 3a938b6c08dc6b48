"""Read the state of hosts when a test fails: they are removed before anybody can look."""

from __future__ import annotations

import subprocess

from testhosts.hosts import Host

UP: list[Host] = []
"""Hosts of the tests that run in this process."""
LOOK = """
systemctl --no-pager --plain list-units --all 'holdfast*'
journalctl --no-pager --output short-precise --lines 60
tail -n 5 /var/log/holdfast/*.log
ss --no-header --unix --processes state connected | grep holdfast
# Which of its threads waits for what.
for pid in $(pgrep -f agent/run.py); do
  for task in /proc/$pid/task/*; do echo $task $(cat $task/wchan) $(cat $task/syscall); done
done
"""


def testimony() -> list[tuple[str, str]]:
    """Return a heading and a text for each host that runs."""
    return [(f"host {host.name}", _said(host)) for host in UP]


def _said(host: Host) -> str:
    try:
        done = host.run(LOOK, check=False, timeout=20)
    except (OSError, subprocess.SubprocessError) as error:
        return f"it does not answer: {error}"
    return done.stdout + done.stderr
