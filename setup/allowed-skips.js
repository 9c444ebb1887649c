// @ts-check

/**
 * Tests that may be skipped, and why that is no loss. Any other skip fails the run: a suite that silently stops
 * running protects nobody.
 *
 * @type {readonly { test: RegExp, because: string }[]}
 */
export const ALLOWED_SKIPS = [
  {
    test: /^build\/test\/cgroup_delegation_test$/,
    because: "it is about pure cgroup v2, and runs on the v2 machine",
  },
];

/**
 * @param {readonly import("./tally.js").Skip[]} skipped
 * @param {typeof ALLOWED_SKIPS} [allowed]
 */
export function judgeSkips(skipped, allowed = ALLOWED_SKIPS) {
  const judged = skipped.map((skip) => ({
    ...skip,
    because: allowed.find(({ test }) => test.test(skip.name))?.because ?? null,
  }));
  return {
    allowed: judged.filter(({ because }) => because !== null),
    refused: judged.filter(({ because }) => because === null),
  };
}
