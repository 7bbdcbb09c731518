"""Blocks without a statement, in a language that tells blocks by their indentation.

tree-sitter takes the head of one for whole (`for x in y:` and nothing below); the language does not.
"""

from __future__ import annotations

from tree_sitter import Node

from maze.document.tree import SyntaxTree


def heads_without_body(tree: SyntaxTree, start: int, end: int) -> set[int]:
    """Where the heads begin whose block is empty, of those that touch bytes ``start`` to ``end``.

    Empty where blocks stand in braces: there an empty one is as good as any.
    """
    if tree.language.block_in_braces:
        return set()
    found = set[int]()
    nodes = tree.items_between(start, end)
    while nodes:
        node = nodes.pop()
        inner = [child for child in node.children if child.start_byte <= end]
        inner = [child for child in inner if child.end_byte >= start]
        if any(_is_empty(child, tree.language.block) for child in inner):
            found.add(node.start_byte)
        nodes += inner
    return found


def _is_empty(node: Node, block: str) -> bool:
    return node.type == block and all(child.is_extra for child in node.named_children)
