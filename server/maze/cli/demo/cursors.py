"""Where the demo puts its cursor: places in real files that somebody is in the middle of writing."""

from __future__ import annotations

from pathlib import Path

import attrs

SAMPLES = Path(__file__).parent / "samples"


@attrs.frozen
class Cursor:
    """A cursor in a sample file from which the text behind it has been taken.

    Attributes:
        kind: what is special about the place.
        file: name of the sample.
        before: text of the file that ends at the cursor, with enough of it to be found only once.
        removed: the text that stood behind the cursor, still to be written.
    """

    kind: str
    file: str
    before: str
    removed: str

    @property
    def path(self) -> Path:
        """The sample."""
        return SAMPLES / self.file

    def place(self) -> tuple[str, int]:
        """The text of the document, and the cursor's offset in it, in characters.

        Raises:
            ValueError: the place is not in the sample, or not once.
        """
        text = self.path.read_text(encoding="utf-8")
        if text.count(self.before + self.removed) != 1:
            raise ValueError(f"{self.file} holds {self.before + self.removed!r} not exactly once")
        offset = text.index(self.before + self.removed) + len(self.before)
        return text[:offset] + text[offset + len(self.removed) :], offset


# In the order of each file, as one would write it: what the model has read, it need not read again.
CURSORS = (
    Cursor(
        "empty function body",
        "inventory.py",
        '"""The price of everything on the shelves."""\n        ',
        "total = 0.0\n        for item in self.items.values():\n"
        "            total += item.price * item.quantity\n        return total",
    ),
    Cursor("mid-expression", "inventory.py", "total += item.price *", " item.quantity"),
    Cursor("mid-identifier", "inventory.py", "return min(self.it", "ems.values()"),
    Cursor("end of line", "inventory.py", "    inventory = ", "Inventory()"),
    Cursor(
        "unfinished call, code after it",
        "inventory.py",
        'item = Item(row["name"], ',
        'float(row["price"]), int(row["quantity"]))',
    ),
    Cursor("inside an f-string", "inventory.py", 'f"total: {inventory.', "total_value()"),
    Cursor("mid-identifier", "wordcount.go", "word := strings.To", "Lower(scanner.Text())"),
    Cursor(
        "unfinished call, code after it",
        "wordcount.go",
        "words = append(words, ",
        "Word{Text: text, Count: count})",
    ),
    Cursor("mid-expression", "wordcount.go", "return words[i].Count > ", "words[j].Count"),
    Cursor(
        "empty function body",
        "wordcount.go",
        "func Max(a, b int) int {\n\t",
        "if a > b {\n\t\treturn a\n\t}\n\treturn b",
    ),
    Cursor("end of line", "wordcount.go", "file, err := ", "os.Open(path)"),
    Cursor("head of a block", "wordcount.go", "for _, word := range ", "Top(counts, 10)"),
    Cursor(
        "mid-expression",
        "emitter.ts",
        "const listeners = this.listeners.",
        "get(name) ?? new Set()",
    ),
    Cursor(
        "empty function body",
        "emitter.ts",
        "emit<Name extends keyof Events>(name: Name, event: Events[Name]): number {\n    ",
        "const listeners = [...(this.listeners.get(name) ?? [])];\n"
        "    for (const listener of listeners) {\n"
        "      (listener as Listener<Events[Name]>)(event);\n"
        "    }\n    return listeners.length;",
    ),
    Cursor("head of a block", "stack.rs", "let greatest = match ", "self.greatest.last()"),
    Cursor("unfinished call, code after it", "stack.rs", "self.items.push(", "item)"),
    Cursor("mid-expression", "ring.zig", "return self.bytes.len", " - self.len"),
    Cursor("end of line", "ring.zig", "const end = ", "(self.start + self.len) % self.bytes.len"),
)
