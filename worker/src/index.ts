export { readConfig, type WorkerConfig } from "./config.ts";
export { main } from "./main.ts";
export { type MayflyWorker, openWorker } from "./open-worker.ts";
