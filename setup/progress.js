// @ts-check

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 100;
const NAME_WIDTH = 16;

/** @typedef {(doing: string) => void} Say what a step is doing right now */
/** @typedef {<T extends string>(name: string, work: (say: Say) => Promise<T>) => Promise<T>} Step */

/**
 * Tells of each step and its time: a line that moves on a terminal, plain lines otherwise. A step returns what it
 * found or did, in a few words.
 *
 * @param {Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">} [out]
 * @returns {Step}
 */
export function createSteps(out = process.stdout) {
  return async (name, work) => {
    const startedAt = performance.now();
    const line = out.isTTY ? movingLine(out, name, startedAt) : plainLine(out, name);
    try {
      const result = await work(line.say);
      line.end(`✓ ${name.padEnd(NAME_WIDTH)} ${result} (${seconds(startedAt)})`);
      return result;
    } catch (error) {
      line.end(`✗ ${name.padEnd(NAME_WIDTH)} failed (${seconds(startedAt)})`);
      throw error;
    }
  };
}

/** @param {number} startedAt */
const seconds = (startedAt) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

/** @param {Pick<NodeJS.WriteStream, "write" | "columns">} out @param {string} name @param {number} startedAt */
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

/** @param {Pick<NodeJS.WriteStream, "write">} out @param {string} name */
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
