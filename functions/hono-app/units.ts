/** What one of each unit is in the base unit of its kind (metre, kilogram, litre); exact by definition. */
const KINDS = {
  length: { m: 1, km: 1000, cm: 0.01, in: 0.0254, ft: 0.3048, yd: 0.9144, mi: 1609.344, nmi: 1852 },
  mass: { kg: 1, g: 0.001, t: 1000, lb: 0.45359237, oz: 0.028349523125 },
  volume: { l: 1, ml: 0.001, gal: 3.785411784, pt: 0.473176473 },
} as const satisfies Record<string, Record<string, number>>;

const BY_UNIT = new Map(
  Object.entries(KINDS).flatMap(([kind, factors]) =>
    Object.entries(factors).map(([unit, factor]) => [unit, { kind, factor }] as const),
  ),
);

export function units(): Record<string, string[]> {
  return Object.fromEntries(Object.entries(KINDS).map(([kind, factors]) => [kind, Object.keys(factors)]));
}

/** @returns null where a unit is unknown, the two are of different kinds, or the amount is no number */
export function convert(amount: number, from: string, to: string) {
  const source = BY_UNIT.get(from);
  const target = BY_UNIT.get(to);
  if (!source || !target || source.kind !== target.kind || !Number.isFinite(amount)) return null;
  return { amount, from, to, result: Number(((amount * source.factor) / target.factor).toPrecision(12)) };
}
