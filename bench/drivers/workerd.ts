import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/support/free-port.ts";
import { WORKLOAD } from "../peers/peer.ts";
import type { Driver } from "./driver.ts";
import { openHttp } from "./http.ts";

const BINARY = new URL(
  `../peers/workerd/node_modules/@cloudflare/workerd-linux-${process.arch === "x64" ? "64" : process.arch}/bin/workerd`,
  import.meta.url,
).pathname;

const READY_WITHIN_MS = 10_000;

/** The same handler in a V8 isolate of workerd, which is kept, as is the one process around all of them. */
export async function openWorkerd(): Promise<Driver> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-bench-workerd-"));
  const port = await freePort();
  await writeFile(join(folder, "config.capnp"), config(port));
  await writeFile(join(folder, "handler.cjs"), await readFile(join(WORKLOAD, "hello.cjs")));
  await writeFile(join(folder, "worker.js"), WORKER);
  const child = spawn(BINARY, ["serve", join(folder, "config.capnp")], { stdio: "ignore" });
  const exited = once(child, "exit");
  exited.catch(() => undefined);
  const end = async () => {
    child.kill("SIGKILL");
    await exited.catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([answers(`http://127.0.0.1:${port}/`), exited]);
    if (child.exitCode !== null) throw new Error(`workerd left with ${child.exitCode}`);
    const target = { url: `http://127.0.0.1:${port}`, paths: ["/"], workload: "hello" } as const;
    const http = openHttp(target);
    return {
      call: (n) => http.call(n),
      async close() {
        await http.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

const WORKER = `import handler from "handler.cjs";
export default {
  async fetch(request) { return Response.json(handler(await request.json())); },
};
`;

function config(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bench", worker = .bench)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "bench")],
);
const bench :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "handler.cjs", commonJsModule = embed "handler.cjs"),
  ],
  compatibilityDate = "2026-01-01",
);
`;
}

async function answers(url: string): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS;
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > until) throw new Error(`workerd did not listen within ${READY_WITHIN_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
