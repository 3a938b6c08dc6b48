"""Render a host's settings to the files of its generation, as one pure function."""

from holdfast.rendering.layout import HOST, Layout
from holdfast.rendering.render import render
from holdfast.rendering.tree import File, Tree

__all__ = ["HOST", "File", "Layout", "Tree", "render"]
