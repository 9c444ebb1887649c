const PRELOADED =
  "the test changes a constant of node:buffer before node:zlib reads it as it loads; a zygote has loaded node:zlib";

/**
 * Node's own tests that end otherwise in a fork than in a boot, and why that is sound. A difference that is not listed
 * is a fault.
 */
export const EXPLAINED: Readonly<Record<string, string>> = {
  "test-inspector-tracing-domain.js":
    "Node's tracing has an event loop of its own since its boot, which a copy does not have; a function that traces sets isolation to exec",
  "test-performance-nodetiming.js":
    "the test wants each step of the boot to have taken time; a copy has been through them when it begins, so they all lie at its start",
  "test-zlib-brotli-kmaxlength-rangeerror.js": PRELOADED,
  "test-zlib-kmaxlength-rangeerror.js": PRELOADED,
  "test-zlib-zstd-kmaxlength-rangeerror.js": PRELOADED,
};
