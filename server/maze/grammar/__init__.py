"""Grammars: `.lark` files turned into a byte-level lexer, a layout and XGrammar productions."""

from .dialect import ENTRIES, GrammarError
from .languages import LANGUAGES, Language, UnknownLanguage
from .syntax import Failure, Syntax, load

__all__ = [
    "ENTRIES",
    "LANGUAGES",
    "Failure",
    "GrammarError",
    "Language",
    "Syntax",
    "UnknownLanguage",
    "load",
]
