import fs from "node:fs";

const CHUNK = 1 << 20;
/** Of each mark; more would say no more. */
const MAX_FOUND = 10;

/** A text, each code one higher: looking for it must not put it into the memory that is looked through. */
export type Mark = readonly number[];

export interface Found {
  /** Which of the marks. */
  readonly mark: number;
  readonly place: string;
  /** What stands around it, each code one higher. */
  readonly context: Mark;
}

/** Where any of the marks shows: in the files of /proc/self, or in this process's own memory. */
export default ({ marks }: { marks: readonly Mark[] }): Found[] => {
  const halves = marks.map((mark) => [half(mark.slice(0, 5)), half(mark.slice(5))] as const);
  const found: Found[][] = marks.map(() => []);
  const look = (bytes: Buffer, place: string) => {
    for (const [mark, [head, tail]] of halves.entries())
      for (let at = bytes.indexOf(head); at !== -1; at = bytes.indexOf(head, at + 1))
        if (bytes.subarray(at + head.length, at + head.length + tail.length).equals(tail))
          found[mark]?.push({ mark, place, context: around(bytes, at) });
  };
  for (const { place, bytes } of procFiles()) look(bytes, place);
  for (const { place, bytes } of memory()) look(bytes, place);
  return found.flatMap((ofMark) => ofMark.slice(0, MAX_FOUND));
};

/** Two that stand apart in memory are not the text: these lie in no common pool. */
function half(codes: Mark): Buffer {
  const bytes = Buffer.allocUnsafeSlow(codes.length);
  for (const [index, code] of codes.entries()) bytes[index] = code - 1;
  return bytes;
}

function around(bytes: Buffer, at: number): Mark {
  return Array.from(bytes.subarray(Math.max(0, at - 30), at + 100), (code) => code + 1);
}

interface Place {
  readonly place: string;
  readonly bytes: Buffer;
}

/** Not to be looked through as files: memory, which is looked through below, and what leads out of /proc/self. */
const NOT_READ = /\/(pagemap|mem|clear_refs|map_files|net)$/;

/** Every file below that can be read, and where every link leads. */
function* procFiles(folder = "/proc/self"): Generator<Place> {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const place = `${folder}/${entry.name}`;
    if (NOT_READ.test(place)) continue;
    try {
      if (entry.isDirectory()) yield* procFiles(place);
      else if (entry.isSymbolicLink()) yield { place, bytes: Buffer.from(fs.readlinkSync(place)) };
      else yield { place, bytes: fs.readFileSync(place) };
    } catch {
      // Gone, or not to be read: then nothing shows there.
    }
  }
}

/** Everything that is mapped and can be written: the heap, the stacks, V8's own. */
function* memory(): Generator<Place> {
  const bytes = Buffer.allocUnsafeSlow(CHUNK);
  const fd = fs.openSync("/proc/self/mem", "r");
  for (const line of fs.readFileSync("/proc/self/maps", "utf8").trim().split("\n")) {
    const [, from, to, access, path] = /^(\S+)-(\S+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
    if (from === undefined || !access?.startsWith("rw")) continue;
    const end = BigInt(`0x${to}`);
    for (let at = BigInt(`0x${from}`); at < end; at += BigInt(CHUNK)) {
      const length = Number(end - at < CHUNK ? end - at : BigInt(CHUNK));
      try {
        fs.readSync(fd, bytes, 0, length, at);
      } catch {
        continue; // A guard page.
      }
      yield { place: `${access} ${path}`, bytes: bytes.subarray(0, length) };
    }
  }
  fs.closeSync(fd);
}
