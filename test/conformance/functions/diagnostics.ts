import { once } from "node:events";
import fs from "node:fs";
import inspector from "node:inspector";
import module from "node:module";
import readline from "node:readline/promises";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import v8 from "node:v8";
import { answering, failureOf, type Questions } from "./answers.ts";

const importOf = (specifier: string): Promise<unknown> => import(specifier);

export const questions: Questions = {
  "the inspector can be opened by the function itself, inside of its sandbox": async () => {
    const opened = await failureOf(() => inspector.open(0, "127.0.0.1"));
    const address = inspector.url()?.replace(/\d+\/.*/, "N");
    inspector.close();
    return [opened, address, inspector.url() ?? null];
  },
  "a CPU profile and a heap profile": async () => {
    const { Session } = await import("node:inspector/promises");
    const session = new Session();
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    for (let i = 0; i < 1e6; i++) Math.sqrt(i);
    const { profile } = await session.post("Profiler.stop");
    await session.post("HeapProfiler.startSampling");
    const sampled = await session.post("HeapProfiler.stopSampling");
    session.disconnect();
    return [profile.nodes.length > 0, Object.keys(sampled.profile)];
  },
  "coverage is taken": async () => {
    const { Session } = await import("node:inspector/promises");
    const session = new Session();
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.startPreciseCoverage", { callCount: true });
    const { result } = await session.post("Profiler.takePreciseCoverage");
    session.disconnect();
    return Array.isArray(result);
  },
  "a report is written": () => {
    const written = process.report.writeReport("/tmp/report.json");
    return [written, Object.keys(JSON.parse(fs.readFileSync("/tmp/report.json", "utf8"))).length];
  },
  "V8's statistics and its own serialization": () => [
    Object.keys(v8.getHeapStatistics()),
    v8.getHeapSpaceStatistics().map(({ space_name }) => space_name),
    v8.deserialize(v8.serialize(new Map([[1, { a: [2n] }]]))).get(1).a[0] === 2n,
    v8.cachedDataVersionTag() > 0,
  ],
  "V8's flags may be set": () => {
    v8.setFlagsFromString("--stack-size=500");
    v8.setFlagsFromString("--stack-size=984");
    return typeof (globalThis as { gc?: unknown }).gc;
  },
  "tests run": async () => {
    const { run } = await import("node:test");
    fs.writeFileSync(
      "/tmp/x.test.mjs",
      "import { test } from 'node:test'; test('a', () => {}); test('b', () => { throw 1; });",
    );
    const ended: string[] = [];
    for await (const { type } of run({ files: ["/tmp/x.test.mjs"], isolation: "process" }))
      if (type === "test:pass" || type === "test:fail") ended.push(type);
    return ended;
  },
  "hooks for modules, in this thread and in one of their own": async () => {
    const hooks = module.registerHooks({
      load: (url, context, next) =>
        url === "data:text/javascript,hooked"
          ? { format: "module", shortCircuit: true, source: "export default 1" }
          : next(url, context),
    });
    const here = (await importOf("data:text/javascript,hooked")) as { default: number };
    hooks.deregister();
    const source =
      "export const resolve = (s, c, n) => s === 'virtual:x' ? { url: 'data:text/javascript,export default 2', shortCircuit: true } : n(s, c);";
    module.register(`data:text/javascript,${encodeURIComponent(source)}`);
    const there = (await importOf("virtual:x")) as { default: number };
    return [here.default, there.default];
  },
  "the compile cache": () => {
    const { status, directory } = module.enableCompileCache("/tmp/cache");
    return [status, directory?.startsWith("/tmp/cache/")];
  },
  "a source map is found": async () => {
    const map = { version: 3, sources: ["x.ts"], names: [], mappings: "AAAA" };
    const inline = Buffer.from(JSON.stringify(map)).toString("base64");
    fs.writeFileSync("/tmp/mapped.cjs", `1;\n//# sourceMappingURL=data:application/json;base64,${inline}\n`);
    process.setSourceMapsEnabled(true);
    await importOf("/tmp/mapped.cjs");
    const found = module.findSourceMap("/tmp/mapped.cjs")?.payload.sources;
    process.setSourceMapsEnabled(false);
    return found;
  },
  "lines are read": async () => {
    const lines: string[] = [];
    for await (const line of readline.createInterface({ input: Readable.from(["a\nb\n", "c"]) }))
      lines.push(line);
    return lines;
  },
  "a WASI program could be started": async () => {
    const { WASI } = await import("node:wasi");
    return typeof new WASI({ version: "preview1" }).wasiImport;
  },
  "SIGUSR1 is a function's own where it listens": async () => {
    const heard = once(process, "SIGUSR1");
    process.kill(process.pid, "SIGUSR1");
    await heard;
    await sleep(50);
    return inspector.url() ?? null;
  },
};

export default answering(questions);
