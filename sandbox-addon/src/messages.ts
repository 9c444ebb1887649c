import type { CgroupMode, CgroupWrite } from "@mayfly/contract";
import type { Counters, KillReason } from "./types.ts";

/** The messages of native/launch/requests.h and answers.h, as JavaScript sees them; names and members are theirs. */
export interface Requests {
  probe: Record<string, never>;
  open: OpenMessage;
  loadTree: { readonly id: number; readonly name: string; readonly path: string };
  dropTree: { readonly id: number; readonly name: string };
  start: StartMessage;
  openZygote: OpenZygoteMessage;
  park: { readonly zygote: number; readonly count: number };
  closeZygote: { readonly zygote: number };
  fork: ForkMessage;
  openSnapshot: OpenSnapshotMessage;
  serveSnapshot: { readonly id: number };
  kill: { readonly id: number; readonly reason: KillReason };
  close: Record<string, never>;
}

export interface Answers {
  probed: ProbedMessage;
  opened: OpenedMessage;
  done: { readonly id: number };
  failed: FailedMessage;
  started: StartedMessage;
  zygoteReady: { readonly id: number; readonly pid: number };
  zygoteEnded: { readonly id: number; readonly reason: string };
  ended: EndedMessage;
  closed: { readonly leaked: LeakedMessage };
}

export interface OpenMessage {
  readonly cgroupParent: string;
  readonly workerId: string;
  readonly cgroupMode: string;
  readonly allowWithout: readonly string[];
  readonly hostUid: number;
  readonly hostGid: number;
  readonly debugHoldMs: number;
  readonly filters: readonly { readonly name: string; readonly program: Buffer }[];
}

interface RootStepMessage {
  readonly kind: string;
  readonly target: string;
  readonly value: string;
}

export interface OpenZygoteMessage {
  readonly id: number;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly root: readonly RootStepMessage[];
  readonly filter: string;
}

/** What every call brings along, however its process comes about. */
export interface CallMessage {
  readonly requestedNs: number;
  readonly env: readonly string[];
  readonly cwd: string;
  readonly hostname: string;
  readonly cgroupWrites: readonly CgroupWrite[];
  readonly rlimits: readonly Rlimit[];
  readonly tmpfsBytes: number;
  readonly tmpfsInodes: number;
  readonly timeoutMs: number;
  readonly cpuTimeMs: number | null;
}

export interface StartMessage extends CallMessage {
  readonly id: number;
  readonly argv: readonly string[];
  readonly root: readonly RootStepMessage[];
  readonly hasControl: boolean;
  readonly filter: string;
}

export interface ForkMessage extends CallMessage {
  readonly id: number;
  readonly zygote: number;
  readonly attach: readonly { readonly tree: string; readonly target: string }[];
}

export interface OpenSnapshotMessage extends ForkMessage {
  readonly positions: number;
}

export interface Rlimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

export interface Missing {
  readonly name: string;
  readonly reason: string;
}

export interface OpenedMessage {
  readonly cgroupMode: CgroupMode;
  readonly missingControllers: readonly Missing[];
}

export interface ProbedMessage {
  readonly missingNamespaces: readonly Missing[];
  readonly missingSeccomp: readonly Missing[];
}

export interface FailedMessage {
  readonly id: number;
  readonly step: string;
  readonly index: number;
  readonly error: number;
  readonly hint: string;
}

export interface StartedMessage {
  readonly id: number;
  readonly pid: number;
  readonly cgroups: readonly { readonly hierarchy: string; readonly directory: string }[];
  readonly setupUs: number;
  readonly wasParked: boolean;
}

export interface LeakedMessage {
  readonly processes: number;
  readonly cgroups: number;
  readonly mounts: number;
  readonly netns: number;
}

export interface EndedMessage {
  readonly id: number;
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly killedBy: KillReason | null;
  readonly mainOomKilled: boolean;
  readonly counters: Counters;
  readonly setupUs: number;
  readonly teardownUs: number;
  readonly leaked: LeakedMessage;
}
