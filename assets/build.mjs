// Builds static/css and static/js: site.* for every page, forms.css for pages on which something is
// typed, home.css for the home page, session.css for the pages of a session, a speaker, a theme and a
// room, ticket.css for a booking, grid.css for the programme by room and time (grid-large.css for
// days of very many), screen.css for a screen in the foyer, admin.* for the admin part, crop.* for
// cropping a photo and speakers.js for finding a speaker in their list.
// Beside each of them, and beside each drawing in static/img, it puts a .br and a .gz.
//
//   node assets/build.mjs           writes them
//   node assets/build.mjs --check   fails if the committed ones are not what the sources give

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync, constants, gzipSync } from "node:zlib";

import { build, transform } from "esbuild";
import { compile } from "sass";

import { ON_EVERY_PAGE, fitted } from "./kit.mjs";

const assets = dirname(fileURLToPath(import.meta.url));
const root = dirname(assets);
const modernBrowsers = ["chrome109", "edge109", "firefox115", "safari15.6"];

function compiled(name) {
  return compile(join(assets, "scss", name), {
    loadPaths: [join(root, "node_modules")],
    quietDeps: true,
  }).css;
}

async function styleSheet(css) {
  const { code } = await transform(css, {
    loader: "css",
    minify: true,
    target: modernBrowsers,
    charset: "utf8",
  });
  return code;
}

async function script(name) {
  const { outputFiles } = await build({
    entryPoints: [join(assets, "js", name)],
    bundle: true,
    minify: true,
    format: "esm",
    target: modernBrowsers,
    charset: "utf8",
    write: false,
  });
  return outputFiles[0].text;
}

function write(path, text) {
  const bytes = Buffer.from(text);
  const brotli = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  console.log(`${path.slice(root.length + 1)}: ${bytes.length} bytes, ${brotli.length} as brotli`);
}

function drawings() {
  const folder = join(root, "static", "img");
  const names = readdirSync(folder).filter((name) => name.endsWith(".svg"));
  return names.map((name) => [join(folder, name), readFileSync(join(folder, name), "utf8")]);
}

function isCommitted(path, text) {
  try {
    const packed = brotliDecompressSync(readFileSync(`${path}.br`)).toString();
    return readFileSync(path, "utf8") === text && packed === text;
  } catch {
    return false;
  }
}

const built = {
  [join(root, "static", "css", "site.css")]: await styleSheet(
    `${await fitted(compiled("kit.scss"), ON_EVERY_PAGE)}\n${compiled("site.scss")}`,
  ),
  [join(root, "static", "css", "forms.css")]: await styleSheet(
    `${await fitted(compiled("kit-forms.scss"))}\n${compiled("forms.scss")}`,
  ),
  [join(root, "static", "css", "home.css")]: await styleSheet(compiled("home.scss")),
  [join(root, "static", "css", "session.css")]: await styleSheet(compiled("session.scss")),
  [join(root, "static", "css", "ticket.css")]: await styleSheet(compiled("ticket.scss")),
  [join(root, "static", "css", "grid.css")]: await styleSheet(compiled("grid.scss")),
  [join(root, "static", "css", "grid-large.css")]: await styleSheet(compiled("grid-large.scss")),
  [join(root, "static", "css", "screen.css")]: await styleSheet(compiled("screen.scss")),
  [join(root, "static", "css", "admin.css")]: await styleSheet(compiled("admin.scss")),
  [join(root, "static", "css", "crop.css")]: await styleSheet(compiled("crop.scss")),
  [join(root, "static", "js", "site.js")]: await script("site.js"),
  [join(root, "static", "js", "offline.js")]: await script("offline.js"),
  [join(root, "static", "js", "service-worker.js")]: await script("service-worker.js"),
  [join(root, "static", "js", "admin.js")]: await script("admin.js"),
  [join(root, "static", "js", "crop.js")]: await script("crop.js"),
  [join(root, "static", "js", "conditions.js")]: await script("conditions.js"),
  [join(root, "static", "js", "speakers.js")]: await script("speakers.js"),
  ...Object.fromEntries(drawings()),
};

if (process.argv.includes("--check")) {
  const stale = Object.keys(built).filter((path) => !isCommitted(path, built[path]));
  for (const path of stale) {
    console.error(
      `${path.slice(root.length + 1)} is not what assets/ gives: run "npm run build" and commit static/.`,
    );
  }
  process.exit(stale.length ? 1 : 0);
}
for (const [path, text] of Object.entries(built)) write(path, text);
