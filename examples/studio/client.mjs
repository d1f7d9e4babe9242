// Let a studio make a picture older, and fetch what it made. Needs Node 20 or newer, or a browser.
//   node client.mjs me.jpg
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";

const STUDIO = process.env.STUDIO ?? "http://127.0.0.1:8420";
const headers = process.env.STUDIO_TOKEN ? { Authorization: `Bearer ${process.env.STUDIO_TOKEN}` } : {};

async function ask(path, options = {}) {
  const response = await fetch(STUDIO + path, { headers, ...options });
  if (response.ok) return response;
  const { error } = await response.json();
  throw new Error(`${error.message}\n${error.hint}`);
}

const picture = process.argv[2];
const form = new FormData();
form.append("sources", new Blob([await readFile(picture)]), basename(picture));
form.append("options", JSON.stringify({ with: "ageing", consent: "self" }));
let job = await (await ask("/api/v1/jobs/convert", { method: "POST", body: form })).json();

while (!["done", "failed", "cancelled"].includes(job.state)) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  job = await (await ask(`/api/v1/jobs/${job.id}`)).json();
}
if (job.error) throw new Error(`${job.error.message}\n${job.error.hint}`);
for (const result of job.results) {
  await writeFile(basename(result.name), Buffer.from(await (await ask(result.url)).arrayBuffer()));
  console.log(basename(result.name));
}
