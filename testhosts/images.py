"""The images of test hosts, made from the distribution's own packages."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from testhosts.machine import as_root, cache, run
from testhosts.podman import podman

SUITES = {"debian13": "trixie", "debian12": "bookworm"}
BARE = (
    *("systemd", "systemd-sysv", "dbus", "iproute2", "openssh-server"),
    *("python3", "python3-apt", "ca-certificates", "sudo"),
)
READY = (*BARE, "nginx", "logrotate", "docker-registry")
"""With what a deploy would install: tests of it need no network then."""

DEFAULT_MIRROR = "http://deb.debian.org/debian"
HOOK = """
set -e
mkdir -p "$1/var/log/journal"
install -d -m 700 "$1/root/.ssh"
printf '%s\\n' '{key}' > "$1/root/.ssh/authorized_keys"
printf 'UseDNS no\\nPasswordAuthentication no\\nMaxStartups 100\\nMaxSessions 100\\n' \
  > "$1/etc/ssh/sshd_config.d/10-test.conf"
for unit in nginx docker-registry; do
  if [ -e "$1/usr/lib/systemd/system/$unit.service" ]; then
    ln -sf /dev/null "$1/etc/systemd/system/$unit.service"
  fi
done
ln -sf /dev/null "$1/etc/systemd/system/systemd-resolved.service"
"""


def image(platform: str, flavour: str) -> str:
    """Return the name of an image, built first when its recipe has changed."""
    recipe = _recipe(platform, flavour, public_key())
    name = f"localhost/holdfast-{platform}-{flavour}:{fingerprint(recipe)}"
    if name not in podman("images", "--format", "{{.Repository}}:{{.Tag}}").split():
        _build(recipe, name)
    return name


def fingerprint(recipe: dict[str, str]) -> str:
    """Return the part of an image's name that changes with its recipe."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]


def public_key() -> str:
    """Return the public key of the harness, made at first."""
    key = private_key()
    if not key.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "holdfast-test", "-f", str(key)])
    return key.with_name("key.pub").read_text().strip()


def private_key() -> Path:
    """Return the path of the key with which hosts are reached."""
    return cache() / "key"


def mirror(sources: str) -> str:
    """Return the Debian mirror that a machine's own apt sources name."""
    for address in re.findall(r"https?://[^\s\]]+", sources):
        if re.search(r"/debian/?$", address):
            return str(address).rstrip("/")
    return DEFAULT_MIRROR


def _recipe(platform: str, flavour: str, key: str) -> dict[str, str]:
    packages = BARE if flavour == "bare" else READY
    return {"suite": SUITES[platform], "packages": ",".join(packages), "hook": HOOK, "key": key}


def _build(recipe: dict[str, str], name: str) -> None:
    archive = cache() / f"{name.rsplit('/', 1)[1].replace(':', '-')}.tar"
    sources = "\n".join(
        path.read_text(errors="replace")
        for pattern in ("sources.list", "sources.list.d/*.list", "sources.list.d/*.sources")
        for path in sorted(Path("/etc/apt").glob(pattern))
    )
    argv = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={recipe['packages']}"]
    argv += [f"--aptopt={line}" for line in apt_options(run(["apt-config", "dump"]).stdout)]
    hook = recipe["hook"].format(key=recipe["key"])
    argv += [f"--customize-hook={hook}", recipe["suite"], str(archive), mirror(sources)]
    run(as_root(argv), timeout=1200)
    try:
        podman("import", "--quiet", str(archive), name)
    finally:
        run(as_root(["rm", "-f", str(archive)]))


def apt_options(dump: str) -> list[str]:
    """Return this machine's proxies and checks of apt, which hold for the test hosts, too."""
    wanted = re.compile(r"^Acquire::(https?::Proxy|Check-|Retries)[^ ]* ")
    return [line.rstrip(";") for line in dump.splitlines() if wanted.match(line)]
