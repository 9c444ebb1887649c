import type { Context } from "@mayfly/contract";

/** Counts primes for `forMs` by the clock, and tells how much CPU that was: under a quota of a half, half of it. */
export default function cpuBurner({ forMs = 500 }: { forMs?: number }, context: Context) {
  const budgetMs = Math.min(forMs, context.getRemainingTimeInMillis() - 500);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const counted = countPrimesUntil(startedAt + budgetMs);
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuMs = (user + system) / 1000;
  return { ...counted, wallMs, cpuMs, share: cpuMs / wallMs };
}

function countPrimesUntil(deadline: number) {
  let primes = 0;
  let below = 0;
  while (performance.now() < deadline) {
    for (const end = below + 1000; below < end; below++) if (isPrime(below)) primes++;
  }
  return { primes, below };
}

/** Trial division: slow on purpose, and all of it in the CPU. */
function isPrime(n: number): boolean {
  if (n < 4) return n > 1;
  if (n % 2 === 0 || n % 3 === 0) return false;
  for (let divisor = 5; divisor * divisor <= n; divisor += 6) {
    if (n % divisor === 0 || n % (divisor + 2) === 0) return false;
  }
  return true;
}
