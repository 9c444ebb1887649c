import { type InvocationRecord, isTerminal } from "@mayfly/contract";
import { atMost } from "./timing.ts";

/** Messages are lost while Redis is away; so long until the state is looked at all the same. */
const LOOK_EVERY_MS = 2000;

/** Waits by notification, and looks now and then in case one was missed. */
export async function untilTerminal(
  look: () => Promise<InvocationRecord | null>,
  subscribe: (wake: () => void) => Promise<() => Promise<void>>,
  waitMs: number,
  signal: AbortSignal,
): Promise<InvocationRecord | null> {
  const until = Date.now() + waitMs;
  let wake = () => {};
  const woken = () => wake();
  // While Redis is away nothing can be subscribed to, and what is looked at says so.
  const subscribed = subscribe(woken);
  await atMost(LOOK_EVERY_MS, subscribed);
  signal.addEventListener("abort", woken);
  try {
    for (;;) {
      const { promise: more, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const found = await look();
      const leftMs = until - Date.now();
      if (found === null || isTerminal(found.state) || leftMs <= 0 || signal.aborted) return found;
      const timer = setTimeout(resolve, Math.min(leftMs, LOOK_EVERY_MS));
      await more;
      clearTimeout(timer);
    }
  } finally {
    signal.removeEventListener("abort", woken);
    subscribed.then((unsubscribe) => unsubscribe()).catch(() => {});
  }
}
