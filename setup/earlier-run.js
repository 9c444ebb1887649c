// @ts-check
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "./refusal.js";

const END_WITHIN_MS = 10_000;
const POLL_MS = 50;

/**
 * One process, known by its number and its start, since numbers are used again.
 *
 * @typedef {{ pid: number, startTicks: string }} ProcessMark
 * @typedef {{ url: string, up: ProcessMark, parts: ProcessMark[] }} RunRecord
 */

/** @param {string} dataDir */
const recordFile = (dataDir) => join(dataDir, "up.json");

/** @param {number} pid @returns {ProcessMark | null} null where there is no such process */
export function markOf(pid) {
  try {
    // proc(5): the 22nd field, counted behind the name, which may hold blanks and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? null : { pid, startTicks: rest[18] ?? "" };
  } catch {
    return null;
  }
}

/** @param {ProcessMark} mark */
export function isAlive({ pid, startTicks }) {
  return markOf(pid)?.startTicks === startTicks;
}

/** Notes who runs, for a next start that finds them left behind. @param {string} dataDir @param {RunRecord} record */
export function recordRun(dataDir, record) {
  writeFileSync(recordFile(dataDir), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** @param {string} dataDir */
export function forgetRun(dataDir) {
  rmSync(recordFile(dataDir), { force: true });
}

/**
 * Two runs cannot share a data folder: a live one is not disturbed. Of one that was killed, what it left running is
 * ended first.
 *
 * @param {string} dataDir @throws {Refusal} where one is alive
 */
export async function settleEarlierRun(dataDir) {
  const record = readRecord(dataDir);
  if (record === null) return;
  if (isAlive(record.up) && record.up.pid !== process.pid)
    throw new Refusal(
      `Mayfly runs already at ${record.url} (process ${record.up.pid}). Stop it with Ctrl-C there, or with: kill ${record.up.pid}. To run a second one, name other values for MAYFLY_DATA_DIR, MAYFLY_PORT and MAYFLY_WORKER_METRICS_PORT.`,
    );
  await endAll(record.parts);
  forgetRun(dataDir);
}

/** @param {string} dataDir @returns {RunRecord | null} */
function readRecord(dataDir) {
  try {
    return JSON.parse(readFileSync(recordFile(dataDir), "utf8"));
  } catch {
    return null;
  }
}

/** @param {ProcessMark[]} marks */
async function endAll(marks) {
  signalAll(marks, "SIGTERM");
  for (const until = Date.now() + END_WITHIN_MS; marks.some(isAlive); ) {
    if (Date.now() > until) signalAll(marks, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** @param {ProcessMark[]} marks @param {NodeJS.Signals} signal */
function signalAll(marks, signal) {
  for (const mark of marks.filter(isAlive)) process.kill(mark.pid, signal);
}
