"""Maze: LLM code suggestions that always parse in place.

`maze.lsp` is the language server, `maze.engine` the way to a model, `maze.constraint` what keeps the
model to the grammar, `maze.grammar` the grammars, `maze.document` the text under edit, and
`maze.cli` the command line. Nothing is imported here.
"""
