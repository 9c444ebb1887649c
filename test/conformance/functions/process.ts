import assert from "node:assert/strict";
import os from "node:os";
import v8 from "node:v8";
import { answering, failureOf, type Questions, shapeOf, sorted } from "./answers.ts";

/** Of one function or invocation alone, so that a boot's and a fork's differ as two boots' do. */
const OF_THE_CALL = /^(MAYFLY_(INVOCATION_ID|FUNCTION|VERSION)|AWS_LAMBDA_FUNCTION_(NAME|VERSION))$/;

export const questions: Questions = {
  "its pid is 2, and its parent is the init": () => [process.pid, process.ppid],
  "a process group and session of its own": async () => {
    const { readFileSync } = await import("node:fs");
    const [, group, session] = readFileSync("/proc/self/stat", "utf8")
      .replace(/.*\) . /, "")
      .split(" ");
    return [group, session];
  },
  "process.argv, argv0, execPath and title": () => [
    process.argv,
    process.argv0,
    process.execPath,
    process.title,
  ],
  "process.execArgv holds what the memory limit asks for": () => process.execArgv,
  "process.env has the function's names and no other": () => sorted(Object.keys(process.env)),
  "process.env has the function's values": () =>
    Object.fromEntries(
      Object.entries(process.env)
        .filter(([name]) => !OF_THE_CALL.test(name))
        .sort(),
    ),
  "process.env can be written, and a child inherits it": async () => {
    const { execFileSync } = await import("node:child_process");
    process.env["WRITTEN"] = "yes";
    delete process.env["HOME"];
    const seen = execFileSync("/usr/bin/env", { encoding: "utf8" });
    process.env["HOME"] = "/tmp";
    return [/^WRITTEN=yes$/m.test(seen), /^HOME=/m.test(seen)];
  },
  "the versions, the release, the architecture and the features": () => [
    process.versions,
    process.release,
    process.arch,
    process.platform,
    process.features,
  ],
  "process.config": () => process.config.variables,
  "the working folder, the umask and the ids": () => [
    process.cwd(),
    process.umask(),
    process.getuid?.(),
    process.geteuid?.(),
    process.getgid?.(),
    process.getegid?.(),
    process.getgroups?.(),
  ],
  "another user, group or priority is refused": async () => [
    await failureOf(() => process.setuid?.(0)),
    await failureOf(() => process.setgid?.(0)),
    await failureOf(() => process.setgroups?.([0])),
    await failureOf(() => os.setPriority(-5)),
  ],
  "its user and its host's name": () => [os.userInfo(), os.homedir(), os.tmpdir()],
  "os.* says of the machine what it says in a boot": () => [
    os.type(),
    os.release(),
    os.version(),
    os.machine(),
    os.endianness(),
    os.totalmem(),
    os.availableParallelism(),
    os.cpus().length,
    shapeOf(os.networkInterfaces()),
    os.EOL,
    os.devNull,
  ],
  "process.uptime() begins with the call": () => {
    const uptime = process.uptime();
    assert.ok(uptime >= 0 && uptime < 3, `${uptime} s`);
  },
  "process.memoryUsage() is of this process": () => {
    const usage = process.memoryUsage();
    assert.ok(usage.rss > 10e6 && usage.rss < 250e6, `rss ${usage.rss}`);
    assert.ok(usage.heapUsed > 1e6 && usage.heapUsed <= usage.heapTotal, `heap ${usage.heapUsed}`);
    assert.ok(process.memoryUsage.rss() > 10e6);
    return Object.keys(usage);
  },
  "process.constrainedMemory() and availableMemory()": () => [
    process.constrainedMemory(),
    process.availableMemory() > 0,
  ],
  "process.cpuUsage() and resourceUsage() begin with the call": () => {
    const { user, system } = process.cpuUsage();
    assert.ok(user + system > 0 && user + system < 3e6, `${user} and ${system} µs`);
    const usage = process.resourceUsage();
    assert.ok(usage.maxRSS > 10_000 && usage.maxRSS < 300_000, `maxRSS ${usage.maxRSS}`);
    return Object.keys(usage);
  },
  "process.report tells of this process": () => {
    const report = process.report.getReport() as unknown as {
      header: Record<string, unknown>;
      environmentVariables: Record<string, string>;
      userLimits: unknown;
    };
    const { processId, cwd, commandLine, nodejsVersion, threadId } = report.header;
    return [
      sorted(Object.keys(report)),
      { processId, cwd, commandLine, nodejsVersion, threadId },
      sorted(Object.keys(report.environmentVariables)),
      report.userLimits,
    ];
  },
  "V8's limits are those of the memory class": () => {
    const { heap_size_limit, number_of_native_contexts } = v8.getHeapStatistics();
    return [heap_size_limit, number_of_native_contexts];
  },
  "V8 can write a heap snapshot": async () => {
    const { readFileSync } = await import("node:fs");
    const written = v8.writeHeapSnapshot("/tmp/x.heapsnapshot");
    return [written, Object.keys(JSON.parse(readFileSync(written, "utf8")))];
  },
  "no global was added or taken away": () =>
    sorted(
      Object.getOwnPropertyNames(globalThis).concat(Object.getOwnPropertySymbols(globalThis).map(String)),
    ),
  "no property of process was added or taken away": () => sorted(Reflect.ownKeys(process)),
  "each property of process is as writable as it was": () =>
    sorted(
      Reflect.ownKeys(process).map((key) => {
        const { writable, enumerable, configurable, get } =
          Object.getOwnPropertyDescriptor(process, key) ?? {};
        return `${String(key)} ${writable} ${enumerable} ${configurable} ${get !== undefined}`;
      }),
    ),
  "who listens to the process's events": () =>
    process
      .eventNames()
      .map((name) => `${String(name)} ${process.listenerCount(name)}`)
      .sort(),
  "what keeps the loop alive": () => process.getActiveResourcesInfo().sort(),
  "it is no child of fork(), and nobody is connected": () => [
    process.connected,
    typeof process.send,
    typeof process.disconnect,
    process.channel === undefined,
  ],
  "process.exitCode is not set, and no permission model is on": () => [
    process.exitCode === undefined,
    process.permission === undefined,
  ],
  "the flags that NODE_OPTIONS allows": () => sorted(process.allowedNodeEnvironmentFlags),
  "process.loadEnvFile() and util.parseEnv()": async () => {
    const { writeFileSync } = await import("node:fs");
    writeFileSync("/tmp/.env", "FROM_FILE=1\n");
    process.loadEnvFile("/tmp/.env");
    return process.env["FROM_FILE"];
  },
  "a warning is an event": async () => {
    const seen = new Promise((resolve) =>
      process.once("warning", ({ name, message }) => resolve([name, message])),
    );
    process.emitWarning("careful", "Tested");
    return await seen;
  },
  "the standard streams: kinds, descriptors, terminals": async () => {
    const { fstatSync } = await import("node:fs");
    const kind = (fd: number) => {
      const stats = fstatSync(fd);
      return [stats.isFIFO(), stats.isSocket(), stats.isCharacterDevice(), stats.isFile()].indexOf(true);
    };
    return [
      [process.stdin, process.stdout, process.stderr].map((stream) => [
        stream.constructor.name,
        stream.fd,
        stream.isTTY === true,
        kind(stream.fd),
      ]),
      process.stdout.writable,
    ];
  },
  "standard input is at its end": async () => {
    let read = 0;
    for await (const chunk of process.stdin) read += (chunk as Buffer).length;
    return [read, process.stdin.readableEnded];
  },
  "the inspector cannot be opened from outside, and is not open": async () => {
    const inspector = await import("node:inspector");
    return [inspector.url() ?? null, process.execArgv.some((flag) => flag.includes("inspect"))];
  },
  "the inspector's session inside of the process": async () => {
    const { Session } = await import("node:inspector/promises");
    const session = new Session();
    session.connect();
    const { result } = await session.post("Runtime.evaluate", { expression: "6 * 7" });
    session.disconnect();
    return result.value;
  },
  "an addon can be loaded": async () => {
    const { createRequire } = await import("node:module");
    return Object.keys(createRequire("/function/")("/function/addon.node") as object);
  },
};

export default answering(questions);
