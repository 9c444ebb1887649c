import {
  type BootReason,
  type FunctionVersion,
  ZYGOTE_RUNTIMES,
  type ZygoteRuntime,
  type ZygoteStats,
} from "@mayfly/contract";
import { shareParked } from "./parked-counts.ts";
import { Succession, type SuccessionOptions, type ZygoteLease } from "./succession.ts";
import { nameOf, type ZygoteKind, zygoteKindOf } from "./zygote-kind.ts";

/** Reckoned for a zygote that is not there yet; then it is measured. */
const EXPECTED_BYTES: Readonly<Record<ZygoteRuntime, number>> = {
  nodejs24: 90 * 1024 ** 2,
  python3: 16 * 1024 ** 2,
};
/** A zygote gives way to one that was asked for so many times as often. */
const FAR_MORE_USED = 2;
/** What a burst of calls has raised is looked at again after this. */
const LOOK_AGAIN_MS = 5000;
const HARDLY_USED = 0.01;

export interface ZygotesOptions extends SuccessionOptions {
  /** What all zygotes may take together; while one is replaced there is one more. */
  readonly maxBytes: number;
  /** Copies that are kept at hand, of all zygotes together. */
  readonly maxParked: number;
}

export type Choice =
  | { readonly lease: ZygoteLease; readonly why: null }
  | { readonly lease: null; readonly why: BootReason };

export interface Zygotes {
  /**
   * A zygote that can fork now, or why there is none. A call never waits for one: a boot is done before a zygote of
   * its kind would be opened and proved, so it boots, and calls to come find a zygote.
   */
  choose(version: FunctionVersion): Choice;
  /** Opens one before anybody asks. Never rejects; where it fails, calls boot. */
  openAhead(kind: ZygoteKind): Promise<void>;
  stats(): ZygoteStats[];
  close(): void;
}

/** Every zygote of a worker: opened when first asked for, one at a time, as many as there is memory for. */
export function createZygotes(options: ZygotesOptions): Zygotes {
  const { maxBytes, maxParked, now } = options;
  const successions = new Map<string, Succession>();
  let isOpening = false;
  let isClosed = false;
  let lookAgain: NodeJS.Timeout | null = null;

  const successionOf = (kind: ZygoteKind): Succession => {
    const name = nameOf(kind);
    const known = successions.get(name) ?? new Succession(kind, options);
    successions.set(name, known);
    return known;
  };
  const ready = () => [...successions.values()].filter((one) => one.isReady);

  const makeRoomFor = (newcomer: Succession): boolean => {
    const byUse = ready().sort((a, b) => a.use.callsAt(now()) - b.use.callsAt(now()));
    let total = byUse.reduce((sum, { bytes }) => sum + bytes, EXPECTED_BYTES[newcomer.kind.runtime]);
    const going: Succession[] = [];
    for (const one of byUse) {
      if (total <= maxBytes) break;
      if (one.use.callsAt(now()) * FAR_MORE_USED > newcomer.use.callsAt(now())) return false;
      going.push(one);
      total -= one.bytes;
    }
    if (total > maxBytes) return false;
    for (const one of going) one.evict();
    return true;
  };

  const forgetUnused = () => {
    for (const [name, one] of successions)
      if (!one.isReady && !one.isBarredAt(now()) && one.use.callsAt(now()) < HARDLY_USED)
        successions.delete(name);
  };

  /** Who comes while another one is opened asks again with his next call. */
  const open = async (succession: Succession): Promise<void> => {
    if (isClosed || isOpening || succession.isBarredAt(now())) return;
    if (!succession.isReady && !makeRoomFor(succession)) return forgetUnused();
    isOpening = true;
    await succession.open();
    isOpening = false;
    forgetUnused();
    park();
  };

  const countsOf = (all: readonly Succession[]) =>
    shareParked(
      all.map(({ pace }) => pace.rateAt(now())),
      maxParked,
    );
  const park = () => {
    const all = ready();
    countsOf(all).forEach((count, at) => {
      all[at]?.park(count);
    });
    // Without calls every count is at its least, and nothing needs to be looked at.
    const isUsed = all.some(({ pace }) => pace.callsAt(now()) >= HARDLY_USED);
    if (lookAgain !== null || !isUsed || isClosed) return;
    lookAgain = setTimeout(() => {
      lookAgain = null;
      park();
    }, LOOK_AGAIN_MS).unref();
  };
  /** Rates waver: what is too many is ended at the next look, so that no copy is made in order to be ended. */
  const parkMore = () => {
    const all = ready();
    if (countsOf(all).some((count, at) => count > (all[at]?.parked ?? 0))) park();
  };

  return {
    choose(version) {
      const kind = zygoteKindOf(version);
      if (typeof kind === "string") return { lease: null, why: kind };
      const succession = successionOf(kind);
      succession.called();
      const lease = succession.lease();
      if (lease === null || succession.isDueAt(now())) void open(succession);
      else parkMore();
      return lease === null ? { lease, why: "noZygote" } : { lease, why: null };
    },
    openAhead: (kind) => open(successionOf(kind)),
    stats: () => ZYGOTE_RUNTIMES.map((runtime) => statsOf(runtime, ready())),
    close() {
      isClosed = true;
      if (lookAgain !== null) clearTimeout(lookAgain);
      for (const succession of successions.values()) succession.close();
    },
  };
}

function statsOf(runtime: string, ready: readonly Succession[]): ZygoteStats {
  const own = ready.filter(({ kind }) => kind.runtime === runtime);
  return {
    runtime,
    count: own.length,
    parked: own.reduce((sum, { parked }) => sum + parked, 0),
    memoryBytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
