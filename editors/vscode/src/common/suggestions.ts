import {
  type Disposable,
  type InlineCompletionItem,
  InlineCompletionTriggerKind,
  type TextDocument,
  window,
  workspace,
} from "vscode";
import type { Middleware } from "vscode-languageclient/node";
import { type Candidate, Follower } from "./feedback";
import { Command, type Feedback } from "./protocol";
import { setting } from "./settings";

/**
 * Stands between VS Code and the server where ghost text is concerned: says nothing where nothing is wanted, and
 * follows what becomes of what is shown.
 *
 * @param busy whether a generation streams into a document
 * @param tell sends feedback to the server
 */
export class Suggestions implements Disposable {
  readonly #followers = new WeakMap<TextDocument, Follower>();
  readonly #listeners: Disposable[];

  constructor(
    private readonly busy: (document: TextDocument) => boolean,
    private readonly tell: (feedback: Feedback) => void,
  ) {
    this.#listeners = [
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const follower = this.#followers.get(document);
        // From the end to the beginning, as VS Code lists them: offsets stay those of the text before.
        for (const change of contentChanges) {
          this.#news(follower?.edited(change.rangeOffset, change.rangeLength, change.text));
        }
      }),
      window.onDidChangeTextEditorSelection(({ textEditor }) => {
        const { document, selection } = textEditor;
        const follower = this.#followers.get(document);
        this.#news(follower?.moved(document.offsetAt(selection.active)));
      }),
    ];
  }

  readonly provide: NonNullable<Middleware["provideInlineCompletionItems"]> = async (
    document,
    position,
    context,
    token,
    next,
  ) => {
    const automatic = context.triggerKind === InlineCompletionTriggerKind.Automatic;
    if (this.busy(document) || (automatic && !setting("automatic", document))) {
      return null;
    }
    const result = await next(document, position, context, token);
    if (!result || token.isCancellationRequested || this.busy(document)) {
      return null;
    }
    const items = Array.isArray(result) ? result : result.items;
    const candidates = items.map(candidate).filter((found) => found !== undefined);
    const begin = items[0]?.range?.start ?? position;
    const anchor = document.offsetAt(begin);
    const taken = document.offsetAt(position) - anchor;
    this.#news(this.#follower(document).shown(candidates, anchor, taken));
    return result;
  };

  /** The command of an accepted suggestion has been run. */
  accepted(): void {
    const document = window.activeTextEditor?.document;
    if (document !== undefined) {
      this.#followers.get(document)?.accepted();
    }
  }

  dispose(): void {
    for (const listener of this.#listeners) {
      listener.dispose();
    }
  }

  #follower(document: TextDocument): Follower {
    const follower = this.#followers.get(document) ?? new Follower();
    this.#followers.set(document, follower);
    return follower;
  }

  #news(feedback: Feedback | undefined): void {
    if (feedback !== undefined) {
      this.tell(feedback);
    }
  }
}

/** An item as what the server knows it by; undefined for one that the server wants no word of. */
function candidate(item: InlineCompletionItem): Candidate | undefined {
  const [id] = item.command?.command === Command.accepted ? (item.command.arguments ?? []) : [];
  const text = typeof item.insertText === "string" ? item.insertText : item.insertText.value;
  return typeof id === "string" ? { id, text } : undefined;
}
