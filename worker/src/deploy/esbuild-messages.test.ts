import { expect, test } from "vitest";
import { takenFromBeyond } from "./beyond-upload.ts";
import { parseEsbuildMessages } from "./esbuild-messages.ts";
import { splitSourceMap } from "./split-source-map.ts";

const PRINTED = `✘ [ERROR] Expected identifier but found ";"

    lib/index.ts:2:8:
      2 │   let = ;
        ╵         ^

▲ [WARNING] Comparison with -0 using the "===" operator will also match 0 [equals-negative-zero]

    index.ts:1:4:
      1 │ if (a === -0) {}
        ╵     ~~~~~~~~

✘ [ERROR] Could not resolve "left-pad"

    index.ts:1:14:
      1 │ import x from "left-pad";
        ╵               ~~~~~~~~~~

  You can mark the path "left-pad" as external to exclude it from the bundle.

✘ [ERROR] Could not read from file: /function

1 error
`;

test("esbuild's messages are read with file, line and column, from 1", () => {
  const { errors, warnings } = parseEsbuildMessages(PRINTED);
  expect(errors[0]).toEqual({
    text: 'Expected identifier but found ";"',
    file: "lib/index.ts",
    line: 2,
    column: 9,
  });
  expect(errors[2]).toEqual({
    text: "Could not read from file: /function",
    file: null,
    line: null,
    column: null,
  });
  expect(warnings).toHaveLength(1);
  expect(warnings[0]?.text).toMatch(/will also match 0$/);
});

test.each([
  ["left-pad", /package did not come.*package\.json.*mayfly deploy/],
  ["@scope/x", /package did not come/],
  ["/etc/passwd", /only files of the function's own folder/],
  ["../../secret.ts", /only files of the function's own folder/],
  ["./lib.ts", /no such file came/],
])("an import of %s that is not there says what to do", (specifier, expected) => {
  const { errors } = parseEsbuildMessages(`✘ [ERROR] Could not resolve "${specifier}"\n\n    a.ts:1:0:\n`);
  expect(errors[0]?.text).toMatch(expected);
  expect(errors[0]?.text).toContain(specifier);
});

test("what is said of a file beyond the upload is an error that tells nothing of its content", () => {
  for (const kind of ["✘ [ERROR]", "▲ [WARNING]"]) {
    const printed = `${kind} Unexpected "SECRET" in source map\n\n    ../proc/2/environ:1:0:\n      1 │ SECRET=1\n`;
    const { errors } = parseEsbuildMessages(printed);
    expect(errors).toMatchObject([
      { text: expect.stringMatching(/^\/proc\/2\/environ is not of/), file: null },
    ]);
    expect(JSON.stringify(errors)).not.toContain("SECRET");
  }
});

test("the analysis tells what a bundle took in from beyond the upload", () => {
  const printed = `
  index.js              9.5kb  100.0%
   ├ ../proc/2/environ  1.6kb   16.6%
   ├ index.ts            186b    1.9%
   └ ../dev/a b           27b    0.3%
`;
  expect(takenFromBeyond(printed).map(({ text }) => text.split(" is not")[0])).toEqual([
    "/proc/2/environ",
    "/dev/a b",
  ]);
});

test("a bundle and its inline source map are taken apart", () => {
  const map = Buffer.from('{"version":3}').toString("base64");
  const output = Buffer.from(`code();\n//# sourceMappingURL=data:application/json;base64,${map}\n`);
  expect(splitSourceMap(output)).toEqual({
    code: Buffer.from("code();\n"),
    map: Buffer.from('{"version":3}'),
  });
  expect(() => splitSourceMap(Buffer.from("code();"))).toThrow("no source map");
});
