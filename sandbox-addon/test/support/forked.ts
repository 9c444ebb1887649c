import { fileURLToPath } from "node:url";
import type { RootStep, Running, Sandboxes, SandboxSpec, Zygote } from "../../src/index.ts";

const PROGRAMS = fileURLToPath(new URL("../../build/programs", import.meta.url));
const TREE = "programs";
const FOLDER = "/zygote";
const SEPARATOR = "\u001f";

/**
 * The same sandboxes, in which `start` forks: a copy of a zygote executes what was asked for. So whatever is true of a
 * booted process can be asked of a forked one by the same test.
 */
export async function forking(sandboxes: Sandboxes): Promise<Sandboxes> {
  await loadPrograms(sandboxes);
  const zygotes = new Map<string, Promise<Zygote>>();
  const zygoteFor = ({ root, seccomp }: SandboxSpec): Promise<Zygote> => {
    const key = JSON.stringify([root, seccomp]);
    const known = zygotes.get(key);
    if (known !== undefined) return known;
    const opening = openExecutingZygote(sandboxes, root, seccomp);
    // Some calls find one at hand and some do not.
    void opening.then((zygote) => zygote.park(1));
    zygotes.set(key, opening);
    return opening;
  };
  const start = async (spec: SandboxSpec): Promise<Running> => {
    const { argv, env, cwd, hostname, limits } = spec;
    return sandboxes.fork({
      zygote: await zygoteFor(spec),
      env: { ...env, ...toArguments(argv) },
      cwd,
      hostname,
      limits,
      attach: [],
    });
  };
  return new Proxy(sandboxes, {
    get: (target, name) => {
      if (name === "start") return start;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** What a copy of the executing zygote is to execute. */
export function toArguments(argv: readonly string[]) {
  return { MAYFLY_TEST_ARGUMENTS: argv.join(SEPARATOR) };
}

export async function loadPrograms(sandboxes: Sandboxes): Promise<void> {
  await sandboxes.loadTree(TREE, PROGRAMS);
}

export function openExecutingZygote(
  sandboxes: Sandboxes,
  root: readonly RootStep[],
  seccomp: SandboxSpec["seccomp"],
): Promise<Zygote> {
  return sandboxes.openZygote({
    argv: [`${FOLDER}/executing-zygote`],
    env: {},
    root: [...root, { kind: "tree", tree: TREE, target: FOLDER }],
    seccomp,
  });
}
