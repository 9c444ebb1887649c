import type { SandboxErrorFacts } from "./types.ts";

/** What we, not the program in the sandbox, failed at. */
export type SandboxErrorCode =
  /** The native addon or the launcher program is not there, or does not load. */
  | "notBuilt"
  /** The launcher refused to open, or could not be started. */
  | "openFailed"
  /** A wall or limit cannot be enforced here, and `allowWithout` does not name it. */
  | "cannotEnforce"
  /** Setting up one sandbox failed at `step`; nothing of it is left. */
  | "stepFailed"
  /** A zygote could not be started. */
  | "zygoteFailed"
  /** A zygote ended before it had made a copy: nothing of the caller's has run. */
  | "zygoteLost"
  /** A folder could not be loaded or dropped as a tree. */
  | "treeFailed"
  /** What was asked for makes no sense, such as a relative path. */
  | "invalidSpec"
  /** The launcher has ended unexpectedly. Open anew. */
  | "launcherLost"
  /** `close` was called. */
  | "closed";

/** Thrown where we failed. The message names the subject and the reason, and then the remedy. */
export class SandboxError extends Error implements SandboxErrorFacts {
  override readonly name = "SandboxError";
  readonly code: SandboxErrorCode;
  /** Such as `attach /proc`; empty where no step was under way. */
  readonly step: string;
  /** Which of the set-up's steps, from 0; -1 where it was none of them. */
  readonly index: number;
  /** Such as `EPERM`; empty where the kernel was not asked. */
  readonly errno: string;
  /** The message without the remedy. */
  readonly reason: string;
  /** What to do about it; null where we do not know. */
  readonly remedy: string | null;

  constructor(
    code: SandboxErrorCode,
    reason: string,
    facts: Partial<SandboxErrorFacts> & { remedy?: string | undefined; cause?: unknown } = {},
  ) {
    const message = facts.remedy === undefined ? reason : `${reason} ${facts.remedy}`;
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.step = facts.step ?? "";
    this.index = facts.index ?? -1;
    this.errno = facts.errno ?? "";
    this.reason = reason;
    this.remedy = facts.remedy ?? null;
  }
}
