import { createDescriptors, type Descriptors } from "./descriptors.ts";
import { enforcedHere, type HostFacts, obstacles } from "./enforcement.ts";
import { SandboxError, type SandboxErrorCode } from "./errors.ts";
import { isZygotes, toSandboxError } from "./failure.ts";
import { type Launcher, type LauncherEvents, startLauncher } from "./launcher.ts";
import type {
  Answers,
  EndedMessage,
  FailedMessage,
  LeakedMessage,
  OpenedMessage,
  OpenMessage,
  ProbedMessage,
} from "./messages.ts";
import type { NativeAddon } from "./native.ts";
import { signalName } from "./signal-name.ts";
import { toForkMessage, toOpenZygoteMessage, toStartMessage } from "./start-message.ts";
import type {
  Counters,
  Ending,
  ForkSpec,
  KillReason,
  Pipe,
  Running,
  Sandboxes,
  SandboxSpec,
  Snapshot,
  SnapshotSpec,
  Zygote,
  ZygoteSpec,
} from "./types.ts";

interface Waiting {
  readonly code: SandboxErrorCode;
  readonly subject: string;
  resolve(answer: unknown): void;
  reject(error: SandboxError): void;
}

const NO_COUNTERS = {
  cpuUsageUs: null,
  cpuUserUs: null,
  cpuSystemUs: null,
  cpuPeriods: null,
  cpuThrottledPeriods: null,
  cpuThrottledUs: null,
  memoryPeakBytes: null,
  oomKills: null,
  majorFaults: null,
  pidsPeak: null,
  pidsRefused: null,
  ioReadBytes: null,
  ioWriteBytes: null,
  ioReadOps: null,
  ioWriteOps: null,
  networkRxBytes: null,
  networkTxBytes: null,
  tmpfsPeakBytes: null,
} satisfies Counters;

/** One launcher and what was asked of it. */
export class LauncherSandboxes implements Sandboxes {
  readonly #native: NativeAddon;
  readonly #launcher: Launcher;
  readonly #onLost: (error: SandboxError) => void;
  /** Requests without an answer, and sandboxes without their end, by id. The opening has id 0. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #running = new Map<number, (ending: Ending) => void>();
  readonly #zygotes = new Map<number, (reason: string) => void>();
  /** To the launcher, a zygote is a number. */
  readonly #zygoteIds = new WeakMap<Zygote, number>();
  #opened: HostFacts | undefined;
  #leaked: LeakedMessage = { processes: 0, cgroups: 0, mounts: 0, netns: 0 };
  #nextId = 1;
  #state: "open" | "closing" | "ended" = "open";

  constructor(native: NativeAddon, onLost: (error: SandboxError) => void) {
    this.#native = native;
    this.#onLost = onLost;
    const events: LauncherEvents = {
      onMessage: (kind, message) => this.#receive(kind, message),
      onEnd: () => this.#end(),
    };
    this.#launcher = startLauncher(native, events);
  }

  /** What the kernel allows; nothing is opened for it. */
  probe(): Promise<ProbedMessage> {
    return this.#ask(0, "openFailed", "Could not look at the host", () => this.#launcher.send("probe", {}));
  }

  async open(message: OpenMessage): Promise<HostFacts> {
    const probed = await this.probe();
    const opened = await this.#ask<OpenedMessage>(0, "openFailed", "Could not open the sandboxes", () =>
      this.#launcher.send("open", message),
    );
    this.#opened = { ...opened, ...probed };
    return this.#opened;
  }

  get cgroupMode() {
    return this.#facts().cgroupMode;
  }

  get enforced() {
    return enforcedHere(this.#facts());
  }

  async loadTree(name: string, path: string): Promise<void> {
    const id = this.#nextId++;
    await this.#ask(id, "treeFailed", `Could not load ${path} as a tree`, () =>
      this.#launcher.send("loadTree", { id, name, path }),
    );
  }

  async dropTree(name: string): Promise<void> {
    const id = this.#nextId++;
    await this.#ask(id, "treeFailed", `Could not drop the tree ${name}`, () =>
      this.#launcher.send("dropTree", { id, name }),
    );
  }

  async start(spec: SandboxSpec): Promise<Running> {
    const id = this.#nextId++;
    const message = await toStartMessage(id, spec, this.#host());
    return this.#run(id, spec.control, (descriptors) => this.#launcher.send("start", message, descriptors));
  }

  async openZygote(spec: ZygoteSpec): Promise<Zygote> {
    const id = this.#nextId++;
    const message = toOpenZygoteMessage(id, spec, this.#host());
    const ended = new Promise<string>((resolve) => this.#zygotes.set(id, resolve));
    try {
      const { pid } = await this.#ask<Answers["zygoteReady"]>(
        id,
        "zygoteFailed",
        "Could not start the zygote",
        () => this.#launcher.send("openZygote", message),
      );
      const zygote: Zygote = {
        pid,
        park: (count) => this.#tell(() => this.#launcher.send("park", { zygote: id, count })),
        ended,
        close: () => this.#tell(() => this.#launcher.send("closeZygote", { zygote: id })),
      };
      this.#zygoteIds.set(zygote, id);
      return zygote;
    } catch (error) {
      this.#zygotes.delete(id);
      throw error;
    }
  }

  async fork(spec: ForkSpec): Promise<Running> {
    const zygote = this.#zygoteId(spec.zygote);
    const id = this.#nextId++;
    const message = await toForkMessage(id, zygote, spec, this.#host());
    return this.#run(id, "channel", (descriptors, control) => {
      this.#launcher.send("fork", message, descriptors);
      if (control !== null) spec.onChannel?.(control);
    });
  }

  async openSnapshot({ positions, ...spec }: SnapshotSpec): Promise<Snapshot> {
    const id = this.#nextId++;
    const message = await toForkMessage(id, this.#zygoteId(spec.zygote), spec, this.#host());
    const ended = new Promise<string>((resolve) => this.#zygotes.set(id, resolve));
    try {
      const running = await this.#run(id, "channel", (descriptors) =>
        this.#launcher.send("openSnapshot", { ...message, positions }, descriptors),
      );
      const zygote: Zygote = {
        pid: running.pid,
        park: () => undefined,
        ended,
        close: () => this.#tell(() => this.#launcher.send("closeZygote", { zygote: id })),
      };
      this.#zygoteIds.set(zygote, id);
      const serve = () => this.#tell(() => this.#launcher.send("serveSnapshot", { id }));
      return { running, zygote, serve };
    } catch (error) {
      this.#zygotes.delete(id);
      throw error;
    }
  }

  #zygoteId(zygote: Zygote): number {
    const id = this.#zygoteIds.get(zygote);
    if (id === undefined) throw new SandboxError("invalidSpec", "The zygote is not one of these sandboxes.");
    return id;
  }

  async #run(
    id: number,
    control: SandboxSpec["control"],
    send: (descriptors: readonly number[], control: Pipe | null) => void,
  ): Promise<Running> {
    this.#refuseUnlessOpen();
    const descriptors = createDescriptors(this.#native, control);
    const ended = new Promise<Ending>((resolve) => this.#running.set(id, resolve));
    try {
      const started = await this.#ask<Answers["started"]>(
        id,
        "stepFailed",
        "Could not set up the sandbox",
        () => send(descriptors.inside, descriptors.outside.control),
      );
      return this.#toRunning(started, descriptors, ended);
    } catch (error) {
      this.#running.delete(id);
      descriptors.abandon();
      this.#rest();
      throw error;
    }
  }

  leaked(): LeakedMessage {
    return this.#leaked;
  }

  async close(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "closing";
      this.#launcher.awaitAnswers(true);
      this.#launcher.send("close", {});
    }
    await this.#launcher.waitForExit();
  }

  #toRunning(started: Answers["started"], descriptors: Descriptors, ended: Promise<Ending>): Running {
    const streams = descriptors.outside;
    // Nobody will ever read the one, and the other may have had no reader; the rest is read to its end.
    void ended.then(() => {
      streams.stdin.close();
      if (streams.control?.isRead === false) streams.control.close();
    });
    return {
      pid: started.pid,
      cgroups: Object.fromEntries(started.cgroups.map(({ hierarchy, directory }) => [hierarchy, directory])),
      setupUs: started.setupUs,
      wasParked: started.wasParked,
      ...streams,
      kill: (reason: KillReason) => {
        if (this.#running.has(started.id)) this.#launcher.send("kill", { id: started.id, reason });
      },
      ended,
    };
  }

  #ask<Answer>(id: number, code: SandboxErrorCode, subject: string, send: () => void): Promise<Answer> {
    this.#refuseUnlessOpen();
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { code, subject, resolve: (answer) => resolve(answer as Answer), reject });
      this.#launcher.awaitAnswers(true);
      send();
    });
  }

  #refuseUnlessOpen(): void {
    if (this.#state === "closing") throw new SandboxError("closed", "These sandboxes are being closed.");
    if (this.#state === "ended") throw lost();
  }

  #receive<Kind extends keyof Answers>(kind: Kind, message: Answers[Kind]): void {
    switch (kind) {
      case "probed":
      case "opened":
        this.#settle(0, (waiting) => waiting.resolve(message));
        break;
      case "done":
      case "started":
      case "zygoteReady":
        this.#settle((message as Answers["done"]).id, (waiting) => waiting.resolve(message));
        break;
      case "failed": {
        const failed = message as FailedMessage;
        this.#settle(failed.id, (waiting) =>
          waiting.reject(
            toSandboxError(isZygotes(failed) ? "zygoteLost" : waiting.code, waiting.subject, failed),
          ),
        );
        break;
      }
      case "zygoteEnded": {
        const { id, reason } = message as Answers["zygoteEnded"];
        this.#zygotes.get(id)?.(reason);
        this.#zygotes.delete(id);
        break;
      }
      case "ended":
        this.#conclude(message as EndedMessage);
        break;
      case "closed":
        this.#leaked = (message as Answers["closed"]).leaked;
        break;
    }
    this.#rest();
  }

  #settle(id: number, settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting !== undefined) settle(waiting);
  }

  #conclude({ id, signal, leaked, ...ending }: EndedMessage): void {
    this.#leaked = leaked;
    const resolve = this.#running.get(id);
    this.#running.delete(id);
    resolve?.({ ...ending, signal: signal === null ? null : signalName(signal) });
  }

  /** Lets the process end by itself where nothing is awaited. */
  #rest(): void {
    const busy = this.#waiting.size > 0 || this.#running.size > 0 || this.#state === "closing";
    this.#launcher.awaitAnswers(busy);
  }

  #end(): void {
    const wanted = this.#state === "closing";
    this.#state = "ended";
    const error = lost();
    for (const [id] of [...this.#waiting]) this.#settle(id, (waiting) => waiting.reject(error));
    // The launcher's end took its sandboxes along: the kernel kills an init whose launcher is gone.
    for (const resolve of this.#running.values()) resolve(KILLED_WITH_LAUNCHER);
    this.#running.clear();
    for (const resolve of this.#zygotes.values()) resolve("the launcher has ended");
    this.#zygotes.clear();
    if (!wanted) this.#onLost(error);
  }

  /** What has no answer, and no use once the launcher is going. */
  #tell(send: () => void): void {
    if (this.#state === "open") send();
  }

  #host() {
    const seccomp = obstacles("seccomp", this.#facts()).length === 0;
    return { cgroupMode: this.cgroupMode, seccomp };
  }

  #facts(): HostFacts {
    if (this.#opened === undefined) throw new SandboxError("closed", "These sandboxes are not open.");
    return this.#opened;
  }
}

const KILLED_WITH_LAUNCHER: Ending = {
  exitCode: null,
  signal: "SIGKILL",
  killedBy: "workerStopping",
  mainOomKilled: false,
  counters: NO_COUNTERS,
  setupUs: 0,
  teardownUs: 0,
};

function lost(): SandboxError {
  return new SandboxError("launcherLost", "The launcher has ended, and every sandbox with it.", {
    remedy: "What it printed on stderr tells why; open anew to go on.",
  });
}
