export * from "./frames.ts";
export * from "./paths.ts";
export * from "./read-frames.ts";
export * from "./write-frames.ts";
export * from "./zygotes.ts";
