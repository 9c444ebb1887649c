import { join } from "node:path";
import { RUNNERS } from "./paths.ts";

const BUILD = {
  nodejs: join(import.meta.dirname, "../nodejs/build"),
  python3: join(import.meta.dirname, "../python3/build"),
};

/**
 * What a zygote sees as its runtime, in the place and under the names of the runner's: a copy's command line reads as
 * that of a boot. It is started with the arguments of a boot too.
 */
export const ZYGOTES = {
  nodejs: { folder: join(BUILD.nodejs, "zygote"), target: RUNNERS.nodejs.target, main: RUNNERS.nodejs.main },
  python3: {
    folder: join(BUILD.python3, "zygote"),
    target: RUNNERS.python3.target,
    main: RUNNERS.python3.main,
  },
} as const;

/**
 * A function that tries what could break in a copy: a folder to be mounted as a function's, and its file.
 *
 * Called with null it answers with a `SelfTestResult`; what two calls draw has to differ. Called with one of its `ends`
 * it does not answer, but ends with that code.
 */
export interface SelfTest {
  readonly folder: string;
  readonly file: string;
  readonly ends: readonly SelfTestEnd[];
}

export interface SelfTestEnd {
  /** The word for a way in which this runtime can end. */
  readonly end: string;
  readonly code: number;
}

export const SELF_TESTS: Readonly<Record<keyof typeof ZYGOTES, SelfTest>> = {
  nodejs: {
    folder: join(BUILD.nodejs, "self-test"),
    file: "self-test.cjs",
    ends: [
      { end: "exit", code: 7 },
      { end: "emptyLoop", code: 5 },
    ],
  },
  python3: {
    folder: join(BUILD.python3, "self-test"),
    file: "self_test.py",
    ends: [
      { end: "exit", code: 7 },
      { end: "atexit", code: 5 },
    ],
  },
};

export interface SelfTestResult {
  readonly ok: boolean;
  readonly failures: readonly string[];
  /** By source, what this run drew. */
  readonly drawn: Readonly<Record<string, string>>;
}

/** What makes calls by a fork cheaper, or sooner. */
export interface ZygoteTuning {
  /** Node's code and constants in huge pages: memory that zygotes do not share with each other. */
  readonly hugePages: boolean;
  /** V8's pages side by side instead of at random places each. */
  readonly compactHeap: boolean;
  /** A copy goes through a call before it says that it is parked: its own is answered sooner, for more work in all. */
  readonly rehearsedCopies?: boolean;
}

/** What the environment of Node's zygote holds besides a boot's own (`PATH`, `HOME`, `LANG`, `TZ` …), which it should have too. */
export function zygoteEnvironment({
  hugePages,
  compactHeap,
  rehearsedCopies = false,
}: ZygoteTuning): Record<string, string> {
  // Node's own pool idles in a zygote, and the thread that waits for a debugger would be missing in every copy. Given
  // this way, they are no arguments that a copy would show.
  return {
    NODE_OPTIONS: "--v8-pool-size=1 --disable-sigusr1",
    // Every symbol is looked up now, and not by every copy that is the first to need it.
    LD_BIND_NOW: "1",
    ...(hugePages ? { MAYFLY_HUGE_PAGES: "1" } : {}),
    ...(rehearsedCopies ? { MAYFLY_REHEARSE_COPIES: "1" } : {}),
    ...(compactHeap ? { LD_PRELOAD: `${ZYGOTES.nodejs.target}/mmap-hints.so` } : {}),
  };
}

/** Read by a runtime, its libraries or the loader as they start, and never again. */
const READ_AT_BOOT = /^(NODE_|LD_|LC_|LANG$|LANGUAGE$|OPENSSL_|SSL_CERT_|ICU_|MALLOC_|GLIBC_|UV_)/;

/** What begins like them, and is looked up whenever it is needed. */
const READ_LATER = new Set(["NODE_ENV", "NODE_TLS_REJECT_UNAUTHORIZED"]);

/** True where a copy would not heed what the environment asks for: such a function has to boot. */
export function isHeededAtBootOnly(
  environment: Readonly<Record<string, string>>,
  ofZygote: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(environment).some(
    ([name, value]) => READ_AT_BOOT.test(name) && !READ_LATER.has(name) && ofZygote[name] !== value,
  );
}
