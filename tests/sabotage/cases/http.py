"""The proxy's and the registry's answers."""

from __future__ import annotations

from tests.sabotage.sabotage import CONFIG, NGINX, REPOSITORY, Sabotage, configured, file, proxied

STORE = "/srv/registry"
PULL = f"""
: > /var/log/holdfast/access.log
python3 - <<'END'
import base64, os, socket, ssl
name, layer = "images.holdfast.test", os.listdir("{REPOSITORY}/_layers/sha256")[0]
login = base64.b64encode(b"alice:correct-horse-battery").decode()
plain = socket.create_connection(("127.0.0.1", 443))
link = ssl._create_unverified_context().wrap_socket(plain, server_hostname=name)
path = f"/v2/holdfast/verify/blobs/sha256:{{layer}}"
link.sendall(f"GET {{path}} HTTP/1.0\\r\\nHost: {{name}}\\r\\nAuthorization: Basic {{login}}\\r\\n\\r\\n".encode())
while link.recv(65536):
    pass
END
"""
"""Pull a layer from inside, with nothing else in the log."""
HEADERS = "/etc/holdfast/current/proxy/headers.conf"


def header(name: str, red: str, which: str) -> Sabotage:
    """Return the sabotage that leaves a header out."""
    do = f"replace {HEADERS} '/{which}/d'; reload holdfast-proxy.service"
    return file(
        name, red, do, f"back {HEADERS}; reload holdfast-proxy.service", f"{which} is missing"
    )


def place(name: str, red: str, lines: str, says: str, *also: str) -> Sabotage:
    """Return the sabotage that adds something to the server."""
    return proxied(name, red, f"s,limit_conn address,{lines} limit_conn address,", says, *also)


CASES = [
    proxied(
        "manifests that pass no gate",
        "images.gate",
        "/ PUT gate;/d",
        "the gate's own answer",
    ),
    header("no HSTS", "http.hsts", "Strict-Transport-Security"),
    header("types that are guessed", "http.nosniff", "X-Content-Type-Options"),
    header("pages that frame answers", "http.frames", "X-Frame-Options"),
    header("addresses that are passed on", "http.referrer", "Referrer-Policy"),
    header("answers that are kept", "http.no-store", "Cache-Control"),
    header("pages that run", "http.content-policy", "Content-Security-Policy"),
    proxied(
        "a version",
        "http.version",
        "s/server_tokens off/server_tokens on/",
        "Server is nginx/",
        "http.errors",
    ),
    proxied(
        "an API without a version",
        "http.api-version",
        "/add_header Docker-Distribution-Api-Version/d",
        "Docker-Distribution-Api-Version is missing",
    ),
    proxied("another method", "http.methods", "s/|DELETE)/|DELETE|OPTIONS)/", "OPTIONS gives"),
    place(
        "metrics for everybody",
        "http.paths",
        'location = /metrics { return 200 "up 1"; }',
        "/metrics gives 200",
    ),
    place(
        "profiles for everybody",
        "http.paths",
        "location /debug/ { return 200 profiles; }",
        "/debug/pprof/ gives 200",
    ),
    proxied(
        "scripts of other sites",
        "http.origins",
        "s,auth_request /_login;,auth_request /_login; add_header Access-Control-Allow-Origin * always;,",
        "Access-Control-Allow-Origin is *",
    ),
    proxied(
        "a redirect to wherever was asked",
        "http.redirect",
        "s,return 301 https://images.holdfast.test$request_uri;,return 301 https://$http_host$request_uri;,",
        "evil.example",
        "http.challenges",
    ),
    proxied(
        "a page for other hosts",
        "http.host",
        "s/return 421;/return 404;/",
        "gives 404, not 421",
        "http.hosts",
    ),
    proxied(
        "health that is closed",
        "http.health",
        "s,location = /health {,location = /health { return 404;,",
        "found 404",
    ),
    place(
        "an error that tells of the host",
        "http.errors",
        'location = /absent { return 404 "no /srv/registry"; }',
        "/srv/",
    ),
    proxied(
        "challenges that lead elsewhere",
        "http.challenges",
        "s,default_type text/plain;,return 200 open;,",
        "found [200",
    ),
    place(
        "plain HTTP on the TLS port", "http.plain", "error_page 497 =200 /v2;", "400 for plain HTTP"
    ),
    proxied(
        "short headers",
        "http.token-16k",
        "s/large_client_header_buffers 8 32k/large_client_header_buffers 4 10k/",
        "16 KiB",
    ),
    proxied(
        "very short headers",
        "http.token-8k",
        "s/large_client_header_buffers 8 32k/large_client_header_buffers 4 4k/",
        "8 KiB",
        "http.token-16k",
    ),
    proxied(
        "long headers",
        "http.header-64k",
        "s/large_client_header_buffers 8 32k/large_client_header_buffers 8 128k/",
        "400 for 64 KiB",
        "http.long-path",
    ),
    proxied(
        "headers without an end",
        "http.many-headers",
        "s/large_client_header_buffers 8 32k/large_client_header_buffers 128 32k/",
        "2 MiB",
    ),
    Sabotage(
        "uploads that go where a header says",
        "http.location",
        f"replace {CONFIG} '/^  host: /d'; settle $(registry); proxy 's,X-Forwarded-Host \"\",X-Forwarded-Host $http_x_forwarded_host,'",
        f"back {CONFIG} {NGINX}; settle $(registry); reload holdfast-proxy.service",
        "found https://evil.example",
    ),
    Sabotage(
        "slow pushes that are cut",
        "http.slow-body",
        "proxy 's/client_body_timeout .*/client_body_timeout 1s;/'",
        "back /etc/holdfast/current/proxy/nginx.conf; reload holdfast-proxy.service",
        "201 for a push with pauses",
        only=True,
    ),
    configured(
        "deletes that are allowed",
        "images.delete",
        "/delete:/,/enabled/s/false/true/",
        "found allowed",
    ),
    proxied(
        "layers that are too large",
        "images.push",
        "s/client_max_body_size .*/client_max_body_size 100;/",
        "a push to succeed",
        "images.parallel",
        "images.range",
        "images.chunks",
        "images.head",
        "images.unknown-blob",
        "images.gate",
    ),
    proxied(
        "layers of other repositories",
        "images.own-repository",
        "s,if (!-f .*/link) {,if ($uri = x) {,",
        "found 200",
    ),
    Sabotage(
        "layers by way of the registry",
        "images.from-disk",
        f"chmod 0700 {STORE}; {PULL}",
        f"chmod 0770 {STORE}; {PULL}",
        "from the registry",
        only=True,
    ),
    proxied(
        "pulls that cannot go on",
        "images.range",
        's,proxy_set_header Upgrade "";,proxy_set_header Upgrade ""; proxy_set_header Range ""; proxy_force_ranges off;,',
        "206",
    ),
]
