import type { ZygoteEvent } from "@mayfly/contract";
import { SandboxError, type Zygote } from "@mayfly/sandbox-addon";
import type { Log } from "../deps.ts";
import { Use } from "./use.ts";
import { nameOf, type ZygoteKind } from "./zygote-kind.ts";

/** After so many forks in a row that failed, a zygote is taken for broken. */
const MOST_FAILED_FORKS = 3;
/** The second failure in a row keeps a kind from another try for so long, each further one twice as long. */
const FIRST_BAR_MS = 1000;
const LONGEST_BAR_MS = 600_000;
/** A successor is not urgent. */
const SUCCESSOR_BAR_MS = 30_000;
/** Earlier failures are forgotten once a zygote has forked so often. */
const FORKS_TO_TRUST = 10;

const WORTH_FADES_IN_MS = 20_000;
const PACE_FADES_IN_MS = 2000;

/** A zygote that was started, and proved. */
export interface Opened {
  readonly zygote: Zygote;
  readonly bytes: number;
}

export interface SuccessionOptions {
  readonly open: (kind: ZygoteKind) => Promise<Opened>;
  /** A zygote is replaced after so many forks. */
  readonly maxForks: number;
  /** A zygote that was forked is replaced after this long; 0: never. */
  readonly maxAgeMs: number;
  readonly now: () => number;
  readonly tell: (kind: ZygoteKind, event: ZygoteEvent) => void;
  readonly log: Log;
}

/** A zygote for one fork, and what came of it. */
export interface ZygoteLease {
  readonly zygote: Zygote;
  forked(): void;
  failed(error: unknown): void;
}

interface Current extends Opened {
  readonly since: number;
  forks: number;
  failedForks: number;
  parked: number;
}

/** The zygotes of one kind, one after the other: at most one forks at a time, and its successor is opened before it goes. */
export class Succession {
  readonly kind: ZygoteKind;
  /** What it is worth to have a zygote of this kind. */
  readonly use = new Use(WORTH_FADES_IN_MS);
  /** How fast calls come just now. */
  readonly pace = new Use(PACE_FADES_IN_MS);
  readonly #options: SuccessionOptions;
  #current: Current | null = null;
  #isClosed = false;
  /** Since one could be trusted. */
  #failures = 0;
  #barredUntil = 0;

  constructor(kind: ZygoteKind, options: SuccessionOptions) {
    this.kind = kind;
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#current !== null;
  }

  get bytes(): number {
    return this.#current?.bytes ?? 0;
  }

  get parked(): number {
    return this.#current?.parked ?? 0;
  }

  /** Whether it makes sense to try: it failed lately, or it never did. */
  isBarredAt(nowMs: number): boolean {
    return nowMs < this.#barredUntil;
  }

  /** Whether the layout of its copies' memory has been seen for long enough. */
  isDueAt(nowMs: number): boolean {
    const { maxForks, maxAgeMs } = this.#options;
    const current = this.#current;
    if (current === null) return false;
    const isOld = maxAgeMs > 0 && nowMs - current.since >= maxAgeMs;
    return current.forks >= maxForks || (isOld && current.forks > 0);
  }

  called(): void {
    const now = this.#options.now();
    this.use.called(now);
    this.pace.called(now);
  }

  /** @returns null while there is none */
  lease(): ZygoteLease | null {
    const current = this.#current;
    if (current === null) return null;
    return {
      zygote: current.zygote,
      forked: () => {
        current.forks++;
        current.failedForks = 0;
        if (current.forks === FORKS_TO_TRUST) this.#failures = 0;
      },
      failed: (error) => this.#forkFailed(current, error),
    };
  }

  /** Sets how many copies are kept at hand. */
  park(count: number): void {
    const current = this.#current;
    if (current === null || current.parked === count) return;
    current.parked = count;
    current.zygote.park(count);
  }

  /** Opens a zygote and puts it into the place of the one that forks now, if there is one. Never rejects. */
  async open(): Promise<void> {
    const { open, now, tell, log } = this.#options;
    const facts = { zygote: nameOf(this.kind) };
    let opened: Opened;
    try {
      opened = await open(this.kind);
    } catch (error) {
      if (this.#isClosed) return;
      this.#failed();
      log.warn({ err: error, ...facts }, "no zygote could be opened; calls boot meanwhile");
      return;
    }
    if (this.#isClosed) return opened.zygote.close();
    const before = this.#current;
    const current = { ...opened, since: now(), forks: 0, failedForks: 0, parked: 0 };
    this.#current = current;
    this.park(before?.parked ?? 0);
    before?.zygote.close();
    tell(this.kind, before === null ? "opened" : "replaced");
    log.debug({ ...facts, pid: opened.zygote.pid, bytes: opened.bytes }, "a zygote is ready");
    void opened.zygote.ended.then((reason) => this.#ended(current, reason));
  }

  /** Ends the one that forks now; copies that run go on. */
  evict(): void {
    if (this.#current === null) return;
    this.#dismiss();
    this.#options.tell(this.kind, "evicted");
  }

  close(): void {
    this.#isClosed = true;
    this.#dismiss();
  }

  #dismiss(): void {
    const current = this.#current;
    this.#current = null;
    current?.zygote.close();
  }

  #ended(current: Current, reason: string): void {
    if (this.#current !== current || this.#isClosed) return;
    this.#current = null;
    this.#failed();
    this.#options.log.warn({ zygote: nameOf(this.kind), reason }, "a zygote ended; calls boot meanwhile");
  }

  #forkFailed(current: Current, error: unknown): void {
    // Then it is told that it ended, too.
    if (error instanceof SandboxError && error.code === "zygoteLost") return;
    if (++current.failedForks < MOST_FAILED_FORKS || this.#current !== current) return;
    this.#dismiss();
    this.#failed();
    this.#options.log.warn(
      { err: error, zygote: nameOf(this.kind) },
      "a zygote could not fork, and was given up",
    );
  }

  /** One failure is an accident; after the second of a row there is a wait, since each try costs a boot and more. */
  #failed(): void {
    this.#failures++;
    const waitMs = this.#failures < 2 ? 0 : FIRST_BAR_MS * 2 ** (this.#failures - 2);
    const leastMs = this.isReady ? SUCCESSOR_BAR_MS : 0;
    this.#barredUntil = this.#options.now() + Math.min(Math.max(waitMs, leastMs), LONGEST_BAR_MS);
    this.#options.tell(this.kind, "failed");
  }
}
