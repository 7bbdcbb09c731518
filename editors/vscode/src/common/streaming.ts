import {
  commands,
  type Disposable,
  EndOfLine,
  type Position,
  Range,
  type TextDocument,
  type TextEditor,
  TextEditorRevealType,
  Uri,
  WorkspaceEdit,
  window,
  workspace,
} from "vscode";
import type { Edit } from "./protocol";

interface Stream {
  readonly uri: string;
  /** The document's version after the newest piece; another means that somebody else has edited. */
  version: number;
  /** Where the newest piece ends. */
  end: Position | undefined;
}

/**
 * Puts the pieces of a generation into documents, all of them as one undo step.
 */
export class Streaming implements Disposable {
  readonly #streams = new Map<string, Stream>();

  /** Whether a generation streams into ``document`` just now. */
  busy(document: TextDocument): boolean {
    const uri = document.uri.toString();
    return [...this.#streams.values()].some((stream) => stream.uri === uri);
  }

  /** Handles `maze/edit`. */
  async apply(piece: Edit): Promise<{ applied: boolean }> {
    const uri = Uri.parse(piece.uri, true);
    const document = workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    if (document === undefined || document.version !== piece.version) {
      this.#end(piece.id);
      return { applied: false };
    }
    const stream = this.#streams.get(piece.id) ?? (await this.#begin(piece.id, uri, document));
    const editor = editorOf(document);
    const applied = editor
      ? await this.#edit(editor, piece, stream)
      : await applyInBackground(document, piece);
    if (piece.last || !applied) {
      this.#end(piece.id);
    }
    return { applied };
  }

  /** The server is gone, and with it all that it generated. */
  clear(): void {
    this.#streams.clear();
  }

  dispose(): void {
    this.clear();
  }

  async #begin(id: string, uri: Uri, document: TextDocument): Promise<Stream> {
    const stream = { uri: uri.toString(), version: document.version, end: undefined };
    this.#streams.set(id, stream);
    // What is shown now was meant for another text.
    await commands.executeCommand("editor.action.inlineSuggest.hide");
    return stream;
  }

  async #edit(editor: TextEditor, piece: Edit, stream: Stream): Promise<boolean> {
    if (piece.edits.length === 0) {
      return true;
    }
    const followed = stream.end === undefined || isVisible(editor, stream.end);
    // What a person typed in between stays an undo step of its own.
    const apart = piece.first || editor.document.version !== stream.version;
    const applied = await editor.edit(
      (builder) => {
        for (const { range, newText } of piece.edits) {
          builder.replace(asRange(range), newText);
        }
      },
      { undoStopBefore: apart, undoStopAfter: piece.last },
    );
    stream.version = editor.document.version;
    const newest = piece.edits.at(-1);
    if (applied && newest !== undefined) {
      const start = editor.document.offsetAt(asRange(newest.range).start);
      const length = newest.newText.replace(/\r?\n/g, eol(editor.document)).length;
      stream.end = editor.document.positionAt(start + length);
      if (followed) {
        // The eye follows the text, unless somebody has scrolled away from it.
        editor.revealRange(new Range(stream.end, stream.end), TextEditorRevealType.Default);
      }
    }
    return applied;
  }

  #end(id: string): void {
    this.#streams.delete(id);
  }
}

function editorOf(document: TextDocument): TextEditor | undefined {
  const active = window.activeTextEditor;
  return active?.document === document
    ? active
    : window.visibleTextEditors.find((editor) => editor.document === document);
}

/** For a document that no editor shows: undo steps can not be joined there. */
async function applyInBackground(document: TextDocument, piece: Edit): Promise<boolean> {
  if (piece.edits.length === 0) {
    return true;
  }
  const edit = new WorkspaceEdit();
  for (const { range, newText } of piece.edits) {
    edit.replace(document.uri, asRange(range), newText);
  }
  return workspace.applyEdit(edit);
}

function asRange({ start, end }: Edit["edits"][number]["range"]): Range {
  return new Range(start.line, start.character, end.line, end.character);
}

function isVisible(editor: TextEditor, position: Position): boolean {
  return editor.visibleRanges.some((range) => range.contains(position));
}

function eol(document: TextDocument): string {
  return document.eol === EndOfLine.CRLF ? "\r\n" : "\n";
}
