export * from "./connect.ts";
export { attemptField, attemptsOf, type RecordFields } from "./invocation-record.ts";
export * as keys from "./keys.ts";
export { LANES, type Lane } from "./keys.ts";
export { openStore, type StoreOptions } from "./open-store.ts";
export { type PackedFile, packFiles, unpackFiles } from "./packed-files.ts";
export { loadScript, type Script } from "./script.ts";
export { Subscriptions } from "./subscriptions.ts";
export * from "./types.ts";
