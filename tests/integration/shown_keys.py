"""Keys of the registry's configuration, and how each shows that it is at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration.startup import Run

BOTH = ("2.8.2", "3.1.1")
OLD, NEW = ("2.8.2",), ("3.1.1",)
Seen = Callable[[Run], bool]
S3 = {"bucket": "b", "region": "us-east-1", "accesskey": "a", "secretkey": "s"}
TOKEN = {"realm": "https://auth.test/token", "service": "registry", "issuer": "auth.test"}
TRUSTING = {**TOKEN, "rootcertbundle": "/no/file"}


def says(text: str) -> Seen:
    """Return a check that the log has a text."""
    return lambda one: one.comes_to_say(text)


def ends(text: str) -> Seen:
    """Return a check that the registry ended at its start, for a reason."""
    return lambda one: one.ended() and text in one.said


def answers(status: int, method: str = "GET", path: str = "/v2/", **headers: str) -> Seen:
    """Return a check that an answer has a status and headers with some texts."""

    def seen(one: Run) -> bool:
        reply = one.ask(method, path)
        return reply.status == status and all(
            text in (reply.headers.get(name.replace("_", "-")) or "")
            for name, text in headers.items()
        )

    return seen


UPLOAD = ("POST", "/v2/a/b/blobs/uploads/")
MISSING = f"/v2/a/b/blobs/sha256:{'0' * 64}"
PURGING = {"enabled": True, "age": "1h", "interval": "1h", "dryrun": True}

SHOWS: list[tuple[tuple[str, ...], str, Any, Seen]] = [
    (BOTH, "log.level", "debug", lambda one: answers(200)(one) and "level=debug" in one.said),
    (BOTH, "loglevel", "debug", lambda one: "level=debug" not in one.said),  # log.level wins
    (BOTH, "log.formatter", "json", says('"level":"info"')),
    (BOTH, "log.formatter", "logstash", says('{"')),
    (BOTH, "log.fields", {"place": "cellar"}, says("place=cellar")),
    (NEW, "log.reportcaller", True, says("func=")),
    (BOTH, "http.headers", {"X-Seen": ["yes"]}, answers(200, X_Seen="yes")),
    (BOTH, "http.host", "https://r.test:1", answers(202, *UPLOAD, Location="https://r.test:1/")),
    (BOTH, "http.relativeurls", True, lambda one: one.ask(*UPLOAD).headers["Location"][0] == "/"),
    (BOTH, "http.prefix", "/below/", answers(200, "GET", "/below/v2/")),
    (BOTH, "http.secret", "", says("No HTTP secret provided")),
    (BOTH, "http.tls", {"certificate": "/no/file", "key": "/no/file"}, ends("open /no/file")),
    (BOTH, "http.debug.addr", "127.0.0.1:0", says("debug server listening 127.0.0.1:0")),
    (
        BOTH,
        "http.debug",
        {"addr": "127.0.0.1:0", "prometheus": {"enabled": True, "path": "/figures"}},
        says("providing prometheus metrics on /figures"),
    ),
    (BOTH, "storage.filesystem.maxthreads", "many", ends("maxthreads config error")),
    (BOTH, "storage.delete.enabled", False, answers(405, "DELETE", MISSING)),
    (BOTH, "storage.delete.enabled", True, answers(404, "DELETE", MISSING)),
    (BOTH, "storage.redirect.disable", True, says("backend redirection disabled")),
    (NEW, "storage.tag.concurrencylimit", -1, ends("non-negative integer")),
    (BOTH, "storage.cache.blobdescriptor", "inmemory", says("using inmemory blob descriptor")),
    (BOTH, "storage.cache.layerinfo", "inmemory", says("using inmemory blob descriptor")),
    (
        NEW,
        "storage.cache",
        {"blobdescriptor": "inmemory", "blobdescriptorsize": "many"},
        ends("invalid blobdescriptorsize"),
    ),
    (BOTH, "storage.maintenance.readonly.enabled", True, answers(405, *UPLOAD)),
    (BOTH, "storage.maintenance.uploadpurging", PURGING, says("Starting upload purge in")),
    (BOTH, "storage.maintenance.uploadpurging", {"age": "1h"}, ends("interval missing")),
    (BOTH, "storage.maintenance.uploadpurging", {**PURGING, "age": "x"}, ends("Cannot parse dur")),
    (BOTH, "storage.maintenance.uploadpurging", {**PURGING, "interval": "x"}, ends("parse interv")),
    (BOTH, "storage.maintenance.uploadpurging", {**PURGING, "dryrun": "x"}, ends("parse dryrun")),
    (BOTH, "catalog.maxentries", 2, answers(400, "GET", "/v2/_catalog?n=3")),
    (NEW, "tags.maxtags", -1, ends("maxtags limit must be")),
    (BOTH, "validation.manifests.urls.deny", ["("], ends("validation.manifests.urls.deny")),
    (BOTH, "validation.manifests.urls.allow", ["("], ends("validation.manifests.urls.allow")),
    (BOTH, "validation", {"disabled": True, "manifests": {"urls": {"deny": ["("]}}}, answers(200)),
    (NEW, "validation.manifests.indexes.platforms", "none", says("completeness validation")),
    (BOTH, "health.file", [{"file": "/etc/passwd", "interval": "9s"}], says("path=/etc/passwd")),
    (BOTH, "health.tcp", [{"addr": "127.0.0.1:1"}], says("addr=127.0.0.1:1")),
    (BOTH, "health.http", [{"uri": "http://127.0.0.1:1"}], says("uri=http://127.0.0.1:1")),
    (BOTH, "auth", {"silly": {"realm": "r", "service": "s"}}, answers(401, WWW_Authenticate="r")),
    (BOTH, "auth.silly.realm", "r", ends('"service" must be set')),
    (BOTH, "auth.silly.service", "s", ends('"realm" must be set')),
    (
        BOTH,
        "auth.htpasswd",
        {"realm": "Cellar", "path": "./passwords"},
        answers(401, WWW_Authenticate='Basic realm="Cellar"'),
    ),
    (BOTH, "auth.token", TRUSTING, ends("open /no/file")),
    (NEW, "auth.token", {**TOKEN, "jwks": "/no/file"}, ends("/no/file")),
    (
        BOTH,
        "auth.token",
        {**TOKEN, "rootcertbundle": "x", "autoredirect": "x"},
        ends("autoredirect"),
    ),
    (
        NEW,
        "auth.token",
        {**TOKEN, "autoredirect": True, "autoredirectpath": 1},
        ends("autoredirectpath"),
    ),
    (NEW, "auth.token", {**TOKEN, "signingalgorithms": "x"}, ends("signingalgorithms must be")),
    (
        BOTH,
        "notifications.endpoints",
        [{"name": "hook", "url": "http://127.0.0.1:1", "headers": {}, "timeout": "1s"}],
        says("configuring endpoint hook (http://127.0.0.1:1), timeout=1s"),
    ),
    (OLD, "redis.addr", "127.0.0.1:1", lambda one: "redis not configured" not in one.said),
    (NEW, "redis.addrs", ["127.0.0.1:1"], lambda one: "redis not configured" not in one.said),
    (BOTH, "proxy.remoteurl", "http://127.0.0.1:1", ends("127.0.0.1:1")),
    (OLD, "compatibility.schema1.signingkeyfile", "/no/file", ends("key file does")),
    (BOTH, "middleware.storage", [{"name": "redirect"}], ends("no baseurl provided")),
    # Read, and not heeded: the rules say so.
    (BOTH, "middleware.storage", [{"name": "redirect", "disabled": True}], ends("no baseurl")),
    (
        BOTH,
        "middleware.storage",
        [{"name": "cloudfront", "options": {"baseurl": "x"}}],
        ends("no privatekey provided"),
    ),
    (NEW, "middleware.storage", [{"name": "rewrite", "options": {"scheme": 1}}], ends("scheme")),
    (NEW, "middleware.storage", [{"name": "rewrite", "options": {"host": 1}}], ends("host must")),
    (
        NEW,
        "middleware.storage",
        [{"name": "rewrite", "options": {"trimpathprefix": 1}}],
        ends("trimpathprefix"),
    ),
]
"""Versions, key, value, and how it shows."""
