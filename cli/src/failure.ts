import { EXIT, type ExitCode } from "./exit-codes.ts";

/** Ends a command with a sentence for people and a code for scripts. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;
  /** A stable word for `--json`: the gateway's own code, or ours. */
  readonly code: string;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(
    exitCode: ExitCode,
    code: string,
    message: string,
    options: { facts?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = exitCode;
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

export function usageFailure(message: string): Failure {
  return new Failure(EXIT.usage, "usage", message);
}
