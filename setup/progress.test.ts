import { expect, test } from "vitest";
import { createSteps } from "./progress.js";

function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { written, out: { isTTY, columns: 40, write: (text: string) => written.push(text) } };
}

test("plain lines: what takes long is announced once, and each step ends with its time", async () => {
  const { written, out } = recorder(false);
  const value = await createSteps(out)(
    "npm packages",
    (say) => {
      say("npm ci");
      say("added 1 package");
      return 312;
    },
    (count) => `installed ${count}`,
  );
  expect(value).toBe(312);
  expect(written[0]).toBe("… npm packages     npm ci\n");
  expect(written[1]).toMatch(/^✓ npm packages {5}installed 312 \(0\.\d s\)\n$/);
  expect(written).toHaveLength(2);
});

test("a terminal's line moves within its width, and leaves the result", async () => {
  const { written, out } = recorder(true);
  await createSteps(out)("native parts", async (say) => {
    say("compiling sandbox-addon with a very long line that the terminal would wrap");
    await new Promise((resolve) => setTimeout(resolve, 250));
    return "built";
  });
  expect(written[0]?.startsWith("\r\u001b[K")).toBe(true);
  expect(written[0]).toMatch(/. native parts {5}0\.\d s compiling/);
  for (const text of written.slice(0, -1)) expect(text.length).toBeLessThanOrEqual(4 + 39);
  expect(written.at(-1)).toMatch(/✓ native parts {5}built \(0\.\d s\)\n$/);
});

test("a step that fails says so, and its error goes on", async () => {
  const { written, out } = recorder(false);
  const failing = createSteps(out)("redis", () => Promise.reject(new Error("too old")));
  await expect(failing).rejects.toThrow("too old");
  expect(written.at(-1)).toMatch(/^✗ redis {12}failed \(0\.\d s\)\n$/);
});
