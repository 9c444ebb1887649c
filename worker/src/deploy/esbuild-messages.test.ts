import { expect, test } from "vitest";
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

test("a bundle and its inline source map are taken apart", () => {
  const map = Buffer.from('{"version":3}').toString("base64");
  const output = Buffer.from(`code();\n//# sourceMappingURL=data:application/json;base64,${map}\n`);
  expect(splitSourceMap(output)).toEqual({
    code: Buffer.from("code();\n"),
    map: Buffer.from('{"version":3}'),
  });
  expect(() => splitSourceMap(Buffer.from("code();"))).toThrow("no source map");
});
