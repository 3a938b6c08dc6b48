"""Build the images of test hosts from the distribution's packages."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from testhosts import apt
from testhosts.cache import cache, locked
from testhosts.machine import as_root, run
from testhosts.podman import podman

SUITES = {"debian13": "trixie", "debian12": "bookworm"}
BARE = (
    *("systemd", "systemd-sysv", "dbus", "iproute2", "openssh-server"),
    *("python3", "python3-apt", "ca-certificates", "sudo"),
)
READY = (*BARE, "nginx", "logrotate", "docker-registry")
"""Packages that a deploy would install, so that tests of it need no network."""

ACME = (*READY, "certbot", "python3-certbot-dns-rfc2136", "bind9", "curl", "openssl")
"""Packages with an ACME client, and the name servers of testhosts.acme."""

TOKENS = (
    *READY,
    *("python3-starlette", "python3-uvicorn", "python3-jwt", "python3-bcrypt"),
    "python3-cryptography",
)
"""Packages of the token issuer."""
DIRECTORY = (*TOKENS, "python3-ldap3", "slapd")
"""Packages of an LDAP directory, and of the issuer that queries it."""
CACHES = {"valkey": "valkey-server", "redis": "redis-server"}
"""Package of the cache by flavour: Debian 13 has valkey, Debian 12 redis."""
HARDENED = (*READY, "nftables", "auditd", "unattended-upgrades", "apparmor")
"""Packages that hardening of the whole host installs."""

CLIENTS = (
    *BARE,
    "podman",
    "skopeo",
    "buildah",
    "docker.io",
    "docker-cli",
    "containerd",
    "curl",
    "testssl.sh",
)
"""Packages of a client machine."""

FLAVOURS = {
    **{"bare": BARE, "ready": READY, "acme": ACME, "tokens": TOKENS, "clients": CLIENTS},
    "directory": DIRECTORY,
    **{flavour: (*READY, package) for flavour, package in CACHES.items()},
    "hardened": HARDENED,
}

HOOK = """
set -e
mkdir -p "$1/var/log/journal"
install -d -m 700 "$1/root/.ssh"
printf '%s\\n' '{key}' > "$1/root/.ssh/authorized_keys"
printf '%s\\n' 'UseDNS no' 'PasswordAuthentication no' 'PermitRootLogin prohibit-password' \
  'MaxStartups 100' 'MaxSessions 100' > "$1/etc/ssh/sshd_config.d/10-test.conf"
# A privileged container sees the terminals and the kernel of the machine: it leaves them alone.
for unit in getty.target systemd-modules-load.service systemd-sysctl.service; do
  ln -sf /dev/null "$1/etc/systemd/system/$unit"
done
mkdir -p "$1/etc/systemd/logind.conf.d"
printf '[Login]\\nNAutoVTs=0\\nReserveVT=0\\n' > "$1/etc/systemd/logind.conf.d/10-test.conf"
for unit in nginx docker-registry; do
  if [ -e "$1/usr/lib/systemd/system/$unit.service" ] || \
     [ -e "$1/lib/systemd/system/$unit.service" ]; then
    ln -sf /dev/null "$1/etc/systemd/system/$unit.service"
  fi
done
"""


@dataclass(frozen=True)
class Recipe:
    """Everything that an image depends on."""

    suite: str
    packages: tuple[str, ...]
    hook: str
    mirror: str
    options: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """Part of an image's name that changes with its recipe."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]

    def command(self, archive: Path) -> list[str]:
        """Return the command that writes a root file system; it keeps apt's lists."""
        # A root file system is too large for a /tmp in memory.
        argv = [
            "env",
            "TMPDIR=/var/tmp",
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            "--skip=cleanup/apt/lists",
        ]
        argv += [f"--include={','.join(self.packages)}", f"--customize-hook={self.hook}"]
        argv += [f"--aptopt={option}" for option in self.options]
        return [*argv, self.suite, str(archive), self.mirror]


def image(platform: str, flavour: str) -> str:
    """Return the name of an image; build it first if its recipe has changed."""
    image_recipe = recipe(platform, flavour)
    repository = f"localhost/holdfast-{platform}-{flavour}"
    name = f"{repository}:{image_recipe.fingerprint}"
    known = podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    if name not in known:
        _build(image_recipe, name)
        for old in known:
            if old.startswith(f"{repository}:"):
                podman("rmi", old, check=False)  # refused while a host stands on it
    return name


def private_key() -> Path:
    """Return the private key for ssh to the hosts; create it once."""
    path = cache() / "key"
    with locked("key"):
        if not path.exists():
            make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "holdfast-test"]
            run([*make, "-f", str(path)])
    return path


def recipe(platform: str, flavour: str, more: tuple[str, ...] = (), hook: str = "") -> Recipe:
    """Return the recipe of an image; `more` are packages, `hook` is a further command."""
    public = private_key().with_suffix(".pub").read_text().strip()
    own = HOOK.format(key=public)
    if flavour in CACHES:  # as the role does it when it installs the package
        unit = f"/etc/systemd/system/{CACHES[flavour]}.service"
        own += f'ln -sf /dev/null "$1{unit}"\n'
    return Recipe(
        SUITES[platform],
        (*FLAVOURS[flavour], *more),
        own + hook,
        apt.mirror(),
        tuple(apt.options()),
    )


def _build(recipe: Recipe, name: str) -> None:
    archive = cache() / f"{name.rsplit('/', 1)[1].replace(':', '-')}.tar"
    try:
        run(as_root(recipe.command(archive)), timeout=1200)
        podman("import", "--quiet", str(archive), name)
    finally:
        run(as_root(["rm", "-f", str(archive)]))
