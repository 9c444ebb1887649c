export { type Client, type ClientOptions, createClient } from "./client.ts";
export { readFolder } from "./deploy/read-folder.ts";
export { EXIT, EXIT_MEANINGS, type ExitCode } from "./exit-codes.ts";
export { Failure } from "./failure.ts";
