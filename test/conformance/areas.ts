import type { Questions } from "./functions/answers.ts";
import { questions as children } from "./functions/children.ts";
import { questions as concurrency } from "./functions/concurrency.ts";
import { questions as cryptography } from "./functions/cryptography.ts";
import { questions as diagnostics } from "./functions/diagnostics.ts";
import { questions as files } from "./functions/files.ts";
import { questions as language } from "./functions/language.ts";
import { questions as network } from "./functions/network.ts";
import { questions as proc } from "./functions/proc.ts";
import { questions as ofProcess } from "./functions/process.ts";
import { questions as time } from "./functions/time.ts";
import { questions as webassembly } from "./functions/webassembly.ts";

/** By the name of the function that is asked: `functions/<name>.ts`. */
export const AREAS: Readonly<Record<string, Questions>> = {
  process: ofProcess,
  time,
  files,
  cryptography,
  network,
  concurrency,
  children,
  language,
  diagnostics,
  webassembly,
  proc,
};
