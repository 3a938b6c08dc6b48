"""Logins."""

from __future__ import annotations

from tests.sabotage.sabotage import LOGINS, Sabotage, proxied

HTPASSWD, CONF = f"{LOGINS}/htpasswd", f"{LOGINS}/nginx.conf"
RELOAD = "reload $(logins)"
# Who got in is remembered, until another generation serves.
FORGET = "rm -rf /run/holdfast-proxy/logins/*; systemctl restart holdfast-proxy; sleep 0.3"


def user(name: str, red: str, which: str, says: str, *also: str) -> Sabotage:
    """Return the sabotage that adds a line to the logins; the lines lie in /root/bad."""
    do = f"keep {HTPASSWD}; cat /root/bad/{which}.login >> {HTPASSWD}"
    return Sabotage(name, red, do, f"back {HTPASSWD}; {FORGET}", says, ("auth.users", *also))


def way(condition: str) -> str:
    """Return an edit of the proxy that lets past the login what fulfils a condition."""
    past = "location ^~ /past/ { internal; proxy_pass http://registry/; proxy_set_header Host x; }"
    jump = f"if ({condition}) {{ rewrite ^/(.*)$ /past/$1 last; }}"
    return f"s,location /v2/ {{,{past} location /v2/ {{ {jump},"


CASES = [
    proxied(
        "no login at all",
        "auth.closed",
        "/auth_request /d",
        "/v2/_catalog gives 200",
        "auth.asked",
        "auth.paths",
        "auth.uploads",
        "auth.other-schemes",
        "auth.odd-logins",
        "auth.forged-names",
        "auth.known-passwords",
        "auth.asking-is-free",
        "auth.wrong-password",
        "auth.empty-password",
        "auth.unknown-user",
        "auth.layers",
    ),
    proxied(
        "layers without a login",
        "auth.layers",
        "s,recursive_error_pages on;,recursive_error_pages on; auth_request off;,",
        "found 200",
    ),
    proxied("another realm", "auth.asked", 's/realm="Registry"/realm="Other"/', 'realm="Other"'),
    Sabotage(
        "a check of logins that lets everybody in",
        "auth.wrong-password",
        f"replace {CONF} 's,try_files /nonexistent @right;,return 204;,'; {RELOAD}",
        f"back {CONF}; {RELOAD}; {FORGET}",
        "found 200",
        ("auth.empty-password", "auth.unknown-user", "auth.odd-logins", "auth.known-passwords"),
    ),
    user("a second user", "auth.users", "mallory", "mallory may log in"),
    user("a login of an example", "auth.known-passwords", "admin", "admin:admin"),
    user("a weak hash", "auth.hashes", "weak", "weak: 2b 04"),
    user("a hash that is no bcrypt", "auth.hashes", "sha", "sha: no bcrypt"),
    Sabotage(
        "a user with an empty password",
        "auth.empty-password",
        f"keep {HTPASSWD}; cat /root/bad/empty.login > {HTPASSWD}",
        f"back {HTPASSWD}; {FORGET}",
        "without a password, found 200",
        ("auth.users", "auth.right-password"),
    ),
    proxied(
        "a way past the login by a path",
        "auth.paths",
        way("$uri = /v2/_catalog/").replace("^/(.*)$ /past/$1", "^ /past/v2/_catalog"),
        "/v2/_catalog/ is answered 200",
    ),
    proxied(
        "uploads without a login",
        "auth.uploads",
        way("$uri ~ /uploads/."),
        "GET gives 404",
        "auth.closed",
    ),
    proxied(
        "a name in a header",
        "auth.forged-names",
        way("$http_x_remote_user"),
        "X-Remote-User is answered 200",
    ),
    proxied(
        "tokens that nobody checks",
        "auth.other-schemes",
        way("$http_authorization ~ ^Bearer"),
        "Bearer abc",
    ),
    proxied(
        "logins that nobody reads",
        "auth.odd-logins",
        way("$http_authorization ~ ====$"),
        "no base64 is answered 200",
    ),
    proxied(
        "a limit on being asked",
        "auth.asking-is-free",
        "s,limit_conn_zone,limit_req_zone $binary_remote_addr zone=asked:1m rate=1r/s; limit_conn_zone,; s,location /v2/ {,location /v2/ { limit_req zone=asked burst=12 nodelay; limit_req_status 429;,",
        "429",
        "auth.asked",
        "auth.closed",
        "auth.right-password",
        "auth.uploads",
        "auth.paths",
        "auth.two-logins",
        "auth.wrong-password",
    ),
]
