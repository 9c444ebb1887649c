import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Peer } from "../peers/peer.ts";
import { type Driver, verify } from "./driver.ts";

/** A process for each call. The result is there when its line has been read; the slot is free at the exit. */
export async function openProcess(peer: Peer): Promise<Driver> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-bench-"));
  const commandOf = await peer.prepare(folder);
  return {
    async call(n) {
      const [program, ...args] = commandOf(n);
      const child = spawn(program, args, { env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" } });
      const exited = once(child, "exit");
      const answered = firstLine(child.stdout);
      const complaint = text(child.stderr);
      child.stdin.on("error", () => {}); // A child that left before it read says why on stderr.
      child.stdin.end(JSON.stringify({ n }));
      const [code] = await exited;
      if (code !== 0) throw new Error(`${program} left with ${code}: ${(await complaint).trim()}`);
      const { line, at } = await answered;
      verify(n, JSON.parse(line));
      return at;
    },
    async close() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function firstLine(stream: Readable): Promise<{ line: string; at: number }> {
  return new Promise((resolve) => {
    let printed = "";
    const take = (chunk: string) => {
      printed += chunk;
      if (chunk.includes("\n")) resolve({ line: printed, at: performance.now() });
    };
    stream
      .setEncoding("utf8")
      .on("data", take)
      .on("end", () => resolve({ line: printed, at: performance.now() }));
  });
}
