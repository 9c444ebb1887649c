// @ts-check
"use strict";

const { createHash } = require("node:crypto");
const zlib = require("node:zlib");

/** Nobody draws anything random here: every copy would draw the same again. */

/** What functions commonly load. Each module makes each fork a little dearer, so the rest stays for whoever needs it. */
function preload() {
  require("node:async_hooks");
  require("node:buffer");
  require("node:events");
  require("node:fs/promises");
  require("node:path");
  require("node:querystring");
  require("node:stream");
  require("node:string_decoder");
  require("node:timers/promises");
  require("node:url");
  require("node:util");
}

/** Compiles what most handlers call: Node's own JavaScript is compiled when it is first called. */
function warmUp() {
  for (let round = 0; round < 3; round++) {
    const url = new URL("https://host.example:8443/a/b?c=1&d=%20#e");
    url.searchParams.append("f", url.searchParams.get("c") ?? "");
    String(url);
    createHash("sha256").update("text").update(Buffer.alloc(64)).digest("hex");
    zlib.gunzipSync(zlib.gzipSync("text"));
    new Date(0).toISOString();
    "a&b".replace(/[&<]/g, (found) => `&#${found.charCodeAt(0)};`).split(/;/);
    JSON.parse(JSON.stringify({ list: [1, "two", { three: null }] }));
    Buffer.from(Buffer.from("text").toString("base64"), "base64").equals(Buffer.concat([Buffer.from("te")]));
    structuredClone({ a: new Map([[1, [2]]]) });
    new TextDecoder().decode(new TextEncoder().encode("tëxt"));
    new Headers({ "content-type": "text/plain" }).get("content-type");
    new AbortController().signal.addEventListener("abort", () => {});
    clearTimeout(setTimeout(() => {}, 1));
    clearImmediate(setImmediate(() => {}));
    new (require("node:events"))().once("event", () => {}).emit("event");
  }
}

module.exports = { preload, warmUp };
