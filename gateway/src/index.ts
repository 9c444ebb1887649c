export { createApp } from "./app.ts";
export { type GatewayConfig, isLoopback, readConfig } from "./config.ts";
export type { GatewayDeps, GatewayMetrics, Log } from "./deps.ts";
export { main } from "./main.ts";
