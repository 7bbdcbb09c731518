// Bundles the extension into one file; `--tests` bundles the unit tests for node's test runner.
import { readdirSync } from "node:fs";
import * as esbuild from "esbuild";

const flags = new Set(process.argv.slice(2));

/** @type {esbuild.BuildOptions} */
const common = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  logLevel: "warning",
};

if (flags.has("--tests")) {
  const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts"));
  await esbuild.build({
    ...common,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: ".test",
    sourcemap: "inline",
  });
} else {
  const context = await esbuild.context({
    ...common,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    external: ["vscode"],
    // The packages' ES modules are smaller than their UMD builds.
    mainFields: ["module", "main"],
    minify: flags.has("--production"),
    sourcemap: !flags.has("--production"),
  });
  if (flags.has("--watch")) {
    await context.watch();
  } else {
    await context.rebuild();
    await context.dispose();
  }
}
