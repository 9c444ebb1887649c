/**
 * Where a fork's answer is not a boot's, and why that is sound: by area and question. Whatever is not listed must be the
 * same. `traces.test.ts` makes sure that none of them tells of the zygote's launch.
 */
export const DIFFERENCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  process: {
    "no global was added or taken away":
      "fetch has been loaded ahead, and keeps its dispatchers under two symbols, as it does in a boot that fetched",
  },
  proc: {
    "/proc/self/environ holds the names of the function's environment":
      "it is the memory that execve(2) filled, which a copy never went through: nothing but zeros; process.env and getenv(3) have the function's",
    "/proc/self/fd: what is open":
      "a copy lacks what only idle threads of a boot wait with; all that it has, a boot has too",
    "/proc/self/maps: the files that are mapped":
      "the addon that repairs a copy, and the library that V8's pages were placed with, both from /runtime",
  },
};
