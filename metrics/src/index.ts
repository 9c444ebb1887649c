export type { BacklogReader, FunctionBacklog } from "./backlog-metrics.ts";
export type { Exposition } from "./exposition.ts";
export { createGatewayMetrics, type GatewayMetrics, type GatewayMetricsOptions } from "./gateway-metrics.ts";
export type { MetricsServer } from "./serve.ts";
export { createWorkerMetrics, type WorkerMetrics, type WorkerMetricsOptions } from "./worker-metrics.ts";
