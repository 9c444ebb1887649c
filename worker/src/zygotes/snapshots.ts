import type { FunctionVersion } from "@mayfly/contract";
import type { Snapshot, Zygote } from "@mayfly/sandbox-addon";
import type { Log } from "../deps.ts";
import type { ZygoteLease } from "./succession.ts";
import type { Zygotes } from "./zygotes.ts";

/** For so many calls a snapshot takes places; each holds a sandbox without a process of its own. */
const POSITIONS = 64;
/** With so few left, the next snapshot is opened. */
const LOW = 40;
const IDLE_MS = 60_000;
/** Its copies share the layout of their memory, and whatever its module scope has read of time. */
const OLD_MS = 600_000;
/** After a failure it is tried again so late, and twice as late after each further one. */
const FIRST_BAR_MS = 10_000;
const LONGEST_BAR_MS = 3_600_000;

export interface SnapshotsOptions {
  readonly open: (version: FunctionVersion, zygote: Zygote, positions: number) => Promise<Snapshot>;
  /** Each is a zygote's worth of memory; 0: no function has one. */
  readonly most: number;
  readonly now: () => number;
  readonly log: Pick<Log, "warn" | "debug">;
}

interface Current {
  readonly snapshot: Snapshot;
  readonly since: number;
  left: number;
}

interface Entry {
  current: Current | null;
  usedAt: number;
  failures: number;
  barredUntil: number;
}

/**
 * Zygotes, and for functions that ask for it (`snapshot: true`) snapshots that were made of them. As with a zygote no call
 * waits for one: it starts in the usual way, and calls to come find it.
 */
export function withSnapshots(zygotes: Zygotes, { open, most, now, log }: SnapshotsOptions): Zygotes {
  const entries = new Map<string, Entry>();
  let isOpening = false;
  let isClosed = false;
  let look: NodeJS.Timeout | null = null;

  const dismiss = (entry: Entry) => {
    entry.current?.snapshot.zygote.close();
    entry.current = null;
  };
  const dismissUnused = () => {
    look = null;
    for (const [key, entry] of entries) {
      if (now() - entry.usedAt < Math.max(IDLE_MS, entry.barredUntil - entry.usedAt)) continue;
      dismiss(entry);
      entries.delete(key);
    }
    lookLater();
  };
  const lookLater = () => {
    if (look === null && entries.size > 0 && !isClosed) look = setTimeout(dismissUnused, IDLE_MS).unref();
  };

  const succeed = (entry: Entry, snapshot: Snapshot) => {
    const current = { snapshot, since: now(), left: POSITIONS };
    dismiss(entry);
    entry.current = current;
    entry.failures = 0;
    void snapshot.zygote.ended.then(() => {
      if (entry.current === current) entry.current = null;
    });
  };
  const prepare = async (entry: Entry, version: FunctionVersion, zygote: Zygote) => {
    const others = [...entries.values()].filter((one) => one !== entry && one.current !== null);
    if (isClosed || isOpening || now() < entry.barredUntil || others.length >= most) return;
    isOpening = true;
    const facts = { function: version.name, version: version.version };
    try {
      const snapshot = await open(version, zygote, POSITIONS);
      if (isClosed) return snapshot.zygote.close();
      succeed(entry, snapshot);
      log.debug(facts, "a snapshot is ready");
    } catch (error) {
      if (isClosed) return;
      entry.barredUntil = now() + Math.min(FIRST_BAR_MS * 2 ** entry.failures++, LONGEST_BAR_MS);
      log.warn({ err: error, ...facts }, "it runs without a snapshot");
    } finally {
      isOpening = false;
    }
  };

  const take = (entry: Entry): ZygoteLease | null => {
    const { current } = entry;
    if (current === null || current.left === 0) return null;
    current.left--;
    return {
      zygote: current.snapshot.zygote,
      forked: () => undefined,
      failed: () => {
        if (entry.current === current) dismiss(entry);
      },
    };
  };
  const isDue = ({ current }: Entry) =>
    current === null || current.left <= LOW || now() - current.since >= OLD_MS;

  return {
    ...zygotes,
    choose(version) {
      if (!version.manifest.snapshot) return zygotes.choose(version);
      const key = `${version.tenant}/${version.name}/${version.version}`;
      const entry = entries.get(key) ?? { current: null, usedAt: 0, failures: 0, barredUntil: 0 };
      entries.set(key, entry);
      entry.usedAt = now();
      lookLater();
      const lease = take(entry);
      if (lease !== null && !isDue(entry)) return { lease, why: null };
      const choice = zygotes.choose(version);
      if (choice.lease !== null) void prepare(entry, version, choice.lease.zygote);
      return lease === null ? choice : { lease, why: null };
    },
    close() {
      isClosed = true;
      if (look !== null) clearTimeout(look);
      for (const entry of entries.values()) dismiss(entry);
      zygotes.close();
    },
  };
}
