import { ISOLATIONS } from "@mayfly/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRig, type Rig } from "./support/rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});
afterAll(() => rig[Symbol.asyncDispose]());

describe.each(ISOLATIONS)(
  "an error of a process that was started by %s names the user's own line",
  (isolation) => {
    const deep =
      'type A = { a: 1 };\n\nexport function fail(x: A): never {\n  throw new RangeError("no " + x.a);\n}\n';

    test.each([
      ["of a CommonJS bundle", ""],
      ["of a bundle that waits at its top level", "await 1;\n"],
    ])("%s", async (_title, before) => {
      await rig.deploy(
        { name: "thrower", isolation },
        {
          "lib/deep.ts": deep,
          "index.ts": `${before}import { fail } from "./lib/deep.ts";\nexport default () => fail({ a: 1 });\n`,
        },
      );
      const { outcome } = await rig.call("thrower");
      expect(outcome).toMatchObject({ kind: "functionError", errorType: "RangeError", errorMessage: "no 1" });
      expect(outcome.stack).toMatch(
        /^RangeError: no 1\n {4}at fail \(\/function\/lib\/deep\.ts:4:9\)\n {4}at .*\/function\/index\.ts:[23]:/,
      );
      expect(outcome.stack).not.toMatch(/\/runtime|node:|\.mayfly/);
    });

    test.each([
      ["a rejection", "export default async () => { await 1; throw new TypeError('later'); };", "later"],
      [
        "a rejection that nobody waits for",
        "export default () => new Promise(() => { setTimeout(() => Promise.reject(new TypeError('loose')), 5); setTimeout(() => {}, 5000); });",
        "loose",
      ],
      [
        "an error in a timer",
        "export default () => new Promise(() => { setTimeout(() => { throw new TypeError('timer'); }, 5); setTimeout(() => {}, 5000); });",
        "timer",
      ],
      ["an error as the code is loaded", "throw new TypeError('load');\nexport default () => 1;", "load"],
    ])("%s", async (_title, code, errorMessage) => {
      const { outcome } = await rig.run(code, { isolation });
      expect(outcome).toMatchObject({ kind: "functionError", errorType: "TypeError", errorMessage });
      expect(outcome.stack).toMatch(/\/function\/index\.ts:1:\d+/);
    });

    test("python's", async () => {
      const { outcome } = await rig.run(
        "def handler(event, context):\n    return event['missing']\n",
        { runtime: "python3", entry: "main.py" },
        {},
      );
      expect(outcome).toMatchObject({ kind: "functionError", errorType: "KeyError" });
      expect(outcome.stack).toMatch(/"\/function\/main\.py", line 2, in handler/);
    });
  },
);

describe("a build that is refused says why", () => {
  test.each<[string, Record<string, string>, RegExp, number | null]>([
    [
      "code that does not parse",
      { "index.ts": "export default () => {\n  let = ;\n};" },
      /Unexpected ";"/,
      2,
    ],
    [
      "a package that did not come along",
      { "index.ts": 'import x from "left-pad";\nexport default () => x;' },
      /left-pad.*package\.json/,
      1,
    ],
    [
      "an import of the host's file",
      { "index.ts": 'import x from "/etc/passwd";\nexport default () => x;' },
      /\/etc\/passwd.*own folder/,
      1,
    ],
    [
      "an import above the folder",
      { "index.ts": 'import x from "../../secret.ts";\nexport default () => x;' },
      /\.\.\/secret.*own folder/,
      1,
    ],
    [
      "a file that is not there",
      { "index.ts": 'import x from "./lib.ts";\nexport default () => x;' },
      /no such file/,
      1,
    ],
    ["an entry that is not there", { "main.ts": "" }, /index\.ts.*no such file/, null],
  ])("%s", async (_title, files, text, line) => {
    const reply = await rig.build({}, files);
    expect(reply.built).toBe(false);
    if (reply.built) return;
    expect(reply.errors[0]?.text).toMatch(text);
    expect(reply.errors[0]?.line ?? null).toBe(line);
    if (line !== null) expect(reply.errors[0]?.file).toBe("index.ts");
  });

  test("the bundler sees nothing of the host, whatever it is asked to read", async () => {
    for (const path of ["/etc/hostname.txt", "/root/x.json", "/proc/self/environ"]) {
      const reply = await rig.build(
        {},
        {
          "index.js": `module.exports = require(${JSON.stringify(path)});`,
          "index.ts": 'export { default } from "./index.js";',
        },
      );
      expect(reply.built, path).toBe(false);
    }
  });

  test.each<[string, string, Record<string, string>]>([
    ["as text", 'export { default } from "/proc/self/environ" with { type: "text" };', {}],
    ["as bytes", 'export { default } from "../proc/version" with { type: "bytes" };', {}],
    [
      "as the source map of a file",
      'export { default } from "./lib.js";',
      { "lib.js": "export default () => 1;\n//# sourceMappingURL=file:///proc/self/environ\n" },
    ],
  ])("a file of the bundler's own sandbox is not taken in %s", async (_title, code, files) => {
    const reply = await rig.build({}, { ...files, "index.ts": code });
    expect(reply).toMatchObject({ built: false, errors: [{ text: expect.stringMatching(/^\/proc\//) }] });
    expect(JSON.stringify(reply)).not.toMatch(/GOMAXPROCS|Linux version/);
  });

  test("a file in the place of the bundler's own folder is left out", async () => {
    const reply = await rig.build({}, { "index.ts": "export default () => 1;", ".mayfly": "x" });
    expect(reply.built).toBe(true);
  });

  test("the same upload gives the same artifact", async () => {
    const files = { "index.ts": "export default () => 1;" };
    expect(await rig.build({}, files)).toEqual(await rig.build({}, files));
  });
});
