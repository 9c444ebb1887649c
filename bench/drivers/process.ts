import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { PEERS } from "../peers/index.ts";
import { eventOf, expectedJson } from "../workload/expected.ts";
import { type Driver, verify } from "./driver.ts";
import { firstLine } from "./first-line.ts";

/** A process for each call. The result is there when its line has been read; the slot is free at the exit. */
export async function openPeer(name: string): Promise<Driver> {
  const peer = PEERS[name];
  if (peer === undefined) throw new Error(`there is no peer "${name}"`);
  const folder = await mkdtemp(join(tmpdir(), "mayfly-bench-"));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const commandOf = await peer.prepare(folder).catch(async (error: unknown) => {
    await removeFolder();
    throw error;
  });
  const expected = expectedJson("hello");
  return {
    async call(call) {
      return askProcess(startProcess(commandOf(call)), call, expected);
    },
    close: removeFolder,
  };
}

export interface StartedProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly program: string;
  readonly exited: Promise<unknown[]>;
}

export function startProcess([program, ...args]: readonly [string, ...string[]]): StartedProcess {
  const child = spawn(program, args, { env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" } });
  const exited = once(child, "exit");
  // One that could not be started is told of when it is asked.
  exited.catch(() => undefined);
  return { child, program, exited };
}

/** Gives a process its event, and waits for its answer and its end. @returns when the answer was there */
export async function askProcess(
  { child, program, exited }: StartedProcess,
  call: number,
  expected: readonly string[],
): Promise<number> {
  const event = eventOf(call);
  const answered = firstLine(child.stdout);
  const complaint = text(child.stderr);
  child.stdin.on("error", () => {}); // A child that left before it read says why on stderr.
  child.stdin.end(JSON.stringify(event));
  const [code] = await exited;
  if (code !== 0) throw new Error(`${program} left with ${code}: ${(await complaint).trim()}`);
  const { line, at } = await answered;
  verify(event.n, line, expected);
  return at;
}
