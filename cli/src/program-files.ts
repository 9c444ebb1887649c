import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));

/** The programs are started as files, never imported: the CLI runs where neither of them can. */
export const PROGRAMS = {
  gateway: fileURLToPath(new URL("../../gateway/src/main.ts", import.meta.url)),
  worker: fileURLToPath(new URL("../../worker/src/main.ts", import.meta.url)),
} as const;

export type ProgramName = keyof typeof PROGRAMS;
