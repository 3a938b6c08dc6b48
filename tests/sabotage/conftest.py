"""The host that is broken, and the score."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bcrypt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from holdfast.certificates import Authority, building
from holdfast.certificates.authority import Pair
from holdfast.certificates.folder import load_key
from tests.hosts.conftest import NAME, Site, new_site, registry
from tests.sabotage.bench import Bench

__all__ = ["new_site", "registry"]

HARDENED = {
    "registry_hardening_profile": "host",
    "registry_hardening_ssh_per_minute": 6000,
    "registry_hardening_ssh_sources": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
    # A port that is closed says so; for one that drops, each look would wait.
    "registry_hardening_open_ports": ["1024-65535/tcp"],
}


@pytest.fixture(scope="module")
def bench(new_site: Callable[..., Site]) -> Iterator[Bench]:
    """A host in its second generation, with an image, and what it takes to break it."""
    site = new_site(flavour="hardened", registry_auth_guesses_per_minute=600, **HARDENED)
    site.deploy(registry_log_level="error")
    site.deploy(registry_log_level="warn")
    with tempfile.TemporaryDirectory() as sockets:
        made = Bench(site, Path(sockets))
        # The images of test hosts allow more, and the last file has the word for this alone.
        made.sh("mkdir -p /root/bad; sed -i /MaxStartups/d /etc/ssh/sshd_config.d/10-test.conf")
        for name, text in {**certificates(site.folder), **logins()}.items():
            site.host.run(f"cat > /root/bad/{name}", text=text)
        yield made


def certificates(folder: Path) -> dict[str, str]:
    """Return certificates that a registry should not have, and their keys."""
    now = datetime.now(UTC)
    foreign = Authority.create("foreign", 2000, now)
    ours = Authority(
        x509.load_pem_x509_certificate((folder / "pki/ca.crt").read_bytes()),
        load_key((folder / "pki/ca.key").read_bytes(), None, "ca.key"),
    )
    pairs = {
        "expired": ours.issue(NAME, 30, now - timedelta(days=40)),
        "soon": ours.issue(NAME, 3, now),
        "foreign": foreign.issue(NAME, 90, now),
        "other": foreign.issue("www.example.com", 90, now),
        "long": ours.issue(NAME, 1095, now),
        "short": foreign.issue(NAME, 90, now, rsa.generate_private_key(65537, 1024)),
        "rsa": foreign.issue(NAME, 90, now, building.new_key("rsa")),
        "second": of_two_names(ours, now),
    }
    return {
        f"{name}.{kind}": text
        for name, pair in pairs.items()
        for kind, text in (("pem", pair.certificate_pem), ("key", pair.key_pem))
    }


def of_two_names(ours: Authority, now: datetime) -> Pair:
    """Return a certificate for the registry's name and another one."""
    key, issuer = building.new_key(), ours.certificate
    names = [x509.DNSName(NAME), x509.DNSName("www.example.com")]
    until = now + timedelta(days=90)
    made = (
        building.builder(building.named(NAME), issuer.subject, key.public_key(), now, until)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(building.signed_by(issuer), critical=False)
        .sign(ours.key, hashes.SHA256())
    )
    return Pair(building.pem(made), building.private_pem(key))


def logins() -> dict[str, str]:
    """Return lines of logins that nobody should have."""

    def line(name: str, password: str, cost: int = 10) -> str:
        return f"{name}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()}\n"

    return {
        "mallory.login": line("mallory", "let-me-in-again"),
        "admin.login": line("admin", "admin"),
        "weak.login": line("weak", "let-me-in-again", 4),
        "sha.login": "sha:{SHA}2PRZAyDhNDqRW2OUFwZQqPNdaSY=\n",
        "empty.login": line("alice", ""),
    }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many of the ways to break a host were seen."""
    found = {
        state: [r for r in terminalreporter.getreports(state) if "test_is_seen[" in r.nodeid]
        for state in ("passed", "failed")
    }
    total = sum(map(len, found.values()))
    if total:
        terminalreporter.write_line(f"Sabotage score: {len(found['passed'])}/{total}")
