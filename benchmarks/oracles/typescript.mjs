// The judging process of `TypeScriptOracle`, which speaks the protocol of `process.py`.
//
//     node typescript.mjs path/to/typescript.js KIND

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [module, kind] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(module);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function error(bytes) {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    return "0:0: not UTF-8";
  }
  try {
    const name = kind === "TSX" ? "file.tsx" : "file.ts";
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, false, ts.ScriptKind[kind]);
    const [first] = file.parseDiagnostics;
    if (first === undefined) return null;
    const { line, character } = ts.getLineAndCharacterOfPosition(file, first.start);
    return `${line + 1}:${character + 1}: ${ts.flattenDiagnosticMessageText(first.messageText, " ")}`;
  } catch (failure) {
    return `0:0: ${failure}`; // nesting can exhaust the stack
  }
}

// All that goes through the pipes is ASCII, which Python's end insists on.
const line = (value) =>
  JSON.stringify(value).replace(/[^\x00-\x7f]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

console.log(line(`TypeScript ${ts.version}`));
for await (const question of createInterface({ input: process.stdin })) {
  const texts = JSON.parse(question);
  console.log(line(texts.map((text) => error(Buffer.from(text, "base64")))));
}
