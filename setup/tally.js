// @ts-check

/**
 * What a suite came to.
 *
 * @typedef {{ name: string, reason: string }} Skip
 * @typedef {{ passed: number, failed: number, skipped: Skip[] }} Tally
 */

/** @returns {Tally} */
export const nothing = () => ({ passed: 0, failed: 0, skipped: [] });

/** @param {readonly Tally[]} tallies @returns {Tally} */
export function sum(tallies) {
  const total = nothing();
  for (const { passed, failed, skipped } of tallies) {
    total.passed += passed;
    total.failed += failed;
    total.skipped.push(...skipped);
  }
  return total;
}

/** The last line of `npm test`. @param {Tally} tally */
export function tallyLine({ passed, failed, skipped }) {
  const more = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  return `${passed} passed, ${failed} failed${more}`;
}

/**
 * Reads TAP (https://testanything.org/tap-version-14-specification.html): `ok 1 - sentence`, `not ok 2 - sentence`,
 * `ok 3 - sentence # SKIP reason`, and of each program its plan `1..3`, or
 * `1..0 # SKIP reason`, and its name before it as a comment.
 *
 * @param {readonly string[]} lines @param {number} status of the command that wrote them
 * @returns {Tally}
 */
export function readTap(lines, status) {
  const tally = nothing();
  let announced = 0;
  let seen = 0;
  let program = "";
  for (const line of lines) {
    program = /^# (\S+)$/.exec(line)?.[1] ?? program;
    const plan = /^1\.\.(\d+)(?:\s*#\s*SKIP\b\s*(.*))?/i.exec(line);
    if (plan !== null) announced += Number(plan[1]);
    if (plan?.[1] === "0") tally.skipped.push({ name: program, reason: plan[2] ?? "" });
    const point = /^(not )?ok\b\s*\d*\s*-?\s*(.*)$/.exec(line);
    if (point === null) continue;
    seen++;
    const [, not, sentence = ""] = point;
    const skip = /^(.*?)\s*#\s*SKIP\b\s*(.*)$/i.exec(sentence);
    if (skip !== null) tally.skipped.push({ name: skip[1] ?? "", reason: skip[2] ?? "" });
    else if (not !== undefined) tally.failed++;
    else tally.passed++;
  }
  // A program that crashed has said nothing of what it did not come to.
  const isIncomplete = announced !== seen || (status !== 0 && tally.failed === 0);
  if (isIncomplete) tally.failed++;
  return tally;
}
