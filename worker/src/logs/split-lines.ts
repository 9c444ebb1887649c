import type { LogLine } from "@mayfly/contract";

/** A longer line is cut into pieces, so that one endless line is neither held in memory nor lost. */
export const MAX_LINE_BYTES = 16_384;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Tells the last line where it does not end with a line break. */
  end(): void;
}

/**
 * Cuts a stream of bytes into lines. Bytes that are no UTF-8 become U+FFFD; a character that comes in two chunks
 * stays whole.
 */
export function splitLines(
  stream: LogLine["stream"],
  now: () => number,
  onLine: (line: LogLine) => void,
): LineSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;

  const tell = (bytes: Buffer) => {
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    onLine({ time: now(), stream, text: bytes.toString("utf8", 0, end) });
  };
  const take = (): Buffer => {
    const bytes = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return bytes;
  };
  const hold = (bytes: Buffer) => {
    held.push(bytes);
    heldBytes += bytes.length;
  };

  return {
    push(chunk) {
      let rest = chunk;
      for (let at = rest.indexOf(NEWLINE); at !== -1; at = rest.indexOf(NEWLINE)) {
        hold(rest.subarray(0, at));
        for (const piece of inPieces(take())) tell(piece);
        rest = rest.subarray(at + 1);
      }
      if (rest.length === 0) return;
      hold(rest);
      if (heldBytes <= MAX_LINE_BYTES) return;
      const pieces = inPieces(take());
      hold(pieces.pop() ?? Buffer.alloc(0));
      for (const piece of pieces) tell(piece);
    },
    end() {
      if (heldBytes > 0) tell(take());
    },
  };
}

function inPieces(line: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let rest = line;
  while (rest.length > MAX_LINE_BYTES) {
    const end = characterStart(rest, MAX_LINE_BYTES);
    pieces.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
  pieces.push(rest);
  return pieces;
}

/** The last offset up to `at` that does not stand within a UTF-8 character, whose further bytes begin with 10. */
function characterStart(bytes: Buffer, at: number): number {
  for (let start = at; start > at - 4; start--) {
    if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start;
  }
  return at;
}
