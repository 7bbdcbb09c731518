"""Code actions: the tasks at a place, offered at once, made ready when one is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lsprotocol import types

from maze.document.tasks import Kind, Task, tasks_at
from maze.lsp.session import Session

GENERATE = "maze.generate"

KINDS = (types.CodeActionKind.RefactorRewrite, types.CodeActionKind.QuickFix)


def code_actions(
    session: Session, params: types.CodeActionParams, capabilities: types.ClientCapabilities
) -> list[types.CodeAction]:
    """What can be generated at a selection, the likeliest first."""
    start, end = session.offset(params.range.start), session.offset(params.range.end)
    tags = [types.CodeActionTag.LlmGenerated] if _knows_tag(capabilities) else None
    lazily = _resolves(capabilities)
    actions = []
    for task in tasks_at(session.document, start, max(start, end)):
        kind = _kind_of(task)
        if not _asked_for(kind, params.context.only):
            continue
        data = {
            "uri": session.uri,
            "version": session.version,
            "kind": task.kind.value,
            "range": _as_data(params.range),
        }
        action = types.CodeAction(task.title, kind=kind, data=data, tags=tags)
        actions.append(action if lazily else resolved(action))
    return actions


def resolved(action: types.CodeAction) -> types.CodeAction:
    """``action`` with the command that carries it out; one that is not ours stays as it is."""
    data = plain(action.data)
    if isinstance(data, dict) and data.get("kind") in list(Kind):
        action.command = types.Command(action.title, GENERATE, arguments=[data])
    return action


def plain(value: Any) -> Any:
    """What came as JSON, as dicts and lists whatever objects it was made into."""
    if isinstance(value, Mapping):
        return {key: plain(member) for key, member in value.items()}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, list | tuple):
        return [plain(member) for member in value]
    return value


def _kind_of(task: Task) -> types.CodeActionKind:
    repairs = task.kind is Kind.REPAIR
    return types.CodeActionKind.QuickFix if repairs else types.CodeActionKind.RefactorRewrite


def _asked_for(kind: str, only: Iterable[str] | None) -> bool:
    """Whether a client that asks for certain kinds, or for what lies below them, wants ``kind``."""
    if only is None:
        return True
    kind = getattr(kind, "value", kind)
    wanted = [getattr(one, "value", one) for one in only]
    return any(one == "" or kind == one or kind.startswith(one + ".") for one in wanted)


def _knows_tag(capabilities: types.ClientCapabilities) -> bool:
    document = capabilities.text_document
    actions = document.code_action if document else None
    tags = actions.tag_support if actions else None
    return bool(tags and types.CodeActionTag.LlmGenerated in tags.value_set)


def _resolves(capabilities: types.ClientCapabilities) -> bool:
    """Whether the client resolves actions, and keeps their data until then."""
    document = capabilities.text_document
    actions = document.code_action if document else None
    support = actions.resolve_support if actions else None
    return bool(actions and actions.data_support and support and "command" in support.properties)


def _as_data(where: types.Range) -> dict[str, Any]:
    return {
        name: {"line": place.line, "character": place.character}
        for name, place in (("start", where.start), ("end", where.end))
    }
