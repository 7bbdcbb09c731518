// Runs judge.py in CPython compiled to WebAssembly: node judge.mjs PYODIDE.MJS JUDGE.PY
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [pyodideModule, judgeSource] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(pyodideModule));
const pyodide = await loadPyodide();

const judge = pyodide.globals.get("dict")();
judge.set("__name__", "judge");
pyodide.runPython(readFileSync(judgeSource, "utf8"), { globals: judge });
const hello = judge.get("hello");
const answer = judge.get("answer");

process.stdout.write(hello() + "\n");
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(answer(line) + "\n");
}
