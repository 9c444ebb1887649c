/** Where a value stands in a picture. */
export interface Scale {
  readonly domain: readonly [number, number];
  at(value: number): number;
}

type Range = readonly [number, number];

export function linearScale(domain: Range, [from, to]: Range): Scale {
  const [low, high] = domain;
  return { domain, at: (value) => from + ((value - low) / (high - low)) * (to - from) };
}

export function logScale(domain: Range, range: Range): Scale {
  const { at } = linearScale([Math.log10(domain[0]), Math.log10(domain[1])], range);
  return { domain, at: (value) => at(Math.log10(value)) };
}

/** 1, 2 and 5 of every power of ten between the two. */
export function logTicks([low, high]: Range): number[] {
  const powers = Array.from({ length: 12 }, (_, at) => 10 ** (at - 3));
  return powers
    .flatMap((power) => [1, 2, 5].map((digit) => Number((digit * power).toPrecision(1))))
    .filter((tick) => tick >= low && tick <= high);
}

/** Round numbers from 0 on, no more than seven. */
export function linearTicks(high: number): number[] {
  const step = logTicks([high / 6, high]).at(0) ?? high;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, at) => at * step);
}
