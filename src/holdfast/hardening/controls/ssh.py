"""Controls of the group ssh."""

from holdfast.hardening.control import CIS, Control


def _line(name: str, holds: str, reason: str, *lines: str, reference: str = "") -> Control:
    return Control(
        f"ssh.{name}",
        holds,
        reason,
        "sshd -T says: " + ", ".join(line.lower() for line in lines),
        reference=CIS + reference if reference else "",
        lines={"sshd.conf": lines},
    )


def _algorithms(name: str, holds: str, reason: str, reference: str, *lines: str) -> Control:
    return Control(
        f"ssh.{name}",
        holds,
        reason,
        "sshd -T says what the generation's sshd.conf says",
        off="registry_hardening_ssh_clients" if not lines else "",
        reference=CIS + reference if reference else "",
        lines={"sshd.conf": lines} if lines else {},
    )


CONTROLS = (
    _line(
        "passwords",
        "Nobody logs in by a password",
        "Keys cannot be guessed.",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
    ),
    _line(
        "root",
        "Root logs in by a key or not at all",
        "Root is the one name that every attacker knows.",
        "PermitRootLogin prohibit-password",
    ),
    _line(
        "empty-passwords",
        "An empty password lets nobody in",
        "An account without one is a door without a lock.",
        "PermitEmptyPasswords no",
        reference="5.1.19",
    ),
    _line(
        "tries",
        "A connection has three tries, and twenty seconds for them",
        "Guessing is made slow, and idle connections do not pile up.",
        "MaxAuthTries 3",
        "LoginGraceTime 20",
        reference="5.1.13 and 5.1.16",
    ),
    _line(
        "startups",
        "Connections that have not logged in are bounded",
        "A flood leaves room for the administrator.",
        "MaxStartups 10:30:60",
        "MaxSessions 10",
        reference="5.1.17 and 5.1.18",
    ),
    _line(
        "alive",
        "A connection whose client is gone is closed",
        "A forgotten session is one that somebody else finds.",
        "ClientAliveInterval 300",
        "ClientAliveCountMax 2",
        reference="5.1.7",
    ),
    _line(
        "forwarding",
        "Nothing is forwarded through ssh",
        "A tunnel goes round the firewall.",
        "AllowTcpForwarding no",
        "AllowAgentForwarding no",
        "AllowStreamLocalForwarding no",
        "PermitTunnel no",
        "X11Forwarding no",
        reference="5.1.8",
    ),
    _line(
        "environment",
        "Users cannot bring environment variables of their own to their sessions",
        "LD_PRELOAD is one of them.",
        "PermitUserEnvironment no",
        reference="5.1.21",
    ),
    _line(
        "hosts",
        "No other host vouches for a user",
        "Trust by address is trust in the network.",
        "HostbasedAuthentication no",
        "IgnoreRhosts yes",
        reference="5.1.10 and 5.1.11",
    ),
    _line(
        "log",
        "Logins are logged with the key that was used",
        "The log shows who it was.",
        "LogLevel VERBOSE",
        reference="5.1.14",
    ),
    _line(
        "banner",
        "The distribution's version is not told before the login",
        "Scanners choose their attack by it.",
        "DebianBanner no",
    ),
    _algorithms(
        "key-exchange",
        "Keys are exchanged by hybrid post-quantum methods alone",
        "What is recorded today stays secret.",
        "5.1.12",
    ),
    _algorithms(
        "ciphers",
        "Ciphers authenticate what they encrypt, or are in counter mode with a MAC over the result",
        "CBC and MACs over the plain text let an attacker try.",
        "5.1.6",
        "Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,"
        "aes256-ctr,aes192-ctr,aes128-ctr",
    ),
    _algorithms(
        "macs",
        "MACs are over what was encrypted",
        "The other order lets an attacker learn from errors.",
        "5.1.15",
        "MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com",
    ),
    _algorithms(
        "host-keys",
        "The host shows Ed25519 and RSA keys of 3072 bits or more",
        "Shorter keys and the NIST curves of ECDSA are what ssh-audit warns of.",
        "",
        "HostKey /etc/ssh/ssh_host_ed25519_key",
        "HostKey /etc/ssh/ssh_host_rsa_key",
        "HostKeyAlgorithms ssh-ed25519,rsa-sha2-512,rsa-sha2-256",
        "RequiredRSASize 3072",
    ),
    Control(
        "ssh.way-in",
        "An account that may log in has a key",
        "Without one, no password means no way in.",
        "an authorized_keys file with a key is there for root or for who deploys",
    ),
    Control(
        "ssh.no-undo-pending",
        "No change of ssh or firewall waits for its confirmation",
        "What is not confirmed is taken back.",
        "holdfast-undo.timer is not active",
    ),
)
