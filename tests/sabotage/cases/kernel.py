"""A kernel that says whatever a test wants: files and programs that stand in for a machine's own.

A container shares the kernel of its machine, so nothing of it can be broken there. What the probe
reads of it is put in its place: parameters, modules, audit rules, AppArmor, control groups.
"""

from __future__ import annotations

from holdfast.hardening import CONTROLS

STANDS_IN = r"""
mkdir -p /root/kernel; cd /etc/holdfast/current/hardening
mount -t tmpfs tmpfs /proc/sys
grep -v '^#' sysctl.conf | while IFS=' =' read -r key value; do
  file=/proc/sys/$(echo "$key" | tr . /)
  mkdir -p "$(dirname "$file")"; echo "$value" > "$file"
done
mount -t tmpfs tmpfs /sys/module
mkdir -p /sys/module/apparmor/parameters; echo Y > /sys/module/apparmor/parameters/enabled
echo 'holdfast-registry-0 (enforce)' > /root/kernel/label
mount --bind /root/kernel/label "/proc/$(systemctl show -P MainPID "$(registry)")/attr/current"
for unit in $(systemctl list-units --plain --no-legend --state=running 'holdfast-*.service' | cut -d' ' -f1); do
  group=/sys/fs/cgroup$(systemctl show -P ControlGroup "$unit")
  mount -t tmpfs tmpfs "$group"
  systemctl show -P MemoryMax "$unit" > "$group/memory.max"
  systemctl show -P TasksMax "$unit" > "$group/pids.max"
done
cp modprobe.conf audit.rules /root/kernel
program() { printf '#!/bin/sh\n%s\n' "$2" > "/usr/local/sbin/$1"; chmod 755 "/usr/local/sbin/$1"; }
program systemd-detect-virt 'echo none'
program auditctl 'cat /root/kernel/audit.rules'
program modprobe 'grep "^install $3 " /root/kernel/modprobe.conf'
systemd-run --quiet --unit=chrony sleep infinity
"""
"""Shell words that let a host pass for a machine whose kernel is as the settings want it."""
BREAK = r"""
find /proc/sys -type f -exec sh -c 'echo 7 > "$1"' - {} \;
echo unconfined > /root/kernel/label
for file in memory pids; do
  find /sys/fs/cgroup -name "$file.max" -exec sh -c 'echo max > "$1"' - {} \;
done
: > /root/kernel/modprobe.conf; : > /root/kernel/audit.rules
systemctl stop chrony
"""
UNDO = r"""
cut -d' ' -f2 /proc/mounts | grep -E '^/(proc/sys|sys/module|proc/[0-9]+/attr/current|sys/fs/cgroup/.*holdfast.*)$' |
  while read -r place; do umount "$(printf %b "$place")"; done
rm -f /usr/local/sbin/systemd-detect-virt /usr/local/sbin/auditctl /usr/local/sbin/modprobe
systemctl stop chrony 2>/dev/null || true
"""
_SAYS = {
    "sysctl.conf": "found 7",
    "modprobe.conf": "can be loaded",
    "audit.rules": "the kernel has no rule",
}
_LINES = {one.id: name for one in CONTROLS for name in one.lines if name in _SAYS}
RED = {
    **{control: _SAYS[name] for control, name in _LINES.items()},
    "kernel.reverse-path": "found 7",
    "kernel.no-forwarding": "found 7",
    "time.sync": "no service sets the clock",
    "units.apparmor": "runs as unconfined in AppArmor",
    "units.memory": "may take max",
    "units.tasks": "may have any number",
}
"""By control of the kernel: what it says after BREAK."""
