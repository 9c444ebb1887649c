// @ts-check
"use strict";

const assert = require("node:assert/strict");
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const { tmpdir } = require("node:os");
const { promisify } = require("node:util");

/** A module with one function, `add`. */
const ADD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0,
  10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11,
]);

/** What uses threads, descriptors, signals or clocks, each of which a copy has had repaired. @type {Record<string, () => unknown>} */
const CHECKS = {
  async timers() {
    const before = performance.now();
    await promisify(setTimeout)(5);
    await promisify(setImmediate)();
    assert.ok(performance.now() - before >= 4);
  },

  clocks() {
    assert.ok(process.uptime() < 2, `uptime is ${process.uptime()} s`);
    assert.ok(performance.now() < 2000, `performance.now() is ${performance.now()} ms`);
    assert.ok(
      Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 100,
      "timeOrigin is not the start",
    );
  },

  numbers() {
    assert.equal(fs.readlinkSync("/proc/self"), String(process.pid));
  },

  async files() {
    const path = `${tmpdir()}/self-test`;
    fs.writeFileSync(path, "sync");
    assert.equal(await fs.promises.readFile(path, "utf8"), "sync");
    await fs.promises.unlink(path);
  },

  async names() {
    const { address } = await require("node:dns").promises.lookup("localhost");
    assert.ok(address);
  },

  async compression() {
    const { gzip, gunzip } = require("node:zlib");
    const packed = await promisify(gzip)("a".repeat(100_000));
    assert.equal((await promisify(gunzip)(packed)).length, 100_000);
  },

  async cryptography() {
    const { pbkdf2 } = require("node:crypto");
    const key = await promisify(pbkdf2)("a", "b", 1, 32, "sha256");
    const digest = await globalThis.crypto.subtle.digest("SHA-256", key);
    assert.equal(digest.byteLength, 32);
  },

  async http() {
    const server = require("node:http").createServer((_request, response) => response.end('{"a":1}'));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const response = await fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } });
    assert.deepEqual(await response.json(), { a: 1 });
    server.close();
  },

  async workers() {
    const { Worker } = require("node:worker_threads");
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true });
    const [message] = await once(worker, "message");
    assert.equal(message, 1);
    await worker.terminate();
  },

  async webAssembly() {
    const now = new WebAssembly.Instance(new WebAssembly.Module(ADD));
    const { instance: later } = await WebAssembly.instantiate(ADD);
    for (const { exports } of [now, later]) assert.equal(/** @type {any} */ (exports).add(1, 2), 3);
  },

  async children() {
    const child = spawn("/bin/sh", ["-c", "cat; exit 3"], { stdio: ["pipe", "pipe", "ignore"] });
    child.stdin.end("hello");
    const [[data], [code]] = await Promise.all([once(child.stdout, "data"), once(child, "close")]);
    assert.deepEqual([String(data), code], ["hello", 3]);
  },

  async signals() {
    const received = once(process, "SIGUSR2");
    process.kill(process.pid, "SIGUSR2");
    await received;
  },

  collection() {
    let kept = [];
    for (let round = 0; round < 40; round++)
      kept = Array.from({ length: 2000 }, (_, i) => ({ i, before: kept[i % 7] && i }));
    assert.equal(kept.length, 2000);
  },
};

module.exports = { CHECKS };
