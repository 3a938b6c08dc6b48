"""Scrape metrics, and read the values of samples."""

from __future__ import annotations

import http.client


def answered(
    connection: http.client.HTTPConnection, token: str, path: str, method: str = "GET"
) -> tuple[int, str]:
    """Return status and text of a request for metrics, and close the connection."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def value(text: str, name: str) -> float:
    """Return the value of a sample; 0 if it is not there."""
    lines = (line.rpartition(" ") for line in text.splitlines())
    return next((float(number) for key, _, number in lines if key == name), 0.0)
