import { readFile } from "node:fs/promises";
import type { InvocationRecord, Isolation } from "@mayfly/contract";
import { invocationIdOf, type System } from "../support/system.ts";
import type { Answer } from "./functions/answers.ts";

const FUNCTIONS = new URL("functions/", import.meta.url);
/** An addon with the interface that is the same in every Node: the runner's own serves as well as any. */
const ADDON = new URL("../../runtimes/nodejs/build/runner/oom.node", import.meta.url);
const PATIENCE_MS = 20_000;

export type Answers = Readonly<Record<string, Answer>>;

/** Deploys `functions/<area>.ts` to be started in one way. @returns its name */
export async function deployArea(system: System, area: string, isolation: Isolation): Promise<string> {
  const source = (name: string) => readFile(new URL(name, FUNCTIONS), "utf8");
  const name = `${area}-${isolation}`;
  await system.deploy(
    {
      name,
      runtime: "nodejs24",
      entry: `${area}.ts`,
      isolation,
      limits: { memory: "512m", timeoutMs: 60_000, tmpfsSize: "128m", cpus: 2, pidsLimit: 200 },
    },
    {
      [`${area}.ts`]: await source(`${area}.ts`),
      "answers.ts": await source("answers.ts"),
      "addon.node": { base64: (await readFile(ADDON)).toString("base64"), mode: "755" },
    },
  );
  return name;
}

/** Asks a deployed area everything. */
export async function ask(
  system: System,
  name: string,
  isolation: Isolation,
  event: unknown = {},
): Promise<Answers> {
  const { answer, record } = await untilStartedBy(isolation, () => system.call(name, event), system);
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${await answer.text()}`);
  return record.result as Answers;
}

/**
 * Calls until the process was started as it should be: the first calls of a runtime boot, while there is no zygote yet.
 */
export async function untilStartedBy(
  isolation: Isolation,
  call: () => Promise<Response>,
  system: System,
): Promise<{ answer: Response; record: InvocationRecord }> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await call();
    const record = await system.record(invocationIdOf(answer));
    if (record.receipt?.isolation === isolation) return { answer, record };
    if (Date.now() > until)
      throw new Error(`${record.function} was started by ${record.receipt?.isolation}, not by ${isolation}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
