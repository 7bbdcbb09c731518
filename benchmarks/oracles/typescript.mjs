// The judging process of `TypeScriptOracle`, which speaks the protocol of `process.py`.
//
//     node typescript.mjs path/to/typescript.js KIND

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [module, kind] = process.argv.slice(2);
const ts = createRequire(import.meta.url)(module);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const name = { TS: "file.ts", TSX: "file.tsx", JS: "file.js" }[kind];

// The file and its first error. That a JavaScript file holds types is none of the parser's errors: a program adds it.
function parsed(text) {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, kind === "JS", ts.ScriptKind[kind]);
  if (kind !== "JS" || file.parseDiagnostics.length) return [file, file.parseDiagnostics[0]];
  const host = {
    getSourceFile: (path) => (path === name ? file : undefined),
    getDefaultLibFileName: () => "lib.d.ts",
    writeFile: () => {},
    getCurrentDirectory: () => "",
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (path) => path === name,
    readFile: () => undefined,
  };
  const options = { allowJs: true, noLib: true, noResolve: true, jsx: ts.JsxEmit.Preserve };
  return [file, ts.createProgram([name], options, host).getSyntacticDiagnostics(file)[0]];
}

function error(bytes) {
  let text;
  try {
    text = decoder.decode(bytes);
  } catch {
    return "0:0: not UTF-8";
  }
  try {
    const [file, first] = parsed(text);
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
