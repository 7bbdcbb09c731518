"""What happened to requests and suggestions, counted since the start."""

from __future__ import annotations

import attrs


@attrs.define
class Counters:
    """Counts since the start.

    Attributes:
        requests: inline completions that were asked for.
        superseded: requests that a newer one took the place of, or that an edit made pointless.
        typed_ahead: requests that were answered with the rest of an earlier suggestion.
        engine_requests: requests that went to the engine.
        engine_errors: of those, the ones that failed.
        tokens: tokens that were generated.
        offered: suggestions that were shown.
        empty: choices of the engine with nothing to offer.
        unhelpful: suggestions left out for being tiny or already there.
        dropped_by_last_check: suggestions that did not parse in place. Each is a defect.
        unchecked: suggestions left out because the last check could not be made.
        unconstrained: choices that were made without constraint, since no scope could be parsed.
        generations: texts that were to be generated into a document.
        generated: of those, the ones of which something was written.
        shown: suggestions that the editor says it has shown.
        accepted: suggestions that were accepted as a whole.
        partly: suggestions of which a part was accepted.
        dismissed: suggestions that were dismissed.
        accepted_chars: characters that were accepted.
    """

    requests: int = 0
    superseded: int = 0
    typed_ahead: int = 0
    engine_requests: int = 0
    engine_errors: int = 0
    tokens: int = 0
    offered: int = 0
    empty: int = 0
    unhelpful: int = 0
    dropped_by_last_check: int = 0
    unchecked: int = 0
    unconstrained: int = 0
    generations: int = 0
    generated: int = 0
    shown: int = 0
    accepted: int = 0
    partly: int = 0
    dismissed: int = 0
    accepted_chars: int = 0
