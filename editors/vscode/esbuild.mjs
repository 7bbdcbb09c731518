// Bundles the extension into one file. `--production` also makes what the package takes along: the
// extension's page and the licences of what is bundled. `--tests` bundles the unit tests for node's
// test runner.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
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

/** @type {esbuild.BuildOptions} */
const extension = {
  ...common,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  external: ["vscode"],
  mainFields: ["module", "main"],
  minify: flags.has("--production"),
  sourcemap: !flags.has("--production"),
  legalComments: "none", // the notices have them
  metafile: true,
};

if (flags.has("--tests")) {
  const tests = readdirSync("test").filter((name) => name.endsWith(".test.ts"));
  const entryPoints = tests.map((name) => `test/${name}`);
  await esbuild.build({ ...common, entryPoints, outdir: ".test", sourcemap: "inline" });
} else if (flags.has("--watch")) {
  await (await esbuild.context(extension)).watch();
} else {
  const { metafile } = await esbuild.build(extension);
  if (flags.has("--production")) {
    mkdirSync("dist", { recursive: true });
    writeFileSync("dist/NOTICES.txt", notices(Object.keys(metafile.inputs)));
    writeFileSync("dist/README.md", page());
  }
}

/** The licences of the packages that the bundle's files come from. */
function notices(files) {
  const packages = new Set(
    files.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean),
  );
  return [...packages]
    .sort()
    .map((name) => {
      const folder = `node_modules/${name}`;
      const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text =
        file && existsSync(`${folder}/${file}`)
          ? readFileSync(`${folder}/${file}`, "utf8")
          : license;
      return `${name} ${version} (${license})\n\n${text.trim()}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

/** VS Code shows pictures on the page only from the web: without a repository there is none to show. */
function page() {
  const { repository } = JSON.parse(readFileSync("package.json", "utf8"));
  const text = readFileSync("README.md", "utf8");
  return repository ? text : text.replace(/^!\[.*\]\(.*\)\n\n[*_].*[*_]\n\n/m, "");
}
