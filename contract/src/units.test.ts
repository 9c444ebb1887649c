import { describe, expect, it } from "vitest";
import { formatSize, parseCpuList, parseSize } from "./units.ts";

describe("a size", () => {
  it.each([
    ["0", 0],
    ["512", 512],
    ["512b", 512],
    ["1k", 1024],
    ["128m", 134_217_728],
    ["128M", 134_217_728],
    ["128mb", 134_217_728],
    ["128MiB", 134_217_728],
    ["2g", 2_147_483_648],
    ["1.5g", 1_610_612_736],
    [" 64 m ", 67_108_864],
  ])("%j is %i bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(["", "m", "-1", "-5m", "12 apples", "1t", "128bb", "128ib", "0x10", "1e3", "1..5m", "1,5m", "NaN"])(
    "%j is none",
    (text) => {
      expect(parseSize(text)).toBeNull();
    },
  );

  it("is none where a double cannot hold the bytes exactly", () => {
    expect(parseSize("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseSize("9007199254740992")).toBeNull();
    expect(parseSize("99999999999g")).toBeNull();
  });

  it("is written in the largest unit that divides it, and is read back as the same", () => {
    for (const text of ["0", "1", "1000", "1k", "1536", "3m", "128m", "4g", "5000m"]) {
      const bytes = parseSize(text) ?? Number.NaN;
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }
    expect(formatSize(134_217_728)).toBe("128m");
    expect(formatSize(1024 ** 3)).toBe("1g");
    expect(formatSize(1025)).toBe("1025");
  });
});

describe("a list of CPUs", () => {
  it.each([
    ["0", [0]],
    ["0-2,4", [0, 1, 2, 4]],
    ["4, 0-1", [0, 1, 4]],
    ["1,0-2,1", [0, 1, 2]],
  ])("%j is %j", (text, cpus) => {
    expect(parseCpuList(text)).toEqual(cpus);
  });

  it.each(["", ",", "0,", "2-1", "-1", "0-", "a", "0;1", "99999"])("%j is none", (text) => {
    expect(parseCpuList(text)).toBeNull();
  });
});
