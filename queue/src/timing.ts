/**
 * Does something again and again, `ms` after it was last done.
 *
 * @returns what ends it
 */
export function every(ms: number, work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let ended = false;
  let timer: NodeJS.Timeout;
  const again = () => {
    if (!ended) timer = setTimeout(run, ms);
  };
  const run = () => {
    work().catch(onError).finally(again);
  };
  run();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** Waits for work, but not for longer than `ms`; how it ends does not matter then. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}
