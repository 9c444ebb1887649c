import { stat } from "node:fs/promises";
import { type CgroupMode, cgroupWrites, type Limits } from "@mayfly/contract";
import { SandboxError } from "./errors.ts";
import type { StartMessage } from "./messages.ts";
import { rlimitsOf } from "./rlimits.ts";
import type { RootStep, SandboxSpec } from "./types.ts";

/** The longest that a kernel takes for a host's name (HOST_NAME_MAX). */
const HOSTNAME_BYTES = 64;

/**
 * Turns what the caller asked for into what the launcher carries out. The launcher takes it as it is, so everything is
 * checked here.
 *
 * @throws SandboxError `invalidSpec`
 */
export async function toStartMessage(
  id: number,
  spec: SandboxSpec,
  host: { readonly cgroupMode: CgroupMode; readonly seccomp: boolean },
): Promise<StartMessage> {
  const requestedNs = Number(process.hrtime.bigint());
  const version = host.cgroupMode === "v2" ? "v2" : "v1";
  return {
    id,
    requestedNs,
    argv: checkArgv(spec.argv),
    env: Object.entries(spec.env).map(toVariable),
    cwd: checkPath("cwd", spec.cwd),
    hostname: checkHostname(spec.hostname),
    root: spec.root.map(toRootStep),
    cgroupWrites: cgroupWrites(spec.limits, version, await deviceNumbers(spec.limits)),
    rlimits: rlimitsOf(spec.limits),
    tmpfsBytes: spec.limits.tmpfsBytes,
    tmpfsInodes: spec.limits.tmpfsInodes,
    timeoutMs: spec.limits.timeoutMs,
    cpuTimeMs: spec.limits.cpuTimeMs,
    hasControl: spec.control === "channel",
    filter: host.seccomp ? spec.seccomp : "",
  };
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
