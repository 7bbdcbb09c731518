"""The constraint core: which tokens keep a text parseable, and where it joins with what follows."""

from maze.grammar import UnknownLanguage

from .constrainer import Constrainer, Scope
from .constraint import UNCONSTRAINED, Constraint, Stats
from .stopping import Mode
from .unconstrained import Unconstrained
from .vocabulary import Vocabulary, VocabularyError

__all__ = [
    "UNCONSTRAINED",
    "Constrainer",
    "Constraint",
    "Mode",
    "Scope",
    "Stats",
    "Unconstrained",
    "UnknownLanguage",
    "Vocabulary",
    "VocabularyError",
]
