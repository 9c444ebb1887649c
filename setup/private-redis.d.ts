export interface PrivateRedis {
  /** `unix:///path`, or `redis://:password@127.0.0.1:port`. */
  readonly url: string;
  readonly pid: number;
  /** Resolves with the reason once it has ended, for whatever reason; never rejects. */
  readonly exited: Promise<string>;
  /** Ends it and waits until it is gone; its append-only file stays in the folder. */
  stop(): Promise<void>;
}

export interface PrivateRedisOptions {
  /** The folder of its append-only file, its pid and its socket; made where missing. */
  readonly dir: string;
  /** False: a free loopback port with a password. */
  readonly unixSocket?: boolean;
  readonly log?: (line: string) => void;
}

/** Starts a Redis of one's own; an earlier one that was left in the same folder is ended first. */
export function startPrivateRedis(options: PrivateRedisOptions): Promise<PrivateRedis>;
