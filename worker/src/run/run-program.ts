import type { Ending, Pipe, SandboxSpec } from "@mayfly/sandbox-addon";
import type { WorkerDeps } from "../deps.ts";

export interface ProgramRun {
  readonly output: Buffer;
  readonly messages: Buffer;
  readonly ending: Ending;
}

/** Runs a program of ours over what somebody uploaded, and ends it where it prints more than it may. */
export async function runProgram(
  { sandboxes, running: atWork }: Pick<WorkerDeps, "sandboxes" | "running">,
  spec: SandboxSpec,
  { maxOutputBytes, maxMessageBytes }: { maxOutputBytes: number; maxMessageBytes: number },
): Promise<ProgramRun> {
  const running = await sandboxes.start(spec);
  atWork.add(running);
  try {
    running.stdin.end();
    const [output, messages] = await Promise.all([
      take(running.stdout, maxOutputBytes, () => running.kill("outputTooLarge")),
      take(running.stderr, maxMessageBytes, () => running.kill("outputTooLarge")),
    ]);
    return { output, messages, ending: await running.ended };
  } finally {
    running.kill("cancelled");
    await running.ended;
    atWork.delete(running);
  }
}

/** @returns what came up to `maxBytes`; the rest is read and thrown away */
async function take(pipe: Pipe, maxBytes: number, onTooMuch: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await pipe.read((chunk) => {
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) chunks.push(chunk);
    else onTooMuch();
  });
  return Buffer.concat(chunks);
}
