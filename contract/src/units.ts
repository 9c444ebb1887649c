const FACTORS: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Reads a size as docker run does: a number with an optional suffix `b k m g` (either case, `kb` and `kib` likewise),
 * in powers of 1024; a fraction of a byte is dropped.
 *
 * @returns bytes, or null where the text is not a size
 * @example parseSize("128m") // 134217728
 */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmg])(?:i?b)?|b)?$/i.exec(text.trim());
  if (match?.[1] === undefined) return null;
  const factor = FACTORS[match[2]?.toLowerCase() ?? ""] ?? 1;
  const bytes = Math.floor(Number(match[1]) * factor);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Writes bytes in the largest unit that divides them: `134217728` is `128m`. */
export function formatSize(bytes: number): string {
  for (const [suffix, factor] of [
    ["g", 1024 ** 3],
    ["m", 1024 ** 2],
    ["k", 1024],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${suffix}`;
  }
  return `${bytes}`;
}

/**
 * Reads a list of CPUs as the kernel and docker write it, such as `0-2,4`.
 *
 * @returns the CPUs in order, or null where the text is no such list
 */
export function parseCpuList(text: string): number[] | null {
  const cpus = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    if (match?.[1] === undefined) return null;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first) return null;
    for (let cpu = first; cpu <= last; cpu++) cpus.add(cpu);
  }
  return [...cpus].sort((a, b) => a - b);
}
