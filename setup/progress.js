// @ts-check

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;
const NAME_WIDTH = 16;

/** @typedef {{ write(text: string): unknown, isTTY?: boolean, columns?: number }} Out */
/** @typedef {(doing: string) => void} Say Tells what a step is doing right now. */
/** @typedef {<T>(name: string, work: (say: Say) => T | Promise<T>, summary?: (value: T) => string) => Promise<T>} Step */

/**
 * Tells of each step and its time: a line that moves on a terminal, plain lines otherwise. What the work gives is
 * handed on; `summary` puts it into a few words.
 *
 * @param {Out} [out]
 * @returns {Step}
 */
export function createSteps(out = process.stdout) {
  return async (name, work, summary = String) => {
    const startedAt = performance.now();
    const line = out.isTTY ? movingLine(out, name, startedAt) : plainLine(out, name);
    try {
      const value = await work(line.say);
      line.end(`✓ ${name.padEnd(NAME_WIDTH)} ${summary(value)} (${seconds(startedAt)})`);
      return value;
    } catch (error) {
      line.end(`✗ ${name.padEnd(NAME_WIDTH)} failed (${seconds(startedAt)})`);
      throw error;
    }
  };
}

/** @param {number} startedAt */
const seconds = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

/** @param {Out} out @param {string} name @param {number} startedAt */
function movingLine(out, name, startedAt) {
  let doing = "";
  let frame = 0;
  const draw = () => {
    const text = `${FRAMES[frame++ % FRAMES.length]} ${name.padEnd(NAME_WIDTH)} ${seconds(startedAt)} ${doing}`;
    out.write(`\r\x1b[K${text.slice(0, (out.columns || 80) - 1)}`);
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    say: (/** @type {string} */ text) => {
      doing = text;
    },
    end: (/** @type {string} */ text) => {
      clearInterval(timer);
      out.write(`\r\x1b[K${text}\n`);
    },
  };
}

/** @param {Out} out @param {string} name */
function plainLine(out, name) {
  let announced = false;
  return {
    // Only the first word of a long step: a log file is not for watching.
    say: (/** @type {string} */ text) => {
      if (!announced) out.write(`… ${name.padEnd(NAME_WIDTH)} ${text}\n`);
      announced = true;
    },
    end: (/** @type {string} */ text) => out.write(`${text}\n`),
  };
}
