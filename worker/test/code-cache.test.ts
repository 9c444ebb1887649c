import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

/** Asks V8 itself whether it takes what lies beside the bundle that it is part of. */
const asking = (isolation: string) => `
import { existsSync, readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
const PATH = "/function/.mayfly/bundle.cjs";
export default (n: number) => {
  const answer = { sum: n + 1, words: words.length };
  if (!existsSync(PATH + ".cache")) return { ...answer, rejected: null };
  const parameters = ["exports", "require", "module", "__filename", "__dirname"];
  const compiled = compileFunction(readFileSync(PATH, "utf8"), parameters, { cachedData: readFileSync(PATH + ".cache") });
  return { ...answer, rejected: compiled.cachedDataRejected };
};
const words = ${JSON.stringify(`words by ${isolation} `.repeat(1000).split(" "))};
`;

test.each(ISOLATIONS)(
  "a bundle that is called again is compiled ahead, and V8 takes it where processes start by %s",
  async (isolation) => {
    const name = `asks-${isolation}`;
    await rig.deploy({ name, isolation, limits: { memory: "96m" } }, { "index.ts": asking(isolation) });
    expect((await rig.call(name, 1)).result).toEqual({ sum: 2, words: 3001, rejected: null });
    const next = async () => (await rig.call(name, 41)).result;
    await expect.poll(next, { timeout: 20_000 }).toMatchObject({ rejected: false });
    expect(await next()).toEqual({ sum: 42, words: 3001, rejected: false });
    expect(rig.starts.at(-1)?.start.how === "boot").toBe(isolation === "exec");
  },
);
