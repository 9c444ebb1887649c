/** What the command's status tells a script; `mayfly --help` prints this table. */
export const EXIT = {
  ok: 0,
  functionFailed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  mayflyFailed: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, "it worked"],
  [EXIT.functionFailed, "the function failed, or a check did: its outcome says how"],
  [EXIT.usage, "the command was not understood, or a file it names cannot be used"],
  [EXIT.refused, "the gateway refused: a bad manifest, an unknown name, no permission"],
  [EXIT.unreachable, "no gateway answers at MAYFLY_URL"],
  [EXIT.mayflyFailed, "Mayfly itself failed (no worker, Redis gone, worker lost): try again"],
  [EXIT.interrupted, "ended by Ctrl-C"],
];
