"""Templates in one language: what is always the same there is translated when it is compiled.

A page says twenty sentences, and looking each up anew took a quarter of the time of an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator
from jinja2.visitor import NodeTransformer


class _Words(NodeTransformer):
    def __init__(self, say: Callable[[str], str]) -> None:
        self._say = say

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's own names
        """`_("…")` of a constant without variables; as jinja2 does it, a `%%` becomes a `%`."""
        self.generic_visit(node)
        named = isinstance(node.node, nodes.Name) and node.node.name == "_"
        if named and not node.kwargs and len(node.args) == 1:
            (said,) = node.args
            if isinstance(said, nodes.Const) and isinstance(said.value, str):
                return nodes.TemplateData(self._say(said.value) % {}, lineno=node.lineno)
        return node


class _Compiler(CodeGenerator):
    def visit_Template(  # noqa: N802 - the visitor's own names
        self, node: nodes.Template, frame: Any = None
    ) -> None:
        """The template, with its words in it."""
        assert isinstance(self.environment, Translated)
        super().visit_Template(_Words(self.environment.say).visit(node), frame)


class Translated(Environment):
    """An environment of one language."""

    code_generator_class = _Compiler

    def __init__(self, say: Callable[[str], str], **options: Any) -> None:
        super().__init__(**options)
        self.say = say
