import { join } from "node:path";
import { forgetRun, settleEarlierRun } from "../../../setup/earlier-run.js";
import { checkDataFolder, checkPorts } from "../../../setup/preconditions.js";
import { createSteps, type Step } from "../../../setup/progress.js";
import { Refusal } from "../../../setup/refusal.js";
import { createClient } from "../client.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { Failure } from "../failure.ts";
import { REPOSITORY } from "../program-files.ts";
import { line, type Terminal } from "../terminal.ts";
import { readUpConfig, type UpConfig } from "./config.ts";
import { callThumbnail, type FirstCall } from "./first-call.ts";
import { startParts } from "./parts.ts";
import { deployAll, functionFolders } from "./samples.ts";
import { callText, KEY_WANTED, urlsText } from "./texts.ts";

export interface UpOptions {
  readonly once: boolean;
  readonly json: boolean;
  readonly terminal: Terminal;
}

/** Starts everything, proves that it works with one call, serves until it is told to stop, and leaves nothing. */
export async function runUp({ once, json, terminal }: UpOptions): Promise<ExitCode> {
  const config = await readUpConfig(terminal.env, terminal.cwd);
  // With --json stdout is for the one object.
  const tell = json ? terminal.err : terminal.out;
  const step = createSteps({
    write: tell,
    isTTY: !json && terminal.outIsTerminal,
    columns: terminal.columns,
  });
  await step("addresses", () => checkAddresses(config));
  const parts = await step(
    "start",
    () =>
      startParts({
        config,
        say: (sentence) => tell(line(sentence)),
        stopping: terminal.stopping,
        hurrying: terminal.hurrying,
      }),
    () => (config.redisUrl === null ? "private Redis, gateway, worker" : "gateway, worker"),
  );
  try {
    const call = await proveItWorks(step, config, terminal.stopping).catch((error: unknown) => {
      if (!once && isForAKey(error)) return null;
      throw error;
    });
    tell(`\n${call === null ? KEY_WANTED : callText(call)}\n\n${urlsText(config, parts.privateRedis)}\n`);
    if (json) terminal.out(line(JSON.stringify({ url: config.url, metricsUrl: config.metricsUrl, ...call })));
    if (!once) await untilStopped(tell, terminal.stopping);
  } catch (error) {
    if (!terminal.stopping.aborted) throw error;
  } finally {
    await step("drain", async () => {
      await parts.stop();
      forgetRun(config.dataDir);
      return "nothing is left running";
    });
  }
  return once && terminal.stopping.aborted ? EXIT.interrupted : EXIT.ok;
}

async function checkAddresses({
  dataDir,
  host,
  port,
  metricsHost,
  metricsPort,
  url,
}: UpConfig): Promise<string> {
  try {
    checkDataFolder(dataDir);
    await settleEarlierRun(dataDir);
    await checkPorts([
      { variable: "MAYFLY_PORT", host, port },
      { variable: "MAYFLY_WORKER_METRICS_PORT", host: metricsHost, port: metricsPort },
    ]);
  } catch (error) {
    if (error instanceof Refusal)
      throw new Failure(EXIT.usage, "cannotStart", error.message, { cause: error });
    throw error;
  }
  return `${url} is free`;
}

async function proveItWorks(step: Step, config: UpConfig, stopping: AbortSignal): Promise<FirstCall> {
  const client = createClient({ url: config.url, apiKey: config.apiKey });
  const functions = join(REPOSITORY, "functions");
  await step(
    "deploy",
    async () => deployAll(client, await functionFolders(functions), stopping),
    ({ length }) => `${length} functions`,
  );
  return step(
    "first call",
    () => callThumbnail(client, functions, stopping),
    ({ receipt }) => `thumbnail, in a ${receipt.cgroupMode} cgroup`,
  );
}

/** Who made keys and starts again without one wants to serve all the same; only the samples cannot be deployed. */
function isForAKey(error: unknown): boolean {
  return error instanceof Failure && ["unauthenticated", "forbidden"].includes(error.code);
}

async function untilStopped(tell: (text: string) => void, stopping: AbortSignal): Promise<void> {
  tell("\nCtrl-C stops it; a second one does not wait for what still runs.\n");
  if (stopping.aborted) return;
  await new Promise((resolve) => stopping.addEventListener("abort", resolve, { once: true }));
  tell("\n");
}
