export { startDispatcher } from "./dispatcher.ts";
export { createProducer } from "./producer.ts";
export * from "./types.ts";
