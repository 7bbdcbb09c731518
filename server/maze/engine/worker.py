"""One generation at a time, first come first served, on a thread of its own.

A CPU serves one request fastest by serving it alone. Requests whose clients have gone leave the
queue, or stop at their next token, so nobody waits for an answer nobody wants; and as the queue
is first come first served, nobody starves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import AsyncGenerator, Callable

from attrs import define, field

from maze.engine.completion import Emit
from maze.engine.generation import Cancelled, GenerationCancelled, ModelError
from maze.engine.protocol import CompletionChunk, ProtocolError

log = logging.getLogger(__name__)

Task = Callable[[Emit, Cancelled], None]


class TooBusy(Exception):
    """As many requests wait as may."""


@define(eq=False)
class _Job:
    task: Task
    loop: asyncio.AbstractEventLoop
    chunks: asyncio.Queue[CompletionChunk | Exception | None] = field(factory=asyncio.Queue)
    cancelled: threading.Event = field(factory=threading.Event)

    def send(self, item: CompletionChunk | Exception | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: the server is stopping
            self.loop.call_soon_threadsafe(self.chunks.put_nowait, item)


class Worker:
    """Runs tasks on a daemon thread, so that a long computation never keeps the process alive.

    Args:
        capacity: how many tasks may wait or run.

    Attributes:
        active: how many tasks wait or run now.
    """

    def __init__(self, capacity: int = 32) -> None:
        self._capacity = capacity
        self._jobs: queue.SimpleQueue[_Job | Callable[[], None]] = queue.SimpleQueue()
        self.active = 0
        threading.Thread(target=self._work, name="maze-generation", daemon=True).start()

    def call(self, function: Callable[[], None]) -> None:
        """Run `function` after what is queued now; it may not raise."""
        self._jobs.put(function)

    async def run(self, task: Task) -> AsyncGenerator[CompletionChunk, None]:
        """The chunks that `task` emits; closing the iterator cancels it.

        Raises:
            TooBusy: when the queue is full.
            ProtocolError, ModelError: as the task raises them.
        """
        if self.active >= self._capacity:
            raise TooBusy
        job = _Job(task, asyncio.get_running_loop())
        self.active += 1
        self._jobs.put(job)
        try:
            while (item := await job.chunks.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            job.cancelled.set()
            self.active -= 1

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if isinstance(job, _Job):
                self._run(job)
            else:
                job()

    @staticmethod
    def _run(job: _Job) -> None:
        if job.cancelled.is_set():
            return
        try:
            job.task(job.send, job.cancelled.is_set)
        except GenerationCancelled:
            log.debug("a generation was cancelled")
        except (ProtocolError, ModelError) as error:
            job.send(error)
        except Exception as error:
            # Without the message: it might hold a piece of someone's source code.
            frame = innermost(error)
            log.error("a generation failed: %s at %s", type(error).__name__, frame)
            job.send(ModelError(f"the engine failed inside ({type(error).__name__}); see its log"))
        finally:
            job.send(None)


def innermost(error: BaseException) -> str:
    """Where an exception was raised, for a log that must not hold its message."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "an unknown place"
