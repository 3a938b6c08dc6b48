"""One pure function from the settings of a host to the files of its generation."""

from holdfast.rendering.layout import HOST, Layout
from holdfast.rendering.render import render
from holdfast.rendering.tree import File, Tree

__all__ = ["HOST", "File", "Layout", "Tree", "render"]
