import { execFile } from "node:child_process";
import { createWriteStream, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { promisify } from "node:util";

const MIB = 1024 ** 2;

/** What the memory is taken as; each goes over the limit in its own way (README.md). */
const TAKE = { buffers: takeBuffers, heap: takeHeap, files: takeFiles, child: takeInChild } as const;

interface HogEvent {
  readonly kind?: keyof typeof TAKE;
  readonly mebibytes?: number;
}

export default async function memoryHog({ kind = "buffers", mebibytes = 16 }: HogEvent) {
  const take = TAKE[kind];
  if (take === undefined) throw new TypeError(`kind is "${kind}"; it takes ${Object.keys(TAKE).join(", ")}`);
  const taken = await take(mebibytes);
  return { kind, mebibytes, taken, usage: process.memoryUsage() };
}

/** Outside of V8's heap. Each byte is written, for the kernel counts a page only once it is touched. */
function takeBuffers(mebibytes: number): number {
  return Array.from({ length: mebibytes }, () => Buffer.alloc(MIB, 1)).reduce(
    (sum, { length }) => sum + length,
    0,
  );
}

function takeHeap(mebibytes: number): number {
  const kept: number[][] = [];
  // Doubles, unlike small integers, take eight bytes each.
  for (let i = 0; i < mebibytes; i++) kept.push(Array.from({ length: MIB / 8 }, (_, at) => at + 0.5));
  return kept.length * MIB;
}

/** /tmp is memory too, and counts as such. */
async function takeFiles(mebibytes: number): Promise<number> {
  const path = join(tmpdir(), "hog");
  const file = createWriteStream(path);
  const block = Buffer.alloc(MIB, 1);
  try {
    for (let i = 0; i < mebibytes; i++) {
      await new Promise<void>((done, failed) =>
        file.write(block, (error) => (error ? failed(error) : done())),
      );
    }
    await finished(file.end());
    return file.bytesWritten;
  } finally {
    rmSync(path, { force: true });
  }
}

/** The limit is the whole sandbox's: a child that is killed for it leaves this process alive. */
async function takeInChild(mebibytes: number): Promise<string> {
  const script = `globalThis.kept = Array.from({ length: ${mebibytes} }, () => Buffer.alloc(${MIB}, 1))`;
  try {
    await promisify(execFile)(process.execPath, ["-e", script]);
    return "the child lived";
  } catch (error) {
    return `the child ended by ${(error as { signal?: string }).signal ?? error}`;
  }
}
