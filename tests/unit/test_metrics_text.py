"""The text that Prometheus reads."""

from __future__ import annotations

from ansible_collections.holdfast.registry.plugins.module_utils.system.metrics import Gauge, text


def test_labels_are_escaped_and_numbers_are_whole_where_they_are() -> None:
    rows = (({"file": 'a"b\\c\nd'}, 1.0), ({}, 0.25))
    assert "".join(text([Gauge("x_bytes", "Bytes.", rows)])) == (
        "# HELP x_bytes Bytes.\n"
        "# TYPE x_bytes gauge\n"
        'x_bytes{file="a\\"b\\\\c\\nd"} 1\n'
        "x_bytes 0.25\n"
    )


def test_large_numbers_keep_every_digit() -> None:
    (_, line) = text([Gauge("x", "X.", (({}, 270553174016),))])
    assert line == "x 270553174016\n"
