import { expect, test } from "vitest";
import { NEEDS } from "./needs.js";
import { byHand, missingFor } from "./system-packages.js";

test("what is there is not asked for, and what is missing is named as each package manager names it", () => {
  const missing = missingFor("run", (evidence) => !("file" in evidence));
  expect(missing).toMatchObject([{ apt: "libseccomp-dev", dnf: "libseccomp-devel", pacman: "libseccomp" }]);
  expect(missingFor("run", () => true)).toEqual([]);
});

test("the tests need all that running needs, and more", () => {
  expect(NEEDS.test).toEqual(expect.arrayContaining(NEEDS.run));
  expect(NEEDS.test.map(({ apt }) => apt)).toEqual(expect.arrayContaining(["prometheus", "qemu-system-x86"]));
});

test("what has to be installed by hand is told with the exact command", () => {
  expect(byHand(["redis", "gcc-c++"], "dnf install -y redis gcc-c++")).toMatch(
    /^redis, gcc-c\+\+ are missing\. Install with: (sudo )?dnf install -y redis gcc-c\+\+$/,
  );
});
