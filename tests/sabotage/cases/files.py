"""Files: who may read and write them, and what is in them."""

from __future__ import annotations

from tests.sabotage.sabotage import CONFIG, LOGINS, NGINX, TLS, Sabotage, file

ETC = "/etc/holdfast"


def mode(name: str, red: str, path: str, changed: str, right: str, *also: str) -> Sabotage:
    """Return the sabotage of a mode."""
    return file(name, red, f"chmod {changed} {path}", f"chmod {right} {path}", changed, *also)


def owner(name: str, red: str, path: str, changed: str, right: str, *also: str) -> Sabotage:
    """Return the sabotage of an owner."""
    says = changed.partition(":")[0]
    return file(name, red, f"chown {changed} {path}", f"chown {right} {path}", says, *also)


CASES = [
    mode("a configuration that all can read", "files.owners", CONFIG, "0444", "0440"),
    mode("configuration open to all", "files.private", ETC, "0755", "0750"),
    mode("a key that all can read", "files.key", f"{TLS}/key.pem", "0644", "0640"),
    owner(
        "a key that the proxy owns",
        "files.key",
        f"{TLS}/key.pem",
        "holdfast-proxy",
        "root",
        "files.private",
    ),
    file(
        "hashes that all can read",
        "files.secrets",
        f"chmod 0444 {LOGINS}/htpasswd",
        f"chmod 0440 {LOGINS}/htpasswd",
        "htpasswd can be read by all",
        "files.owners",
    ),
    file(
        "a secret that all can read",
        "files.secrets",
        f"chmod 0644 {ETC}/secrets/http.env",
        f"chmod 0400 {ETC}/secrets/http.env",
        "http.env can be read by all",
    ),
    file(
        "a configuration that was edited",
        "files.contents",
        f"keep {CONFIG}; echo '# by hand' >> {CONFIG}",
        f"back {CONFIG}",
        "registry/config.yml has other contents",
    ),
    file(
        "a proxy that was edited",
        "files.contents",
        f"keep {NGINX}; echo '# by hand' >> {NGINX}",
        f"back {NGINX}",
        "proxy/nginx.conf has other contents",
    ),
    file(
        "a file that is gone",
        "files.contents",
        f"mv {ETC}/current/proxy/headers.conf /root/headers.conf",
        f"mv /root/headers.conf {ETC}/current/proxy/headers.conf",
        "proxy/headers.conf is missing",
        "files.owners",
    ),
    file(
        "a file that was added",
        "files.added",
        f"touch {ETC}/current/proxy/extra.conf",
        f"rm {ETC}/current/proxy/extra.conf",
        "extra.conf is not ours",
    ),
    owner(
        "a folder that the proxy can write",
        "files.private",
        f"{ETC}/current/proxy",
        "holdfast-proxy",
        "root",
    ),
    mode("images open to all", "files.data", "/srv/registry", "0755", "0770", "files.state"),
    owner(
        "images of another user",
        "files.data",
        "/srv/registry",
        "root:root",
        "holdfast-registry:holdfast",
        "files.state",
    ),
    file(
        "a log that all can read",
        "files.log",
        "chmod 0644 /var/log/holdfast/access.log",
        "chmod 0640 /var/log/holdfast/access.log",
        "can be read by all",
    ),
    mode("logs open to all", "files.log", "/var/log/holdfast", "0755", "0750", "files.state"),
    mode("sockets open to all", "files.run", "/run/holdfast", "0755", "0750"),
    mode(
        "the registry's socket open to all", "files.run", "/run/holdfast/registry", "0777", "0750"
    ),
    mode("remembered logins open to all", "files.run", "/run/holdfast-proxy", "0755", "0700"),
    mode("state that all can write", "files.state", "/var/lib/holdfast", "0777", "0755"),
    mode("programs that all can write", "files.state", "/opt/holdfast", "0777", "0755"),
    file(
        "a program with its owner's rights",
        "files.special",
        f"install -m 4755 /bin/true {ETC}/secrets/helper",
        f"rm {ETC}/secrets/helper",
        "helper",
        "files.secrets",
    ),
    file(
        "a pipe among the configuration",
        "files.special",
        f"mkfifo {ETC}/pipe",
        f"rm {ETC}/pipe",
        "pipe",
    ),
    file(
        "a service with a shell",
        "files.accounts",
        "keep /etc/passwd; sed -i '/^holdfast-registry:/s,/usr/sbin/nologin,/bin/bash,' /etc/passwd",
        "back /etc/passwd",
        "has the shell /bin/bash",
    ),
    file(
        "a service with a password",
        "files.accounts",
        "keep /etc/shadow; sed -i 's,^holdfast-registry:[^:]*:,holdfast-registry:x1y2:,' /etc/shadow",
        "back /etc/shadow",
        "has a password",
    ),
    file(
        "a service in a group of the host",
        "files.accounts",
        "gpasswd -a holdfast-registry adm",
        "gpasswd -d holdfast-registry adm",
        "is in the group adm",
    ),
    file(
        "a stranger in the group of the sockets",
        "files.groups",
        "gpasswd -a nobody holdfast",
        "gpasswd -d nobody holdfast",
        "nobody is in the group holdfast",
    ),
]
