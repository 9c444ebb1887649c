import fs from "node:fs";

const CHUNK = 1 << 20;

/** A text in two halves, so that looking for it does not put it into the memory that is looked through. */
export type Mark = readonly [head: string, tail: string];

interface Found {
  readonly mark: string;
  readonly where: string;
}

/** Where any of the marks shows: in the files of /proc/self, or in this process's own memory. */
export default ({ marks }: { marks: readonly Mark[] }): Found[] => {
  const halves = marks.map(([head, tail]) => [Buffer.from(head), Buffer.from(tail)] as const);
  const found: Found[] = [];
  const look = (bytes: Buffer, where: string) => {
    for (const [head, tail] of halves)
      for (let at = bytes.indexOf(head); at !== -1; at = bytes.indexOf(head, at + 1))
        if (bytes.subarray(at + head.length, at + head.length + tail.length).equals(tail))
          found.push({ mark: `${head}|${tail}`, where: `${where}: ${around(bytes, at)}` });
  };
  for (const path of procFiles()) look(path.bytes, path.name);
  for (const region of memory()) look(region.bytes, region.name);
  return found.slice(0, 50);
};

function around(bytes: Buffer, at: number): string {
  return bytes.toString("latin1", Math.max(0, at - 20), at + 100).replace(/[^ -~]/g, "·");
}

/** Not to be looked through as files: memory, which is looked through below, and what follows out of /proc. */
const NOT_READ = /\/(pagemap|mem|clear_refs|map_files|net)$/;

/** Every file below that can be read, and where every link leads. */
function* procFiles(folder = "/proc/self"): Generator<{ name: string; bytes: Buffer }> {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (NOT_READ.test(name)) continue;
    try {
      if (entry.isDirectory()) yield* procFiles(name);
      else if (entry.isSymbolicLink()) yield { name, bytes: Buffer.from(fs.readlinkSync(name)) };
      else yield { name, bytes: fs.readFileSync(name) };
    } catch {
      // Gone, or not to be read: then nothing shows there.
    }
  }
}

/** Everything that is mapped and can be written: the heap, the stacks, V8's own. */
function* memory() {
  const fd = fs.openSync("/proc/self/mem", "r");
  for (const line of fs.readFileSync("/proc/self/maps", "utf8").trim().split("\n")) {
    const [, from = "", to = "", mode = "", path = ""] =
      /^(\S+)-(\S+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line) ?? [];
    if (!mode.startsWith("rw")) continue;
    const end = BigInt(`0x${to}`);
    for (let at = BigInt(`0x${from}`); at < end; at += BigInt(CHUNK)) {
      const bytes = Buffer.alloc(Number(end - at < CHUNK ? end - at : CHUNK));
      try {
        fs.readSync(fd, bytes, 0, bytes.length, at);
      } catch {
        continue; // A guard page.
      }
      yield { name: `memory ${mode} ${path}`, bytes };
    }
  }
  fs.closeSync(fd);
}
