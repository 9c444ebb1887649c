import { join } from "node:path";

const HERE = join(import.meta.dirname, "..");

/** Folders of this package that a sandbox gets to see, and where. */
export const RUNNERS = {
  nodejs: {
    folder: join(HERE, "nodejs/build/runner"),
    target: "/runtime/nodejs",
    main: "/runtime/nodejs/runner.cjs",
    /** `node <compiler> <bundle> <entry's name>`: V8's code cache of it on stdout; nothing of it is run. */
    compiler: "/runtime/nodejs/compile.cjs",
  },
  python3: {
    folder: join(HERE, "python3/build/runner"),
    target: "/runtime/python3",
    main: "/runtime/python3/runner.py",
  },
} as const;

/** Where the function's files are in the sandbox. */
export const FUNCTION_DIR = "/function";
/** Beside the function's own files, relative to its folder: what the bundler made. */
export const BUNDLE_DIR = ".mayfly";
