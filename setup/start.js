// @ts-check
// npm start: makes this machine ready, then `mayfly up` with the same arguments.
import { resolve } from "node:path";
import { bootstrap, runScript } from "./bootstrap.js";
import { REPOSITORY } from "./child-environment.js";
import { settleEarlierRun } from "./earlier-run.js";
import { checkDataFolder, checkPorts } from "./preconditions.js";
import { runUp } from "./run-up.js";

const {
  MAYFLY_HOST: host = "127.0.0.1",
  MAYFLY_PORT: port = "8080",
  MAYFLY_WORKER_METRICS_HOST: metricsHost = "127.0.0.1",
  MAYFLY_WORKER_METRICS_PORT: metricsPort = "9464",
  MAYFLY_DATA_DIR: dataDir = "./.mayfly",
} = process.env;

async function checkAddresses() {
  const folder = resolve(REPOSITORY, dataDir);
  checkDataFolder(folder);
  await settleEarlierRun(folder);
  await checkPorts([
    { variable: "MAYFLY_PORT", host, port: Number(port) },
    { variable: "MAYFLY_WORKER_METRICS_PORT", host: metricsHost, port: Number(metricsPort) },
  ]);
}

await runScript(async () => {
  await bootstrap("run", { alsoCheck: checkAddresses });
  return runUp(process.argv.slice(2));
});
