import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire, isBuiltin, Module } from "node:module";
import stream from "node:stream";
import { pipeline } from "node:stream/promises";
import { inspect } from "node:util";
import vm from "node:vm";
import { answering, failureOf, type Questions } from "./answers.ts";

const require = createRequire("/function/");
/** What the bundler cannot look into, since it is there only later. */
const importOf = (specifier: string): Promise<unknown> => import(specifier);

export const questions: Questions = {
  "a hot loop is optimised in time": () => {
    const startedAt = performance.now();
    let sum = 0;
    for (let i = 0; i < 3e7; i++) sum = (sum + i * 3) % 1_000_003;
    assert.ok(performance.now() - startedAt < 4000, `${performance.now() - startedAt} ms`);
    return sum;
  },
  "garbage is collected, young and old, weak and final": async () => {
    const finalised = { count: 0 };
    const registry = new FinalizationRegistry(() => void finalised.count++);
    for (let i = 0; i < 2000; i++) registry.register({ i, junk: new Array(2000).fill(i) }, i);
    for (let i = 0; i < 50 && finalised.count === 0; i++) {
      Array.from({ length: 20_000 }, (_, k) => ({ k }));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return finalised.count > 0;
  },
  "a recursion without end is a RangeError": async () => {
    const forever = (n: number): number => forever(n + 1) + 1;
    return await failureOf(() => forever(0));
  },
  "the stack is as deep as ever": () => {
    let depth = 0;
    const dive = () => {
      depth++;
      dive();
    };
    assert.throws(dive, RangeError);
    assert.ok(depth > 5000 && depth < 20_000, String(depth));
  },
  "dynamic import of a builtin, of data and of a file": async () => {
    fs.writeFileSync(
      "/tmp/one.mjs",
      "import { two } from './two.cjs'; export const three = two + 1; export default import.meta.filename;",
    );
    fs.writeFileSync("/tmp/two.cjs", "exports.two = 2; exports.main = require.main === module;");
    const file = (await importOf("/tmp/one.mjs")) as Record<string, unknown>;
    const data = (await importOf("data:text/javascript,export default 5")) as { default: number };
    const builtin = (await import("node:path")) as { sep: string };
    return [file["three"], file["default"], data.default, builtin.sep];
  },
  "require of CommonJS, JSON, a builtin and an ES module": () => {
    fs.writeFileSync("/tmp/value.json", '{"json":true}');
    fs.writeFileSync("/tmp/module.mjs", "export const esm = true;");
    return [
      require("/tmp/value.json"),
      { ...(require("/tmp/module.mjs") as object) },
      typeof require("node:fs").readFileSync,
      require.resolve("node:os"),
      isBuiltin("test/reporters"),
    ];
  },
  "TypeScript is stripped": async () => {
    fs.writeFileSync("/tmp/typed.ts", "const n: number = 3; export default n satisfies number;");
    return ((await importOf("/tmp/typed.ts")) as { default: number }).default;
  },
  "a module that is not there": async () => [
    await failureOf(() => require("nowhere")),
    await failureOf(() => importOf("/tmp/nowhere.mjs")),
  ],
  "the cache of modules holds nothing but the function's": () => [
    Object.keys(Module.prototype.constructor === Module ? (require.cache ?? {}) : {}).filter(
      (path) => !path.startsWith("/tmp/") && !path.startsWith("/function/"),
    ),
    Module.builtinModules.length,
    (Module as unknown as { globalPaths: string[] }).globalPaths,
  ],
  "require.main, __filename and import.meta": () => [
    typeof __filename === "string" ? __filename : null,
    import.meta.url,
    import.meta.filename,
    import.meta.dirname,
  ],
  "vm: contexts, scripts, code caches and imports": async () => {
    const context = vm.createContext({ x: 2 });
    const script = new vm.Script("x * 21");
    const again = new vm.Script("x * 21", { cachedData: script.createCachedData() });
    const imported = (await vm.runInThisContext("import('node:path')", {
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    })) as { sep: string };
    return [
      script.runInContext(context),
      again.cachedDataRejected,
      imported.sep,
      await failureOf(() => vm.runInNewContext("for (;;);", {}, { timeout: 20 })),
      vm.isContext(context),
    ];
  },
  // biome-ignore lint/security/noGlobalEval: a function may.
  "eval and new Function": () => [eval("1 + 1"), new Function("a", "return a * 2")(4)],
  "Intl: dates, numbers, lists, segments, order": () => [
    new Intl.DateTimeFormat("de-DE", { dateStyle: "full", timeZone: "Asia/Tokyo" }).format(0),
    new Intl.NumberFormat("hi-IN", { style: "currency", currency: "INR" }).format(1234567.8),
    new Intl.ListFormat("fr").format(["a", "b", "c"]),
    [...new Intl.Segmenter("ja", { granularity: "word" }).segment("日本語の文")].length,
    ["z", "ä", "a"].sort(new Intl.Collator("sv").compare),
    new Intl.RelativeTimeFormat("es").format(-1, "day"),
    "İ".toLocaleLowerCase("tr"),
    Intl.supportedValuesOf("timeZone").length,
  ],
  "text in many encodings": () => [
    new TextDecoder("shift_jis").decode(Uint8Array.of(0x93, 0xfa)),
    new TextDecoder("windows-1252").decode(Uint8Array.of(0x80)),
    Buffer.from("é🪰").toString("utf16le").length,
    Buffer.from("w6k=", "base64").toString(),
  ],
  "regular expressions, of all flags": () => [
    "aBc".replace(/(?<first>a)(?=B)/giv, "$<first>!"),
    [..."2024-01-02".matchAll(/\d+/g)].map(String),
    /\p{Emoji_Presentation}/v.test("🪰"),
  ],
  "streams: pipelines, iterators, the web's": async () => {
    const doubled: number[] = [];
    await pipeline(
      stream.Readable.from([1, 2, 3]),
      new stream.Transform({ objectMode: true, transform: (n: number, _, done) => done(null, n * 2) }),
      async (source) => {
        for await (const n of source) doubled.push(n as number);
      },
    );
    const web = stream.Readable.toWeb(stream.Readable.from([Buffer.from("a"), Buffer.from("b")]));
    const texts = web.tee().map((half) => new Response(half as ReadableStream).text());
    return [doubled, await Promise.all(texts)];
  },
  "URLs, patterns and parameters": () => [
    new URL("../b?x=1#y", "http://ä.example/a/c").href,
    new URLSearchParams({ a: "1 2" }).toString(),
    new URLPattern({ pathname: "/:id" }).exec("http://x/7")?.pathname.groups["id"],
  ],
  "inspect and errors with causes": () =>
    inspect(new Map([[{ a: [1, { b: new Set([1]) }] }, new Error("x").message]]), { depth: 4 }),
  "Error.stackTraceLimit, and a trace of async frames": async () => {
    const inner = async () => {
      await null;
      throw new Error("deep");
    };
    const outer = async () => await inner();
    const stack = await outer().catch(({ stack }: Error) => stack ?? "");
    return [Error.stackTraceLimit, stack.includes("async outer"), typeof Error.captureStackTrace];
  },
  "source maps name the TypeScript": () => {
    const stack = new Error("here").stack ?? "";
    return [/language\.ts:\d+:\d+/.test(stack), stack.includes("/runtime")];
  },
  navigator: () => [
    navigator.userAgent,
    navigator.language,
    navigator.platform,
    navigator.hardwareConcurrency,
  ],
  "the console's table, timers and counters": () => {
    console.table([{ a: 1 }]);
    console.count("n");
    console.time("t");
    console.timeEnd("t");
    console.assert(true);
    console.dir({ a: 1 });
  },
  "the modules that could be asked for all load": async () => {
    const skipped = new Set(["inspector", "test", "test/reporters", "sea", "wasi"]);
    const names = Module.builtinModules.filter(
      (name) => !name.startsWith("_") && !skipped.has(name.replace("node:", "")),
    );
    const loaded = await Promise.all(names.map(async (name) => await failureOf(() => import(name))));
    return loaded.filter((failure) => failure !== "nothing failed");
  },
};

export default answering(questions);
