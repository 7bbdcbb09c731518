"""Answers `textDocument/inlineCompletion`.

An answer is either something to show or ``null``: an empty list would hide what the editor
shows already, and an error would reach its log for nothing.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Iterable
from pathlib import Path
from time import monotonic

from lsprotocol import types

from maze.document import document_at
from maze.engine.errors import EngineError
from maze.lsp.counters import Counters
from maze.lsp.feedback import Feedback
from maze.lsp.notices import Notices
from maze.lsp.session import Session
from maze.lsp.status import Status
from maze.lsp.suggest import Engine, Trigger, suggest
from maze.settings import Settings

logger = logging.getLogger(__name__)

Answer = types.InlineCompletionList | None


class InlineCompletions:
    """The one feature.

    Args:
        engine: generates.
        settings: how.
        notices: tell a person what went wrong.
        status: shows what is done.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        notices: Notices,
        status: Status | None = None,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.counters = Counters()
        self.feedback = Feedback(lambda: self.counters)
        self._notices = notices
        self._status = status or Status(lambda data: None, dict)

    async def answer(self, session: Session, params: types.InlineCompletionParams) -> Answer:
        """The suggestions at a cursor; None when there are none or nobody waits for them now.

        Raises:
            asyncio.CancelledError: the editor took its request back.
        """
        self.counters.requests += 1
        automatic = params.context.trigger_kind == types.InlineCompletionTriggerKind.Automatic
        if session.region is not None or (automatic and self._status.paused):
            return None
        offset = session.offset(params.position)
        selected = params.context.selected_completion_info
        # Who goes through suggestions, after one was shown in passing, asks for the others.
        enough = selected is None and (automatic or session.typed_ahead.several)
        if enough and (tails := session.typed_ahead.tails(offset)):
            session.supersede()
            self.counters.typed_ahead += 1
            return self._items(tails, _at(session.position(offset)))

        trigger = Trigger.AUTOMATIC if automatic else Trigger.INVOKED
        job = asyncio.create_task(self._suggest(session, offset, trigger, selected))
        session.begin(job)
        try:
            return await job
        except asyncio.CancelledError:
            job.cancel()
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self.counters.superseded += 1
            return None

    async def _suggest(
        self,
        session: Session,
        offset: int,
        trigger: Trigger,
        selected: types.SelectedCompletionInfo | None,
    ) -> Answer:
        version, began = session.version, monotonic()
        if trigger is Trigger.AUTOMATIC:
            longest = self.settings.debounce_ms / 1000
            await asyncio.sleep(session.rhythm.wait(monotonic(), longest))
        if session.version != version:
            self.counters.superseded += 1
            return None
        if not self._wanted(session, offset, trigger):
            return None

        texts, where = await self._texts(session, offset, trigger, selected)
        took = 1000 * (monotonic() - began)
        logger.info("%s: %d suggestions in %.0f ms", trigger.value, len(texts), took)
        if session.closed or session.version != version:
            self.counters.superseded += 1
            return None
        self.counters.offered += len(texts)
        return self._items(texts, where) if texts else None

    async def _texts(
        self,
        session: Session,
        offset: int,
        trigger: Trigger,
        selected: types.SelectedCompletionInfo | None,
    ) -> tuple[list[str], types.Range]:
        """Texts to show and the range that they replace."""
        document = session.document
        where, begun = _at(session.position(offset)), ""
        if selected is None:
            session.typed_ahead.expect(offset, several=trigger is Trigger.INVOKED)
        else:
            # The editor's menu is open: go on from what is selected there, as if it were typed.
            session.typed_ahead.forget()
            where, begun = selected.range, selected.text
            start, end = session.offset(where.start), session.offset(where.end)
            document = document.fork()
            document.replace(start, end, begun)
            offset = start + len(begun)
        try:
            with self._status.busy():
                suggestions = await suggest(
                    document, offset, self.engine, trigger, self.settings, self.counters
                )
        except EngineError as error:
            self._failed(str(error), trigger)
            return [], where
        except Exception as error:
            # A defect of ours must not reach the editor. No text of the document is logged.
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(last.filename).name}:{last.lineno}"
            logger.error("%s at %s while making a suggestion", type(error).__name__, place)
            self._failed("something went wrong; the server's log says where", trigger)
            return [], where
        self._notices.all_is_well()
        self._status.worked(suggestions[0].level if suggestions else None)
        texts = [begun + suggestion.text for suggestion in suggestions]
        if selected is None:
            session.typed_ahead.remember(texts)
        return texts, where

    def _wanted(self, session: Session, offset: int, trigger: Trigger) -> bool:
        """Whether there are suggestions for this document at all; who asks is told why not."""
        reason = self.settings.why_not(document_at(session.document, offset)[0].detection)
        if reason and trigger is Trigger.INVOKED:
            self._notices.show(reason, types.MessageType.Info)
        return not reason

    def _items(self, texts: Iterable[str], where: types.Range) -> types.InlineCompletionList:
        # Without a range, VS Code would replace the word at the cursor.
        return types.InlineCompletionList(
            [
                types.InlineCompletionItem(text, range=where, command=self.feedback.command(text))
                for text in texts
            ]
        )

    def _failed(self, message: str, trigger: Trigger) -> None:
        self.counters.engine_errors += 1
        self._status.failed(message)
        if trigger is Trigger.INVOKED:
            self._notices.show(message)
        else:
            self._notices.log_once(message)


def _at(position: types.Position) -> types.Range:
    return types.Range(position, position)
