import { stat } from "node:fs/promises";
import { type CgroupMode, cgroupWrites, type Limits } from "@mayfly/contract";
import { SandboxError } from "./errors.ts";
import type { CallMessage, ForkMessage, OpenZygoteMessage, StartMessage } from "./messages.ts";
import { rlimitsOf } from "./rlimits.ts";
import type { ForkSpec, RootStep, SandboxSpec, ZygoteSpec } from "./types.ts";

/** The longest that a kernel takes for a host's name (HOST_NAME_MAX). */
const HOSTNAME_BYTES = 64;

/** What messages depend on, besides what was asked for. */
interface Host {
  readonly cgroupMode: CgroupMode;
  readonly seccomp: boolean;
}

/**
 * Turns what the caller asked for into what the launcher carries out. The launcher takes it as it is, so everything is
 * checked here, as in the others below.
 *
 * @throws SandboxError `invalidSpec`
 */
export async function toStartMessage(id: number, spec: SandboxSpec, host: Host): Promise<StartMessage> {
  return {
    id,
    ...toCall(spec, host, await deviceNumbers(spec.limits)),
    argv: checkArgv(spec.argv),
    root: spec.root.map(toRootStep),
    hasControl: spec.control === "channel",
    filter: filterOf(spec, host),
  };
}

export function toOpenZygoteMessage(id: number, spec: ZygoteSpec, host: Host): OpenZygoteMessage {
  return {
    id,
    argv: checkArgv(spec.argv),
    env: Object.entries(spec.env).map(toVariable),
    root: spec.root.map(toRootStep),
    filter: filterOf(spec, host),
  };
}

export async function toForkMessage(
  id: number,
  zygote: number,
  spec: ForkSpec,
  host: Host,
): Promise<ForkMessage> {
  return {
    id,
    zygote,
    ...toCall(spec, host, await deviceNumbers(spec.limits)),
    attach: spec.attach.map(({ tree, target }) => ({ tree, target: checkPath("target of attach", target) })),
  };
}

function toCall(
  { env, cwd, hostname, limits }: Pick<SandboxSpec, "env" | "cwd" | "hostname" | "limits">,
  host: Host,
  devices: Readonly<Record<string, string>>,
): CallMessage {
  return {
    requestedNs: Number(process.hrtime.bigint()),
    env: Object.entries(env).map(toVariable),
    cwd: checkPath("cwd", cwd),
    hostname: checkHostname(hostname),
    cgroupWrites: cgroupWrites(limits, host.cgroupMode === "v2" ? "v2" : "v1", devices),
    rlimits: rlimitsOf(limits),
    tmpfsBytes: limits.tmpfsBytes,
    tmpfsInodes: limits.tmpfsInodes,
    timeoutMs: limits.timeoutMs,
    cpuTimeMs: limits.cpuTimeMs,
  };
}

function filterOf({ seccomp }: Pick<SandboxSpec, "seccomp">, host: Host): string {
  return host.seccomp ? seccomp : "";
}

function checkArgv(argv: readonly string[]): readonly string[] {
  const [program] = argv;
  if (program === undefined) throw invalid("argv is empty; its first item is the program's absolute path");
  checkPath("argv[0]", program);
  for (const argument of argv) refuseNul("an argument", argument);
  return argv;
}

function toVariable([name, value]: [string, string]): string {
  refuseNul("an environment variable", name + value);
  if (name === "" || name.includes("=")) throw invalid(`${JSON.stringify(name)} is no name of a variable`);
  return `${name}=${value}`;
}

function checkHostname(hostname: string): string {
  refuseNul("hostname", hostname);
  if (Buffer.byteLength(hostname) > HOSTNAME_BYTES) {
    throw invalid(`hostname is longer than ${HOSTNAME_BYTES} bytes`);
  }
  return hostname;
}

function toRootStep(step: RootStep): { kind: string; target: string; value: string } {
  const target = checkPath(`target of ${step.kind}`, step.target);
  switch (step.kind) {
    case "bind":
      return { kind: step.kind, target, value: checkPath("source of bind", step.source) };
    case "tree":
      return { kind: step.kind, target, value: step.tree };
    case "directory":
      return { kind: step.kind, target, value: "" };
    case "symlink":
      refuseNul("a link", step.to);
      return { kind: step.kind, target, value: step.to };
    case "file":
      return { kind: step.kind, target, value: step.content };
  }
}

/** Absolute, and nowhere "..": what is meant is what is written. */
function checkPath(what: string, path: string): string {
  refuseNul(what, path);
  if (!path.startsWith("/") || path.split("/").includes("..")) {
    throw invalid(`${what} must be an absolute path without "..", and is ${JSON.stringify(path)}`);
  }
  return path;
}

function refuseNul(what: string, text: string): void {
  if (text.includes("\0")) throw invalid(`${what} holds a NUL byte, where the kernel would end it`);
}

const invalid = (reason: string) => new SandboxError("invalidSpec", `Not a sandbox to be had: ${reason}.`);

/** `major:minor` of the block devices that the limits name. */
async function deviceNumbers(limits: Limits): Promise<Record<string, string>> {
  const rates = [
    limits.deviceReadBps,
    limits.deviceWriteBps,
    limits.deviceReadIops,
    limits.deviceWriteIops,
  ].flat();
  const numbers: Record<string, string> = {};
  for (const { device } of rates) {
    const status = await stat(device).catch(() => undefined);
    if (status?.isBlockDevice()) numbers[device] = toDeviceNumber(status.rdev);
  }
  return numbers;
}

/** glibc's major(3) and minor(3). */
function toDeviceNumber(rdev: number): string {
  const wide = BigInt(rdev);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & ~0xfffn);
  const minor = (wide & 0xffn) | ((wide >> 12n) & ~0xffn);
  return `${major}:${minor}`;
}
