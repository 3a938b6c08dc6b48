"""The registry's own HTTP server."""

from holdfast.distribution.configuration.key import (
    DURATION,
    HEADERS,
    SWITCH,
    TEXT,
    TEXTS,
    Key,
    Kind,
    one_of,
)

GCM_AND_CHACHA = frozenset(
    {
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
    }
)
CBC = frozenset(
    {
        "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    }
)
OLD = frozenset(
    {
        "TLS_RSA_WITH_RC4_128_SHA",
        "TLS_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    }
)


def _suites(names: frozenset[str], without: str = "") -> Kind:
    return Kind(
        f"a list of Go's names of cipher suites{without}",
        lambda value: isinstance(value, list) and set(map(str, value)) <= names,
    )


TLS = (
    Key("http.tls.certificate", TEXT),
    Key("http.tls.key", TEXT),
    Key("http.tls.clientcas", TEXTS),
    Key(
        "http.tls.clientauth",
        one_of(
            "request-client-cert",
            "require-any-client-cert",
            "verify-client-cert-if-given",
            "require-and-verify-client-cert",
        ),
        since="3.0",
    ),
    Key("http.tls.minimumtls", one_of("tls1.0", "tls1.1", "tls1.2", "tls1.3"), until="3.0"),
    Key("http.tls.minimumtls", one_of("tls1.2", "tls1.3"), since="3.0"),
    Key("http.tls.ciphersuites", _suites(GCM_AND_CHACHA | CBC | OLD), until="3.0"),
    Key(
        "http.tls.ciphersuites",
        _suites(GCM_AND_CHACHA | CBC, ", without RC4 and CBC-SHA256"),
        since="3.0",
    ),
    # A file in 2.8, a directory since 3.0: what lies there cannot be carried over.
    Key("http.tls.letsencrypt.cachefile", TEXT),
    Key("http.tls.letsencrypt.email", TEXT),
    Key("http.tls.letsencrypt.hosts", TEXTS),
    Key("http.tls.letsencrypt.directoryurl", TEXT, since="3.0"),
)

HTTP = (
    Key("http.addr", TEXT),
    Key("http.net", one_of("tcp", "unix")),
    Key("http.host", TEXT),
    Key("http.prefix", TEXT),
    Key("http.secret", TEXT, secret=True),
    Key("http.relativeurls", SWITCH),
    Key("http.draintimeout", DURATION),
    Key("http.headers", HEADERS),
    Key("http.debug.addr", TEXT),
    Key("http.debug.prometheus.enabled", SWITCH),
    Key("http.debug.prometheus.path", TEXT),
    Key("http.http2.disabled", SWITCH),
    Key("http.h2c.enabled", SWITCH, since="3.0"),
    *TLS,
)
