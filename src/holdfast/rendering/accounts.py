"""Names of the accounts and groups that own files, run services and share sockets."""

from __future__ import annotations

REGISTRY_USER = "holdfast-registry"
PROXY_USER = "holdfast-proxy"
LOGINS_USER = "holdfast-logins"
"""Account that checks passwords; only it can read their hashes."""
FETCH_USER = "holdfast-fetch"
"""Account that fetches from other machines for certificates; it can read no other file."""
ISSUER_USER = "holdfast-issuer"
"""Account of the token issuer; only it can read the signing key."""
GATE_USER = "holdfast-gate"
"""Account of the gate for manifests; it writes images, as the registry does."""
FACTS_USER = "holdfast-facts"
"""Account that counts what the access log has. The logs' group is its own, too."""
INDEX_USER = "holdfast-index"
"""Account of the index: it reads images and the access log."""
CACHE_USER = "holdfast-cache"
"""Account of the host's cache. The registry is in its group, to access its socket."""
SOCKET_GROUP = "holdfast"
"""Group of the services' sockets. The proxy is its only member."""

NAMES = {
    "registry_user": REGISTRY_USER,
    "proxy_user": PROXY_USER,
    "logins_user": LOGINS_USER,
    "fetch_user": FETCH_USER,
    "issuer_user": ISSUER_USER,
    "gate_user": GATE_USER,
    "facts_user": FACTS_USER,
    "cache_user": CACHE_USER,
    "socket_group": SOCKET_GROUP,
}
"""Variables of templates with these names."""
