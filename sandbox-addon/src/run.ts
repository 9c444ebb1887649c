import { randomBytes } from "node:crypto";
import { type LimitsInput, limitsInputSchema, resolveLimits } from "@mayfly/contract";
import { hostSystem } from "./host-system.ts";
import { openSandboxes } from "./open.ts";
import type { Ending, Pipe, RootStep, Running, Sandboxes, SandboxSpec, Wall } from "./types.ts";

export interface RunOptions {
  /** Absolute path in the sandbox, then the arguments. */
  readonly argv: readonly string[];
  /** What the sandbox's root is made of; default: the host's programs and libraries (`hostSystem()`). */
  readonly root?: readonly RootStep[];
  /** In docker run's names and units, such as `{ memory: "64m", cpus: 0.5, timeoutMs: 5000 }`. */
  readonly limits?: LimitsInput;
  /** The whole environment; default: PATH, HOME and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: `/tmp`. */
  readonly cwd?: string;
  /** Default: `sandbox`. */
  readonly hostname?: string;
  /** What the program reads on its standard input; default: nothing. */
  readonly input?: string | Uint8Array;
  /** Output of one stream past this ends the run as `outputTooLarge`; default: 16 MiB. */
  readonly maxOutputBytes?: number;
  /** Default: `exec`. */
  readonly seccomp?: SandboxSpec["seccomp"];
  /** Ends the run as `cancelled`. */
  readonly signal?: AbortSignal;
  /** Where to run; default: sandboxes that are opened for this run alone. */
  readonly sandboxes?: Sandboxes;
  /** Walls to do without, where sandboxes are opened for this run. */
  readonly allowWithout?: readonly Wall[];
}

export interface RunResult extends Ending {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

const DEFAULT_ENV = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/tmp", LANG: "C.UTF-8" };
const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** `nobody` on most hosts owns files; this one owns nothing. */
const UNUSED_HOST_UID = 65_533;

/**
 * Runs a program in namespaces and a cgroup of its own, and gives what it wrote, how it ended and what it used.
 *
 * @throws SandboxError where the sandbox could not be set up; what the program did is in the result
 * @example
 * const { stdout, exitCode, counters } = await run({ argv: ["/bin/echo", "hello"], limits: { memory: "32m" } });
 */
export async function run(options: RunOptions): Promise<RunResult> {
  if (options.sandboxes !== undefined) return runIn(options.sandboxes, options);
  const sandboxes = await openSandboxes({
    cgroupParent: "mayfly",
    workerId: `run-${process.pid}-${randomBytes(4).toString("hex")}`,
    allowWithout: options.allowWithout ?? [],
    hostUid: UNUSED_HOST_UID,
    debugHoldMs: 0,
  });
  try {
    return await runIn(sandboxes, options);
  } finally {
    await sandboxes.close();
  }
}

async function runIn(sandboxes: Sandboxes, options: RunOptions): Promise<RunResult> {
  const running = await sandboxes.start({
    argv: options.argv,
    env: options.env ?? DEFAULT_ENV,
    cwd: options.cwd ?? "/tmp",
    hostname: options.hostname ?? "sandbox",
    root: options.root ?? (await hostSystem()),
    limits: resolveLimits(limitsInputSchema.parse(options.limits ?? {})),
    control: "none",
    seccomp: options.seccomp ?? "exec",
  });
  const cancel = () => running.kill("cancelled");
  options.signal?.addEventListener("abort", cancel, { once: true });
  if (options.signal?.aborted) cancel();
  if (options.input !== undefined) running.stdin.write(Buffer.from(options.input));
  running.stdin.end();
  const maxBytes = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const [stdout, stderr, ending] = await Promise.all([
    collect(running, running.stdout, maxBytes),
    collect(running, running.stderr, maxBytes),
    running.ended,
  ]);
  options.signal?.removeEventListener("abort", cancel);
  return { ...ending, stdout, stderr };
}

async function collect(running: Running, pipe: Pipe, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await pipe.read((chunk) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else running.kill("outputTooLarge");
  });
  return Buffer.concat(chunks);
}
