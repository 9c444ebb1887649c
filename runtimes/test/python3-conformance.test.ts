import { readFile } from "node:fs/promises";
import { ISOLATIONS, type Isolation } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { untilStartedBy } from "../../test/conformance/deploy-asking.ts";
import { type System, startSystem } from "../../test/support/system.ts";

const FUNCTIONS = new URL("python3/", import.meta.url);
const LIMITS = {
  memory: "256m",
  timeoutMs: 30_000,
  tmpfsSize: "64m",
  pidsLimit: 100,
  cpus: 2,
  ulimits: { stack: { soft: 768 * 1024, hard: 768 * 1024 } },
};
/** Longer than it takes to park a copy, and longer than a clock that was not set anew could hide. */
const PARKED_FOR_MS = 1500;
const SIBLINGS = 20;
const IN_FLIGHT = 4;
const REPOSITORY = new URL("../..", import.meta.url).pathname;
const HIDDEN_VALUE = "in-the-environment-of-the-worker";

let system: System;
beforeAll(async () => {
  system = await startSystem({ OF_THE_WORKER: HIDDEN_VALUE });
});
afterAll(() => system[Symbol.asyncDispose]());

/** Deploys `python3/<file>.py` to be started in one way. @returns what calls it, once it is started so */
async function deploy(file: string, isolation: Isolation, more: Readonly<Record<string, string>> = {}) {
  const name = `${file}-${isolation}`;
  const entry = `${file}.py`;
  const source = await readFile(new URL(entry, FUNCTIONS), "utf8");
  // Both have its name as their hostname.
  await system.deploy(
    { name, runtime: "python3", entry, isolation, limits: LIMITS },
    { [entry]: source, ...more },
  );
  return async (event: unknown = null) => {
    const { record } = await untilStartedBy(isolation, () => system.call(name, event), system);
    return record;
  };
}

describe("a copy of a zygote answers as a boot does", async () => {
  const source = await readFile(new URL("answers.py", FUNCTIONS), "utf8");
  const questions = [...source.matchAll(/^@question\ndef (\w+)/gm)].map(([, name]) => name ?? "");
  let boot: Record<string, unknown>;
  let fork: Record<string, unknown>;
  let parked: Record<string, unknown>;
  beforeAll(async () => {
    const answersOf = async (isolation: Isolation) => {
      const call = await deploy("answers", isolation);
      return async () => JSON.parse(JSON.stringify((await call()).result).replaceAll(`-${isolation}`, ""));
    };
    boot = await (await answersOf("exec"))();
    const ask = await answersOf("fork");
    fork = await ask();
    await new Promise((resolve) => setTimeout(resolve, PARKED_FOR_MS));
    parked = await ask();
  });

  test("a thread's stack is as large as the limit says", () => {
    expect(fork["stack_of_a_thread"]).toBe(LIMITS.ulimits.stack.soft);
  });

  test.each(questions)("%s", (question) => {
    expect(boot[question]).not.toHaveProperty("raised");
    expect(boot[question]).toBeDefined();
    expect(fork[question]).toEqual(boot[question]);
    expect(parked[question]).toEqual(boot[question]);
  });
});

describe("a copy of a zygote ends as a boot does", async () => {
  const source = await readFile(new URL("endings.py", FUNCTIONS), "utf8");
  const endings = [...source.matchAll(/^def (\w+)\(\):/gm)].map(([, name]) => name ?? "");
  let calls: Record<Isolation, (event: unknown) => Promise<{ id: string; outcome: unknown }>>;
  beforeAll(async () => {
    calls = { exec: await deploy("endings", "exec"), fork: await deploy("endings", "fork") };
  });
  const endOf = async (isolation: Isolation, ending: string) => {
    const { id, outcome, result } = (await calls[isolation](ending)) as {
      id: string;
      outcome: unknown;
      result?: unknown;
    };
    const { lines } = await system.logs(id);
    const printed = lines.map(({ stream, text }) => `${stream}: ${text}`);
    return { outcome, result, printed: printed.sort() };
  };

  test.each(endings)("%s", async (ending) => {
    // The main file has another line of the same text.
    const comparable = (end: unknown) =>
      JSON.stringify(end).replaceAll(/runner.py\\", line \d+/g, "runner.py");
    const expected = JSON.parse(comparable(await endOf("exec", ending)));
    expect(JSON.parse(comparable(await endOf("fork", ending)))).toEqual(expected);
  });
});

test(`no two of ${SIBLINGS} siblings draw alike`, async () => {
  const call = await deploy("siblings", "fork");
  const siblings: Record<string, unknown>[] = [];
  while (siblings.length < SIBLINGS) {
    const records = await Promise.all(Array.from({ length: IN_FLIGHT }, () => call()));
    siblings.push(...records.map(({ result }) => result as Record<string, unknown>));
  }
  for (const source of Object.keys(siblings[0] ?? {})) {
    const drawn = siblings.map((sibling) => sibling[source]);
    expect({ source, distinct: new Set(drawn).size }).toEqual({ source, distinct: SIBLINGS });
  }
});

test.each(ISOLATIONS)(
  "started by %s, a module of the function's own goes before Python's",
  async (isolation) => {
    const own = { "base64.py": "OWN = True\n", "calendar/__init__.py": "OWN = True\n" };
    expect((await (await deploy("namesakes", isolation, own))()).result).toEqual([true, true]);
  },
);

describe.each(ISOLATIONS)("a process that was started by %s", (isolation) => {
  test("holds nothing of the launch, of the worker or of the host, in /proc or in its memory", async () => {
    const halved = (text: string) => [text.slice(0, text.length / 2), text.slice(text.length / 2)];
    const call = await deploy("traces", isolation);
    const hidden = [REPOSITORY, system.dataDir, HIDDEN_VALUE, "MAYFLY_REDIS_URL", "OF_THE_WORKER"];
    expect((await call(hidden.map(halved))).result).toEqual([]);
    const there = JSON.stringify(
      (await call(["/runtime/python3", "MAYFLY_INVOCATION_ID"].map(halved))).result,
    );
    expect(there).toContain("/runtime|/python3");
    expect(there).toContain("MAYFLY_INV|OCATION_ID");
  });
});
