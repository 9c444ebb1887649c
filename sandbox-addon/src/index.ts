export { SandboxError, type SandboxErrorCode } from "./errors.ts";
export { openSandboxes } from "./open.ts";
export type * from "./types.ts";
export { WALLS } from "./types.ts";
