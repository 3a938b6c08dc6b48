"""What a way to break a host is, and the shell words in which most are told."""

from __future__ import annotations

from dataclasses import dataclass

NGINX = "/etc/holdfast/current/proxy/nginx.conf"
LOGINS = "/etc/holdfast/current/logins"
CONFIG = "/etc/holdfast/current/registry/config.yml"
TLS = "/etc/holdfast/tls/current"
BLOBS = "/srv/registry/docker/registry/v2/blobs/sha256"
REPOSITORY = "/srv/registry/docker/registry/v2/repositories/holdfast/verify"

PRELUDE = r"""
set -e
place() { echo "/root/kept/$(echo "$1" | tr / _)"; }
keep() { mkdir -p /root/kept; for f in "$@"; do cp -a -- "$(realpath "$f")" "$(place "$f")"; done; }
back() { for f in "$@"; do t=$(realpath "$f"); cp -a -- "$(place "$f")" "$t.new"; mv -f "$t.new" "$t"; done; }
replace() { f=$(realpath "$1"); keep "$1"; sed -i "$2" "$f"; ! cmp -s "$f" "$(place "$1")"; }
registry() { echo "holdfast-registry@$(basename "$(readlink /etc/holdfast/current)").service"; }
logins() { echo "holdfast-logins@$(basename "$(readlink /etc/holdfast/current)").service"; }
reload() {
  main=$(systemctl show -P MainPID "$1"); old=$(pgrep -P "$main" | sort)
  kill -HUP "$main"
  for i in $(seq 100); do
    sleep 0.05
    new=$(pgrep -P "$main" | sort | comm -13 <(echo "$old") -)
    [ -z "$new" ] || { sleep 0.1; return 0; }
  done
  false
}
proxy() { replace /etc/holdfast/current/proxy/nginx.conf "$1"; reload holdfast-proxy.service; }
dropin() {
  mkdir -p "/run/systemd/system/$1.d"
  printf '[Service]\n%b\n' "$2" > "/run/systemd/system/$1.d/90-sabotage.conf"
  systemctl daemon-reload
}
plain() { rm -rf "/run/systemd/system/$1.d"; systemctl daemon-reload; }
settle() { systemctl restart "$1"; for i in $(seq 100); do [ "$(systemctl is-active "$1")" != active ] || break; sleep 0.05; done; sleep 0.2; }
blob() { ls -d /srv/registry/docker/registry/v2/blobs/sha256/*/*/data | head -n1; }
"""
"""Functions of bash: keep files and bring them back, change units, wait until it is in force."""


@dataclass(frozen=True)
class Sabotage:
    """One way to break a host."""

    name: str
    red: str
    """The control that has to see it."""
    do: str
    undo: str
    says: str = ""
    """What its sentence has to name: that it is red for this reason."""
    also: tuple[str, ...] = ()
    """Other controls of the group that may see it, too."""
    only: bool = False
    """Look at the one control alone: where a whole group falls, or a control takes long."""
    too: tuple[str, ...] = ()
    """Other controls that have to see it, too."""
    together: str = ""
    """Cases of one word are independent: all are done, looked at once, and undone."""

    @property
    def reds(self) -> set[str]:
        """Every control that has to see it."""
        return {self.red, *self.too}


def proxied(name: str, red: str, edit: str, says: str = "", *also: str) -> Sabotage:
    """Return the sabotage that edits the proxy's configuration by a command of sed."""
    undo = f"back {NGINX}; reload holdfast-proxy.service"
    return Sabotage(name, red, f"proxy '{edit}'", undo, says, also)


def configured(name: str, red: str, edit: str, says: str = "", *also: str) -> Sabotage:
    """Return the sabotage that edits the registry's configuration."""
    do = f"replace {CONFIG} '{edit}'; settle $(registry)"
    return Sabotage(name, red, do, f"back {CONFIG}; settle $(registry)", says, also)


def unit(name: str, red: str, which: str, lines: str, says: str = "", *also: str) -> Sabotage:
    """Return the sabotage that changes a unit by a drop-in, and starts it again."""
    do = f"u={which}; dropin $u '{lines}'; settle $u"
    seen = ("units.as-deployed", "units.sandbox", *also)
    return Sabotage(name, red, do, f"u={which}; plain $u; settle $u", says, seen)


def file(name: str, red: str, do: str, undo: str, says: str = "", *also: str) -> Sabotage:
    """Return the sabotage of a file or a directory."""
    return Sabotage(name, red, do, undo, says, also)
