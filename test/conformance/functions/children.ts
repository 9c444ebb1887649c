import child from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { answering, failureOf, type Questions } from "./answers.ts";

const node = (code: string, ...flags: string[]) =>
  child.spawnSync(process.execPath, [...flags, "-e", code], { encoding: "utf8" });

export const questions: Questions = {
  "spawn: output, status and signal": async () => {
    const cat = child.spawn("/bin/cat");
    cat.stdin.end("through a pipe");
    const [[status], text] = await Promise.all([
      once(cat, "close"),
      (async () => (await cat.stdout.toArray()).join(""))(),
    ]);
    const sleeper = child.spawn("/bin/sleep", ["9"]);
    sleeper.kill("SIGTERM");
    return [text, status, await once(sleeper, "exit")];
  },
  "exec and execFile, with a status of their own": async () => {
    const { stdout } = await promisify(child.exec)("echo $((6 * 7)) && pwd");
    const failed = await promisify(child.execFile)("/bin/sh", ["-c", "exit 5"]).catch(
      ({ code }) => code as number,
    );
    return [stdout, failed];
  },
  "spawnSync and execSync": () => [
    child.execSync("cat", { input: "in", encoding: "utf8" }),
    child.spawnSync("/bin/sh", ["-c", "kill -9 $$"]).signal,
  ],
  "a command that is not there": async () => [
    (child.spawnSync("/nowhere").error as NodeJS.ErrnoException).code,
    await failureOf(async () => await once(child.spawn("/nowhere"), "exit")),
  ],
  "fork: a Node that talks back": async () => {
    fs.writeFileSync(
      "/tmp/child.cjs",
      "process.on('message', (m) => { process.send(m * 2); process.disconnect(); })",
    );
    const forked = child.fork("/tmp/child.cjs");
    forked.send(21);
    const [answer] = (await once(forked, "message")) as [number];
    return [answer, await once(forked, "exit")];
  },
  "fork: handles are passed on": async () => {
    const { createServer } = await import("node:net");
    fs.writeFileSync(
      "/tmp/handle.cjs",
      "process.on('message', (m, server) => { server.on('connection', (s) => s.end('from the child')); })",
    );
    const forked = child.fork("/tmp/handle.cjs");
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => forked.send("server", server, resolve));
    server.close();
    const { connect } = await import("node:net");
    const text = (await connect(port, "127.0.0.1").toArray()).join("");
    forked.kill();
    await once(forked, "exit");
    return text;
  },
  "a Node of its own has a clean start": () => {
    const { stdout, stderr, status } = node(
      "console.log(JSON.stringify([process.ppid, process.argv.length, process.execArgv.slice(0, -1).length, process.uptime() < 5, typeof gc, process.env.LD_PRELOAD ?? null, process.env.NODE_OPTIONS ?? null]))",
    );
    return [stdout, stderr, status];
  },
  "a child inherits no descriptor but the standard ones": () =>
    // ls opens the folder itself as one more.
    child.execSync("ls /proc/self/fd", { encoding: "utf8" }).trim().split("\n"),
  "a child inherits no blocked and no ignored signal": () =>
    child
      .execSync("grep -E '^(SigBlk|SigIgn|SigCgt)' /proc/self/status", { encoding: "utf8" })
      .replace(/\s+/g, " "),
  "a child's limits, priority and memory score": () => [
    child.execSync("ulimit -a; nice; cat /proc/self/oom_score_adj", { encoding: "utf8", shell: "/bin/bash" }),
  ],
  "a detached child in a session of its own": async () => {
    const detached = child.spawn("/bin/sh", ["-c", "ps -o sid= -p $$ || cut -d' ' -f6 /proc/self/stat"], {
      detached: true,
    });
    const session = Number((await detached.stdout.toArray()).join(""));
    return session === detached.pid;
  },
  "more standard descriptors than three": async () => {
    const spawned = child.spawn("/bin/sh", ["-c", "echo four >&4"], {
      stdio: ["ignore", "ignore", "ignore", "ignore", "pipe"],
    });
    const text = (await (spawned.stdio[4] as NodeJS.ReadableStream & AsyncIterable<Buffer>)
      [Symbol.asyncIterator]()
      .next()) as { value: Buffer };
    return text.value.toString();
  },
  "a child is aborted by a signal, and by its timeout": async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    return [
      await failureOf(() => promisify(child.execFile)("/bin/sleep", ["9"], { signal: controller.signal })),
      child.spawnSync("/bin/sleep", ["9"], { timeout: 30 }).signal,
    ];
  },
  "a process's own signals reach its listeners": async () => {
    const heard: string[] = [];
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2", "SIGWINCH", "SIGCHLD"] as const) {
      const got = once(process, signal);
      process.kill(process.pid, signal);
      await got;
      heard.push(signal);
    }
    return heard;
  },
  "a signal without a listener any more is what it was": async () => {
    const listener = () => {};
    process.on("SIGUSR2", listener).off("SIGUSR2", listener);
    const status = () => /SigCgt:\s+(\S+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
    await sleep(5);
    // SIGUSR2 is the twelfth.
    return (BigInt(`0x${status()}`) >> 11n) & 1n ? "caught" : "not caught";
  },
  "which signals are blocked, ignored and caught": () =>
    fs
      .readFileSync("/proc/self/status", "utf8")
      .split("\n")
      .filter((line) => /^(SigBlk|SigIgn|SigQ|ShdPnd)/.test(line))
      .map((line) => line.replace(/SigQ:\s+\d+\//, "SigQ: ")),
  "processes that cannot be signalled": async () => [
    await failureOf(() => process.kill(1, "SIGTERM")),
    await failureOf(() => process.kill(4000, 0)),
    process.kill(process.pid, 0),
  ],
  "a cluster of one": async () => {
    const cluster = (await import("node:cluster")).default;
    fs.writeFileSync(
      "/tmp/worker.cjs",
      "require('node:http').createServer((q, a) => a.end('of the cluster')).listen(8123, '127.0.0.1')",
    );
    cluster.setupPrimary({ exec: "/tmp/worker.cjs" });
    const member = cluster.fork();
    await once(member, "listening");
    const text = await (await fetch("http://127.0.0.1:8123")).text();
    const left = once(member, "exit");
    member.kill();
    await left;
    return [cluster.isPrimary, text];
  },
  "orphans are taken by the init, and do not stay": async () => {
    child.execSync("(sleep 0.05 &) ; true");
    await sleep(150);
    return fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;
  },
};

export default answering(questions);
