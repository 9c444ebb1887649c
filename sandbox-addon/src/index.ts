export { SandboxError, type SandboxErrorCode } from "./errors.ts";
export { hostSystem } from "./host-system.ts";
export { openSandboxes } from "./open.ts";
export { type Probe, type ProbeOptions, probe } from "./probe.ts";
export { type RunOptions, type RunResult, run } from "./run.ts";
export type * from "./types.ts";
export { WALLS } from "./types.ts";
