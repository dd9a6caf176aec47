// Draws the pictures that must not be SVG, from the SVGs in assets/img/, with Chromium.
// Run it by hand when a drawing changes (the results are committed):
//
//   node assets/pictures.mjs [path of chromium]

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const assets = dirname(fileURLToPath(import.meta.url));
const pictures = join(dirname(assets), "static", "img");
const chromium = process.argv[2] ?? "chromium";

function drawn(name, width, height) {
  const folder = mkdtempSync(join(tmpdir(), "pictures-"));
  const page = join(folder, "page.html");
  const picture = join(folder, "picture.png");
  const source = pathToFileURL(join(assets, "img", name));
  writeFileSync(
    page,
    `<style>body{margin:0}img{display:block;width:${width}px;height:${height}px}</style><img src="${source}">`,
  );
  execFileSync(chromium, [
    "--headless",
    "--no-sandbox",
    "--hide-scrollbars",
    "--default-background-color=00000000",
    `--window-size=${width},${height}`,
    `--screenshot=${picture}`,
    pathToFileURL(page).href,
  ]);
  const bytes = readFileSync(picture);
  rmSync(folder, { recursive: true });
  return bytes;
}

// An icon file is a list of pictures; ours holds one.
function icon(size, png) {
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(1, 4);
  head.writeUInt8(size, 6);
  head.writeUInt8(size, 7);
  head.writeUInt16LE(1, 10);
  head.writeUInt16LE(32, 12);
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18);
  return Buffer.concat([head, png]);
}

writeFileSync(join(pictures, "share.png"), drawn("share.svg", 1200, 630));
writeFileSync(join(pictures, "touch.png"), drawn("mark.svg", 180, 180));
writeFileSync(join(pictures, "favicon.ico"), icon(32, drawn("mark.svg", 32, 32)));
writeFileSync(join(pictures, "favicon.svg"), readFileSync(join(assets, "img", "mark.svg")));
