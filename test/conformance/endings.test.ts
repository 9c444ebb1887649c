import { ISOLATIONS, type Isolation } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { invocationIdOf, type System, startSystem } from "../support/system.ts";
import { untilStartedBy } from "./deploy-asking.ts";
import { ENDINGS, type Ending } from "./endings.ts";

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

describe("a fork ends as a boot does", () => {
  test.each(Object.entries(ENDINGS))("%s", async (title, ending) => {
    const name = title
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .slice(0, 50)
      .replace(/^-|-$/g, "");
    const [boot, fork] = await Promise.all(ISOLATIONS.map((isolation) => end(name, ending, isolation)));
    if (ending.forksKind === undefined) expect(fork).toEqual(boot);
    else expect([boot?.outcome?.kind, fork?.outcome?.kind], ending.why).toEqual(["ok", ending.forksKind]);
  });
});

async function end(title: string, { code, limits = {}, log }: Ending, isolation: Isolation) {
  const name = `${title}-${isolation}`;
  await system.deploy(
    { name, runtime: "nodejs24", entry: "index.cjs", isolation, limits },
    { "index.cjs": `exports.default = async (event, context) => { ${code} };\n` },
  );
  const { answer, record } = await untilStartedBy(isolation, () => system.call(name, {}), system);
  const { lines } = await system.logs(invocationIdOf(answer));
  // Which stream was read first says nothing. A Node that warns names its pid, which is 2 in any case.
  const said = lines.map(({ stream, text }) => `${stream}: ${text}`);
  return {
    status: answer.status,
    outcome: record.outcome,
    result: record.result,
    log: log === "varies" ? lines.length > 0 : said.sort(),
  };
}
