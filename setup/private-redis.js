import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 10_000;
const SETPRIV = "/usr/bin/setpriv";

/** sun_path has 108 bytes, the ending NUL among them: unix(7). */
const MAX_SOCKET_PATH = 107;

/**
 * Starts a Redis of one's own: nobody but this user reaches it, nothing is evicted, and every write is in an
 * append-only file within a second. One that an earlier run left behind in the same folder is ended first.
 *
 * It is a session of its own, so that Ctrl-C reaches those who use it first, and it ends with whoever started it.
 *
 * @param {{ dir: string, unixSocket?: boolean, log?: (line: string) => void }} options `unixSocket: false` listens
 *   on a free loopback port with a password
 */
export async function startPrivateRedis({ dir, unixSocket = true, log = () => {} }) {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const home = await realpath(dir);
  await endLeftover(home);
  const address = unixSocket ? await unixAddress(home) : await loopbackAddress();
  const server = launch(home, address, log);
  try {
    await answers(server, address);
  } catch (error) {
    server.child.kill("SIGKILL");
    throw error;
  }
  return {
    url: address.url,
    pid: server.pid,
    exited: server.exited,
    async stop() {
      const force = setTimeout(() => server.child.kill("SIGKILL"), STOP_WITHIN_MS);
      server.child.kill("SIGTERM");
      await server.exited;
      clearTimeout(force);
      await rm(pidFile(home), { force: true });
      if (address.socketFolder !== null) await rm(address.socketFolder, { recursive: true, force: true });
    },
  };
}

/** @param {string} home */
const pidFile = (home) => join(home, "redis.pid");

/** @typedef {{ url: string, config: string[], greeting: string, target: import("node:net").NetConnectOpts, socketFolder: string | null }} Address */

/** @param {string} home @returns {Promise<Address>} */
async function unixAddress(home) {
  let path = join(home, "redis.sock");
  let socketFolder = null;
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    socketFolder = await mkdtemp(join(tmpdir(), "mayfly-redis-"));
    path = join(socketFolder, "redis.sock");
  }
  const config = ["port 0", `unixsocket ${quote(path)}`, "unixsocketperm 700"];
  return { url: `unix://${path}`, config, greeting: "PING\r\n", target: { path }, socketFolder };
}

/** @returns {Promise<Address>} */
async function loopbackAddress() {
  const port = await freePort();
  const password = randomBytes(24).toString("hex");
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    config: ["bind 127.0.0.1", `port ${port}`, `requirepass ${password}`],
    greeting: `AUTH ${password}\r\nPING\r\n`,
    target: { host: "127.0.0.1", port },
    socketFolder: null,
  };
}

/** @param {string} text */
const quote = (text) => JSON.stringify(text);

/** @param {string} home @param {Address} address @param {(line: string) => void} log */
function launch(home, address, log) {
  const config = [
    ...address.config,
    `dir ${quote(home)}`,
    `pidfile ${quote(pidFile(home))}`,
    "daemonize no",
    "appendonly yes",
    "appendfsync everysec",
    'save ""',
    "maxmemory-policy noeviction",
  ];
  // The configuration goes over stdin, since arguments (and so the password) are everybody's to read.
  const command = existsSync(SETPRIV)
    ? [SETPRIV, "--pdeathsig", "TERM", "redis-server", "-"]
    : ["redis-server", "-"];
  const child = spawn(command[0], command.slice(1), { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  /** @type {string[]} */
  const lastLines = [];
  const take = (/** @type {Buffer} */ chunk) => {
    for (const line of chunk.toString().split("\n").filter(Boolean)) {
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      log(line);
    }
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  /** @type {Promise<string>} */
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it exited with ${code ?? signal}`));
  });
  child.stdin.on("error", () => {});
  child.stdin.end(`${config.join("\n")}\n`);
  const pid = child.pid ?? -1;
  return { child, pid, exited, home, lastLines };
}

/** @param {ReturnType<typeof launch>} server @param {Address} address */
async function answers(server, address) {
  /** @type {string | null} */
  let ended = null;
  server.exited.then((reason) => {
    ended = reason;
  });
  for (const until = Date.now() + READY_WITHIN_MS; Date.now() < until; ) {
    if (ended !== null)
      throw new Error(
        `redis-server did not start: ${ended}. ${server.lastLines.join(" ")} Install it with: apt-get install redis-server`,
      );
    if (await pongs(address)) {
      await writeFile(pidFile(server.home), `${server.pid}\n`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(
    `redis-server in ${server.home} did not answer within ${READY_WITHIN_MS / 1000} s: ${server.lastLines.join(" ")}`,
  );
}

/** True once it answers PING; while it loads its file it answers LOADING. @param {Address} address */
function pongs({ target, greeting }) {
  return new Promise((resolve) => {
    const socket = connect(target);
    let answer = "";
    socket.setTimeout(1000, () => socket.destroy());
    socket.once("connect", () => socket.write(greeting));
    socket.on("data", (chunk) => {
      answer += chunk;
      if (answer.includes("PONG") || answer.includes("-")) socket.destroy();
    });
    socket.once("error", () => {});
    socket.once("close", () => resolve(answer.includes("PONG")));
  });
}

/**
 * Ends a redis-server that still lives in this folder: its keeper was killed. The number in the file may belong to
 * somebody else by now, so the process must be a redis-server whose working directory is this very folder.
 *
 * @param {string} home
 */
async function endLeftover(home) {
  const pid = Number(await readFile(pidFile(home), "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 1 || !(await isRedisIn(pid, home))) return;
  process.kill(pid, "SIGTERM");
  for (const until = Date.now() + STOP_WITHIN_MS; await isRedisIn(pid, home); ) {
    if (Date.now() > until) process.kill(pid, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** @param {number} pid @param {string} home */
async function isRedisIn(pid, home) {
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
  const exe = await readlink(`/proc/${pid}/exe`).catch(() => null);
  return cwd === home && exe !== null && /^(redis|valkey)/.test(basename(exe));
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
