"""What hardening put on the host: firewall, ssh, journal, updates, mounts.

Kernel parameters, modules, audit and AppArmor are the kernel's, which a container shares.
"""

from __future__ import annotations

from tests.sabotage.sabotage import Sabotage

SSHD = "/etc/ssh/sshd_config.d"
# The file that sshd reads before ours has the last word; the last one has it for MaxStartups alone.
EARLIER = f"{SSHD}/00-earlier.conf"
HOLDS = "systemctl reload holdfast-firewall.service"
RULES = "nft -a list chain inet holdfast input"
UNDO = "holdfast-undo"
KEYS = "/root/.ssh/authorized_keys"


def alone(
    name: str, red: str, do: str, undo: str, says: str, *too: str, together: str = ""
) -> Sabotage:
    """Return a sabotage of which the one control, and `too`, know that is about them."""
    return Sabotage(name, red, do, undo, says, only=True, too=too, together=together)


def ruled(name: str, red: str, pattern: str, says: str, *too: str) -> Sabotage:
    """Return the sabotage that deletes rules of the firewall, and first lets everybody in."""
    found = f"$({RULES} | sed -n '/{pattern}/s/.*# handle //p')"
    delete = f"for h in {found}; do nft delete rule inet holdfast input handle $h; done"
    do = f"nft insert rule inet holdfast input accept; {delete}"
    return alone(name, red, do, HOLDS, says, *too, together="rules")


def sshd(name: str, red: str, line: str, says: str) -> Sabotage:
    """Return the sabotage that puts a line before what our file of sshd says."""
    do, says = f"echo '{line}' >> {EARLIER}", f"does not say: {says}"
    return alone(name, red, do, f"rm -f {EARLIER}", says, together="sshd")


def gone(name: str, red: str, path: str, says: str = "is not the file of the settings") -> Sabotage:
    """Return the sabotage that takes a file away."""
    away = f"/root/kept/{red}"
    do = f"mkdir -p /root/kept; mv {path} {away}"
    return alone(name, red, do, f"mv {away} {path}", says, together="gone")


CASES = [
    alone(
        "a firewall that was flushed",
        "net.drop",
        "nft flush ruleset",
        HOLDS,
        "the firewall has no: policy drop",
    ),
    alone(
        "a firewall that lets in what it does not know",
        "net.drop",
        "nft 'chain inet holdfast input { policy accept; }'",
        HOLDS,
        "the firewall has no: policy drop",
    ),
    alone(
        "a firewall that was stopped",
        "net.boot",
        "systemctl stop holdfast-firewall.service",
        "systemctl start holdfast-firewall.service",
        "the unit is inactive",
    ),
    alone(
        "services that may connect to others",
        "net.egress",
        "nft flush chain inet holdfast output",
        HOLDS,
        "meta skuid",
        together="rules",
    ),
    ruled("floods of connections", "net.web-rate", "@web4", "update @web4"),
    ruled("floods of ssh", "net.ssh-rate", "@ssh4", "update @ssh4", "net.ssh-sources"),
    ruled("IPv6 without its own protocol", "net.ipv6", "icmpv6 type", "icmpv6 type"),
    ruled("packets from a false loopback", "net.loopback", "127.0.0.0", "127.0.0.0/8"),
    ruled("drops that nobody hears of", "net.dropped-log", "log prefix", "log prefix"),
    gone("sshd as it was", "ssh.key-exchange", f"{SSHD}/00-holdfast.conf", "kexalgorithms"),
    sshd("passwords for ssh", "ssh.passwords", "PasswordAuthentication yes", "passwordauth"),
    sshd("root by a password", "ssh.root", "PermitRootLogin yes", "permitrootlogin"),
    sshd("guesses without an end", "ssh.tries", "MaxAuthTries 60", "maxauthtries 3"),
    sshd("tunnels through the host", "ssh.forwarding", "AllowTcpForwarding yes", "allowtcp"),
    sshd("a cipher that leaks", "ssh.ciphers", "Ciphers +aes128-cbc", "ciphers"),
    sshd("a MAC over the plain text", "ssh.macs", "MACs +hmac-sha1", "macs"),
    sshd("no passwords", "ssh.empty-passwords", "PermitEmptyPasswords yes", "permitemptypass"),
    sshd("sessions without an end", "ssh.startups", "MaxSessions 99", "maxsessions 10"),
    sshd("clients that are gone", "ssh.alive", "ClientAliveInterval 0", "clientaliveinterval 300"),
    sshd("variables of users", "ssh.environment", "PermitUserEnvironment yes", "permituserenv"),
    sshd("hosts that vouch", "ssh.hosts", "HostbasedAuthentication yes", "hostbasedauth"),
    sshd("logins that nobody hears of", "ssh.log", "LogLevel QUIET", "loglevel VERBOSE"),
    sshd("a version before the login", "ssh.banner", "DebianBanner yes", "debianbanner no"),
    sshd("short keys of hosts", "ssh.host-keys", "RequiredRSASize 1024", "requiredrsasize 3072"),
    alone(
        "keys that are elsewhere",
        "ssh.way-in",
        f"mkdir -p /root/kept; mv {KEYS} /root/kept/keys; echo AuthorizedKeysFile /root/kept/keys >> {EARLIER}",
        f"mv /root/kept/keys {KEYS}",
        "nobody has an authorized key",
        together="sshd",
    ),
    alone(
        "an older key exchange",
        "ssh.audit",
        f"echo KexAlgorithms +curve25519-sha256 >> {EARLIER}; systemctl reload ssh",
        f"rm -f {EARLIER}; systemctl reload ssh",
        "curve25519-sha256: warn",
        together="sshd",
    ),
    alone(
        "a change that waits for its undoing",
        "ssh.no-undo-pending",
        f"systemd-run --quiet --unit={UNDO} --on-active=600 true",
        f"systemctl stop {UNDO}.timer",
        "waits for its confirmation",
        together="gone",
    ),
    gone(
        "a journal without bounds",
        "logs.journal-bounds",
        "/etc/systemd/journald.conf.d/zz-holdfast.conf",
    ),
    gone("no security updates", "supply.upgrades", "/etc/apt/apt.conf.d/zz-holdfast"),
    gone("core dumps", "files.cores", "/etc/security/limits.d/holdfast.conf"),
    alone(
        "files that all can read",
        "files.umask",
        "echo umask 022 > /etc/profile.d/zz-later.sh",
        "rm /etc/profile.d/zz-later.sh",
        "has umask 0022",
        together="gone",
    ),
    alone(
        "images that can be run",
        "storage.mount-options",
        "mount -o remount,bind,nodev,nosuid,exec /srv/registry",
        "mount -o remount,bind,nodev,nosuid,noexec /srv/registry",
        "without noexec",
        together="gone",
    ),
]
