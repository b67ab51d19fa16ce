// Puts the API page into widget/dist/api-docs: Redoc's own bundle and the files beside this script.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const bundle = "../node_modules/redoc/bundles/redoc.standalone.js";
const folder = "../widget/dist/api-docs";
// Redoc would load its maker's logo from another host. Without an image that loads, it shows none.
const logo = '"https://cdn.redoc.ly/redoc/logo-mini.svg"';

const parts = (await readFile(here(bundle), "utf8")).split(logo);
if (parts.length !== 2) {
  throw new Error(`${bundle} names ${logo} ${parts.length - 1} times, not once; see which hosts it asks now.`);
}
await mkdir(here(folder), { recursive: true });
await writeFile(here(`${folder}/redoc.js`), parts.join('"data:,"'));
await copyFile(here(`${bundle}.LICENSE.txt`), here(`${folder}/redoc.standalone.js.LICENSE.txt`));
await copyFile(here("../widget/src/try/icon.svg"), here(`${folder}/icon.svg`));
for (const file of ["index.html", "page.css", "page.js"]) {
  await copyFile(here(file), here(`${folder}/${file}`));
}
