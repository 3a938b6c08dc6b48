"""Certificates and handshakes. The certificates lie in /root/bad, see conftest."""

from __future__ import annotations

from tests.sabotage.sabotage import NGINX, TLS, Sabotage, proxied

STRONG = "ECDHE-ECDSA-AES128-GCM-SHA256"
WEAKEST = "@SECLEVEL=0"
PAIR = f"{TLS}/certificate.pem {TLS}/key.pem"


def shown(name: str, red: str, which: str, says: str, *also: str, edit: str = "") -> Sabotage:
    """Return the sabotage that shows another certificate; `edit` is one of the proxy's, too."""
    do = f"keep {PAIR}; cat /root/bad/{which}.pem > {TLS}/certificate.pem; cat /root/bad/{which}.key > {TLS}/key.pem"
    undo = f"back {PAIR}"
    if edit:
        do, undo = f"{do}; proxy '{edit}'", f"{undo}; back {NGINX}; reload holdfast-proxy.service"
    return Sabotage(name, red, do, undo, says, also)


CASES = [
    shown("an expired certificate", "tls.days-left", "expired", "found -", "tls.chain"),
    shown("a certificate that ends soon", "tls.days-left", "soon", "found 3.0 days", "tls.care"),
    shown("a foreign authority", "tls.chain", "foreign", "unable to get local issuer"),
    shown(
        "a certificate for another name",
        "tls.names",
        "other",
        "found www.example.com",
        "tls.chain",
        "tls.own-name",
    ),
    shown(
        "a certificate with a second name", "tls.own-name", "second", "www.example.com", "tls.chain"
    ),
    shown("a certificate of three years", "tls.lifetime", "long", "found 1095 days"),
    shown(
        "a short key",
        "tls.strength",
        "short",
        "a key of 1024 bits",
        "tls.chain",
        "tls.versions",
        "tls.pair",
        edit=f"s/ssl_ciphers /ssl_ciphers {WEAKEST}:ECDHE-RSA-AES128-GCM-SHA256:/",
    ),
    shown(
        "a key exchange without secrecy",
        "tls.forward-secrecy",
        "rsa",
        "suite 0x009c",
        "tls.chain",
        edit="s/ssl_ciphers /ssl_ciphers AES128-GCM-SHA256:/",
    ),
    Sabotage(
        "a key of another certificate",
        "tls.pair",
        f"keep {PAIR}; cat /root/bad/foreign.key > {TLS}/key.pem",
        f"back {PAIR}",
        "key.pem does not belong",
        only=True,
    ),
    Sabotage(
        "a renewal that was not taken up",
        "tls.served",
        "mkdir -p /etc/holdfast/tls/old; cat /root/bad/long.pem > /etc/holdfast/tls/old/certificate.pem;"
        " cat /root/bad/long.key > /etc/holdfast/tls/old/key.pem; chown -R root:holdfast-proxy /etc/holdfast/tls/old;"
        " proxy 's,default /etc/holdfast/tls/current;,default /etc/holdfast/tls/old;,'",
        f"rm -r /etc/holdfast/tls/old; back {NGINX}; reload holdfast-proxy.service",
        "another machine has the name",
        ("tls.lifetime",),
    ),
    Sabotage(
        "care for the certificates that found something",
        "tls.care",
        "f=/var/lib/holdfast/certificates.json; [ -e $f ] || systemctl start holdfast-certificates.service;"
        ' keep $f; printf \'{"problems": ["the authority is away"]}\' > $f',
        "back /var/lib/holdfast/certificates.json",
        "the authority is away",
    ),
    proxied(
        "a weak cipher",
        "tls.weak-ciphers",
        "s/ssl_ciphers /ssl_ciphers ECDHE-ECDSA-AES128-SHA:/",
        "suite 0xc009",
    ),
    proxied(
        "TLS 1.0",
        "tls.old-versions",
        f"s/ssl_protocols .*/ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;/; s/ssl_ciphers /ssl_ciphers ECDHE-ECDSA-AES128-SHA:{WEAKEST}:/",
        "TLS 1.0 is agreed on",
        "tls.weak-ciphers",
    ),
    proxied(
        "no TLS 1.3",
        "tls.versions",
        "s/ssl_protocols .*/ssl_protocols TLSv1.2;/",
        "TLSv1.3 to be offered",
        "tls.post-quantum",
        "tls.groups",
    ),
    proxied(
        "a weak group",
        "tls.groups",
        "s/X25519MLKEM768:/X25519MLKEM768:secp224r1:/",
        "takes group 0x0015",
    ),
    proxied(
        "no hybrid group", "tls.post-quantum", "s/X25519MLKEM768://", "X25519MLKEM768 to be taken"
    ),
    proxied(
        "session tickets",
        "tls.tickets",
        "s/ssl_session_tickets off/ssl_session_tickets on/",
        "found one",
    ),
    proxied(
        "HTTP/2", "tls.protocols", "s/server_tokens off;/server_tokens off; http2 on;/", "found h2"
    ),
    proxied(
        "a certificate for every name",
        "tls.other-names",
        "s,ssl_reject_handshake on;,ssl_certificate /etc/holdfast/tls/current/certificate.pem; ssl_certificate_key /etc/holdfast/tls/current/key.pem;,",
        "other.invalid",
        "tls.no-name",
    ),
]
