"""A signed source of packages on a test host: newer builds of what is installed there."""

from __future__ import annotations

import subprocess
from pathlib import Path

from testhosts.host import Host

NAMES = ("security", "other")
"""Sources: one with a newer nginx as a security update, one with a newer `plain`."""
REPACK = r"""
set -e
mkdir -p /srv/apt/security /srv/apt/other /etc/apt/keyrings /root/build
cd /root/build
repack() {
  rm -rf "$1" && mkdir -p "$1/DEBIAN"
  dpkg -L "$1" | while read -r one; do
    if [ -f "$one" ] || [ -L "$one" ]; then cp -a --parents "$one" "$1"; fi
  done
  dpkg-query --status "$1" | sed '/^Status:/d; /^Conffiles:/d; /^ \/.* [0-9a-f]\{32\}/d' \
    | sed "s/^Version:.*/Version: $2/" > "$1/DEBIAN/control"
  for kind in preinst postinst prerm postrm conffiles; do
    script=/var/lib/dpkg/info/$1.$kind
    if [ -e "$script" ]; then cp -a "$script" "$1/DEBIAN/$kind"; fi
  done
  dpkg-deb --build "$1" /srv/apt/security > /dev/null
}
plain() {
  rm -rf plain && mkdir -p plain/DEBIAN
  printf 'Package: plain\nVersion: %s\nArchitecture: all\nMaintainer: test\nDescription: none\n' \
    "$1" > plain/DEBIAN/control
  dpkg-deb --build plain "$2" > /dev/null
}
listed() {
  cd "$1"
  for one in *.deb; do
    dpkg-deb --field "$one"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$one" "$(stat -c %s "$one")" \
      "$(sha256sum "$one" | cut -d' ' -f1)"
  done > Packages
  printf 'Origin: test\nLabel: %s\nSuite: stable\nDate: %s\nSHA256:\n %s %s Packages\n' \
    "$2" "$(LC_ALL=C date -u -R)" "$(sha256sum Packages | cut -d' ' -f1)" \
    "$(stat -c %s Packages)" > Release
}
plain 1 /root/build/plain-1.deb
dpkg --install /root/build/plain-1.deb > /dev/null
plain 2 /srv/apt/other
repack nginx "$(dpkg-query --show --showformat='${Version}' nginx)+newer"
listed /srv/apt/security Debian-Security
listed /srv/apt/other Other
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*
"""


def make(host: Host, folder: Path) -> None:
    """Offer a newer nginx on a host as a security update, a newer `plain`, and nothing else."""
    host.run(REPACK)
    gpg = ["gpg", "--homedir", str(folder), "--batch", "--quiet", "--passphrase", ""]
    folder.chmod(0o700)
    user = "Test <test@holdfast.test>"
    subprocess.run([*gpg, "--quick-generate-key", user, "rsa3072", "sign", "1d"], check=True)
    key = subprocess.run([*gpg, "--armor", "--export"], check=True, capture_output=True, text=True)
    host.run("cat > /etc/apt/keyrings/test.asc", text=key.stdout)
    for name in NAMES:
        release = host.run(f"cat /srv/apt/{name}/Release").stdout
        signed = subprocess.run(
            [*gpg, "--clearsign"], input=release, check=True, capture_output=True, text=True
        )
        host.run(f"cat > /srv/apt/{name}/InRelease", text=signed.stdout)
    subprocess.run(["gpgconf", "--homedir", str(folder), "--kill", "all"], check=False)
    use(host)


def use(host: Host, address: str = "file:/srv/apt") -> None:
    """Let apt have these sources alone."""
    option = "[signed-by=/etc/apt/keyrings/test.asc]"
    lines = [f"deb {option} {address}/{name} ./\n" for name in NAMES]
    host.run("cat > /etc/apt/sources.list", text="".join(lines))
