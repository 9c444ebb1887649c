import type { Redis } from "ioredis";
import type { BullQueue } from "./bull-queues.ts";
import type { HeldJob } from "./held-job.ts";
import type { Permits } from "./permits.ts";

/**
 * Keeps the locks of all held jobs, in one go for each queue and apart from the jobs' own way. A job whose lock went
 * to another is told to stop.
 */
export class Locks {
  readonly held = new Set<HeldJob>();
  readonly #redis: Redis;
  readonly #permits: Permits;
  readonly #holdMs: number;
  readonly #timer: NodeJS.Timeout;

  constructor(redis: Redis, permits: Permits, holdMs: number, onError: (error: unknown) => void) {
    this.#redis = redis;
    this.#permits = permits;
    this.#holdMs = holdMs;
    // Three chances before a lock runs out.
    this.#timer = setInterval(() => this.#renewAll().catch(onError), holdMs / 4);
  }

  byId(id: string): HeldJob | undefined {
    for (const held of this.held) if (held.facts.id === id) return held;
    return undefined;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #renewAll(): Promise<void> {
    const byQueue = Map.groupBy(this.held, ({ queue }) => queue);
    await Promise.all([...byQueue].map(([queue, held]) => this.#renew(queue, held)));
  }

  async #renew(queue: BullQueue, held: readonly HeldJob[]): Promise<void> {
    const [lost] = await Promise.all([
      queue.extendLocks(
        held.map(({ job }) => job.id),
        held.map(({ token }) => token),
        this.#holdMs,
      ),
      ...held.map((one) => this.#renewPermit(one)),
      ...held.map((one) => this.#stopIfCancelled(one)),
    ]);
    for (const one of held) if (lost.includes(one.job.id) && this.held.has(one)) one.stop("lockLost");
  }

  async #renewPermit({ function: version, token }: HeldJob): Promise<void> {
    if (version?.manifest.concurrency !== undefined) await this.#permits.renew(version.name, token);
  }

  /** The message that tells of a cancel may have been missed; the record's mark may not. */
  async #stopIfCancelled(held: HeldJob): Promise<void> {
    if ((await this.#redis.hget(held.recordKey, "cancel")) !== null) held.stop("cancelled");
  }
}
