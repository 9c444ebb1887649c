import type { CgroupMode, Limits } from "@mayfly/contract";

/** A wall or limit that an operator may name in MAYFLY_ALLOW_WITHOUT, to run where it cannot be enforced. */
export const WALLS = ["memory", "pids", "cpu", "namespaces", "seccomp"] as const;
export type Wall = (typeof WALLS)[number];

export interface SandboxesOptions {
  /** `MAYFLY_CGROUP_PARENT`: relative to the caller's own cgroup in each hierarchy; with a leading `/` from its root. */
  readonly cgroupParent: string;
  /** Names the directory below the parent, and its lock; two open at once need two ids. */
  readonly workerId: string;
  /** Walls to do without, named one by one by the operator. Anything else that cannot be enforced refuses to open. */
  readonly allowWithout: readonly Wall[];
  /**
   * The first of the host uids and gids that sandboxes have; inside they are 1000. Those that run at the same time have
   * this one and the following, one each. Without root it does not count: then they have the caller's.
   */
  readonly hostUid: number;
  /** Keeps each emptied cgroup this long before its removal, so that an independent reader can compare. */
  readonly debugHoldMs: number;
  /** Tests only: "v1" leaves a hybrid host's cgroup2 mount alone. */
  readonly cgroupMode?: "v1";
  /** Called once if the launcher ends unasked; nothing can be started then any more. */
  readonly onLost?: (error: Error) => void;
}

/** One step in the building of a sandbox's root, carried out in order. `target` is a path in the sandbox. */
export type RootStep =
  /** A folder or file of the host, read-only, without set-uid and devices. */
  | { readonly kind: "bind"; readonly source: string; readonly target: string }
  /** A tree that was loaded with `loadTree`, read-only: no path of the host shows. */
  | { readonly kind: "tree"; readonly tree: string; readonly target: string }
  | { readonly kind: "directory"; readonly target: string }
  | { readonly kind: "symlink"; readonly target: string; readonly to: string }
  | { readonly kind: "file"; readonly target: string; readonly content: string };

/**
 * What to run, and in what. /proc (masked), a minimal /dev, and the tmpfs at /tmp and /dev/shm (capped together by
 * `limits.tmpfsBytes`) are always there.
 */
export interface SandboxSpec {
  /** Absolute path in the sandbox, then the arguments. */
  readonly argv: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly hostname: string;
  readonly root: readonly RootStep[];
  readonly limits: Limits;
  /** `channel`: descriptor 3 is one end of a stream socket whose other end is `Running.control`. */
  readonly control: "channel" | "none";
  /** The name of a seccomp profile of this package. */
  readonly seccomp: "nodejs" | "python3" | "exec";
}

/**
 * A process that has booted its runtime, holds no user code, and is copied for every call. Its root is what its copies
 * have, without what `fork` attaches; it lives in namespaces of its own, beside them.
 */
export interface ZygoteSpec {
  /** Absolute path in its root, then the arguments. What it runs serves forks with the fork server's library. */
  readonly argv: readonly string[];
  /** Of the zygote alone; a copy gets its own. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders onto which `fork` attaches trees must be among the steps, as directories. */
  readonly root: readonly RootStep[];
  /** Of every copy, and of no other: the zygote itself never runs what a caller sent. */
  readonly seccomp: SandboxSpec["seccomp"];
}

export interface Zygote {
  /** The host's number. */
  readonly pid: number;
  /** How many parked copies are kept at hand from now on; they are made one at a time, after whatever is waited for. */
  park(count: number): void;
  /** Settles once it can fork no more, with the reason; copies that run go on. Never rejects. */
  readonly ended: Promise<string>;
  /** No copy is made any more, and parked ones end; those that run go on. */
  close(): void;
}

/** One copy of a zygote for one call: what a `SandboxSpec` says, where it differs from call to call. */
export interface ForkSpec extends Pick<SandboxSpec, "env" | "cwd" | "hostname" | "limits"> {
  readonly zygote: Zygote;
  /** Called as soon as there is a control channel: what is written there waits for the copy, and is lost where none comes. */
  readonly onChannel?: (control: Pick<Pipe, "write">) => void;
  /** Loaded trees, each on a directory of the zygote's root. */
  readonly attach: readonly { readonly tree: string; readonly target: string }[];
}

/**
 * A copy of a zygote that is copied itself: it gets a sandbox, limits and streams as any call does, runs what it is told
 * once, and is the zygote of calls from there on. Each of its copies finds the memory that it had then.
 */
export interface SnapshotSpec extends ForkSpec {
  /** For so many copies places are made ahead: who has run a caller's code has no rights to make any more. */
  readonly positions: number;
}

export interface Snapshot {
  /** To talk to it, and with its end. Its clocks (`timeoutMs`, `cpuTimeMs`) stand for what it runs before it serves. */
  readonly running: Running;
  /** What copies of it are forked from once it serves; parks none. Closing it ends it with the last of its copies. */
  readonly zygote: Zygote;
  /** It has said that it is ready to be copied: its clocks stop. */
  serve(): void;
}

/** Counters of the leaf cgroup, after the last process and before the removal. Null: this kernel or mode has none. */
export interface Counters {
  readonly cpuUsageUs: number | null;
  readonly cpuUserUs: number | null;
  readonly cpuSystemUs: number | null;
  readonly cpuPeriods: number | null;
  readonly cpuThrottledPeriods: number | null;
  readonly cpuThrottledUs: number | null;
  readonly memoryPeakBytes: number | null;
  readonly oomKills: number | null;
  readonly majorFaults: number | null;
  readonly pidsPeak: number | null;
  readonly pidsRefused: number | null;
  readonly ioReadBytes: number | null;
  readonly ioWriteBytes: number | null;
  readonly ioReadOps: number | null;
  readonly ioWriteOps: number | null;
  readonly networkRxBytes: number | null;
  readonly networkTxBytes: number | null;
  readonly tmpfsPeakBytes: number | null;
}

/** Who ended it, where it did not end by itself. `settled`: its work was done; `cancelled`: the caller's wish. */
export type KillReason =
  | "settled"
  | "cancelled"
  | "timedOut"
  | "cpuTimeExceeded"
  | "outputTooLarge"
  | "workerStopping";

/** How it ended, handed over when its tree is proved dead and its cgroup is gone from every hierarchy. */
export interface Ending {
  /** Exactly one of the two is set. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Null where the main process ended by itself. */
  readonly killedBy: KillReason | null;
  /** True where the kernel's memory killer took the main process itself. */
  readonly mainOomKilled: boolean;
  readonly counters: Counters;
  /** From the request to the process's first instruction. */
  readonly setupUs: number;
  /** From the main process's end (or the kill) to the cgroup's removal. */
  readonly teardownUs: number;
}

/** Our end of a pipe or of the control channel. What the other side does to it is never an error here. */
export interface Pipe {
  /** Somebody reads it, or has. */
  readonly isRead: boolean;
  /** Reads on from now; settles at the other side's end. There is one reader. */
  read(onData: (chunk: Buffer) => void): Promise<void>;
  pause(): void;
  /** Without a reader, what comes is thrown away. */
  resume(): void;
  /** What there is no room for is kept, and what nobody reads any more is dropped. */
  write(bytes: Buffer | string): void;
  /** Nothing more will be written. */
  end(): void;
  /** Nothing more is read or written. */
  close(): void;
}

export interface Running {
  /** The host's number of the main process. */
  readonly pid: number;
  /** The leaf's directory by hierarchy. */
  readonly cgroups: Readonly<Record<string, string>>;
  readonly setupUs: number;
  /** It stood ready before it was asked for; false where it was forked or booted on demand. */
  readonly wasParked: boolean;
  readonly stdin: Pipe;
  readonly stdout: Pipe;
  readonly stderr: Pipe;
  /** Null where the spec says `control: "none"`. */
  readonly control: Pipe | null;
  /** Ends the whole tree at once. The first reason counts; a call after the end does nothing. */
  kill(reason: KillReason): void;
  /** Never rejects. */
  readonly ended: Promise<Ending>;
}

export interface Sandboxes {
  readonly cgroupMode: CgroupMode;
  /** The walls and limits in force for every sandbox, by name; a receipt's `enforced`. */
  readonly enforced: readonly string[];
  /** Copies a folder of the host into a read-only mount of its own, for `{ kind: "tree" }`. */
  loadTree(name: string, hostPath: string): Promise<void>;
  dropTree(name: string): Promise<void>;
  /**
   * Starts one process in a sandbox of its own. The wall clock (`limits.timeoutMs`) and the CPU clock
   * (`limits.cpuTimeMs`) are kept outside of this process's event loop.
   *
   * @throws SandboxError where a step failed; nothing is left behind then
   */
  start(spec: SandboxSpec): Promise<Running>;
  /**
   * Starts a zygote, and waits until it can fork.
   *
   * @throws SandboxError `zygoteFailed` where it ends before, or takes longer than some seconds
   */
  openZygote(spec: ZygoteSpec): Promise<Zygote>;
  /**
   * As `start`, with a control channel, in a copy of a zygote: a parked one where one is at hand.
   *
   * @throws SandboxError `zygoteLost` where the zygote ended first: nothing of the caller's has run, so it may be tried
   *   again elsewhere; `stepFailed` as `start` does
   */
  fork(spec: ForkSpec): Promise<Running>;
  /**
   * Forks a zygote for a snapshot, whose copies then are had by `fork`.
   *
   * @throws SandboxError as `fork` does
   */
  openSnapshot(spec: SnapshotSpec): Promise<Snapshot>;
  /** What should be zero: what could not be cleaned up since the opening. */
  leaked(): { processes: number; cgroups: number; mounts: number; netns: number };
  /** Ends what still runs and removes everything. */
  close(): Promise<void>;
}

/** Thrown where we, not the function, failed. */
export interface SandboxErrorFacts {
  /** Such as `mount /proc`. */
  readonly step: string;
  readonly index: number;
  /** Such as `EPERM`. */
  readonly errno: string;
}
