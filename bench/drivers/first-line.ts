import type { Readable } from "node:stream";

/** What a process answered on its stdout, and when the line was whole; all it printed, where no line came. */
export function firstLine(stream: Readable): Promise<{ line: string; at: number }> {
  return new Promise((resolve) => {
    let printed = "";
    const take = (chunk: string) => {
      printed += chunk;
      if (chunk.includes("\n")) resolve({ line: printed, at: performance.now() });
    };
    stream
      .setEncoding("utf8")
      .on("data", take)
      .on("end", () => resolve({ line: printed, at: performance.now() }));
  });
}
