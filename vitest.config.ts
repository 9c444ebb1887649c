import { defineConfig } from "vitest/config";

const NEVER = ["**/node_modules/**", "**/build/**"];

/**
 * Two kinds of tests. `unit` stands beside its subject and needs nothing but Node. `machine` needs root, a kernel or a
 * Redis, and measures: its files run one after the other, so that they do not measure each other.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "*/src/**/*.test.ts",
            "functions/**/*.test.ts",
            "bench/*.test.ts",
            "bench/{drivers,machine,report,statistics}/*.test.ts",
            "runtimes/protocol/*.test.ts",
            "setup/*.test.ts",
          ],
          exclude: NEVER,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "machine",
          include: ["*/test/**/*.test.ts", "test/**/*.test.ts"],
          exclude: NEVER,
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
