import { readdir, readFile, stat } from "node:fs/promises";

/** The zygotes of a worker: children of its launcher, of root, that run a runtime. */
export async function zygotesOf(workerPid: number): Promise<number[]> {
  const launchers = await childrenOf(workerPid);
  const all = (await Promise.all(launchers.map(childrenOf))).flat();
  const isZygote = await Promise.all(
    all.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      const uid = (await stat(`/proc/${pid}`).catch(() => null))?.uid;
      return uid === 0 && command.startsWith("/runtime/bin/node");
    }),
  );
  return all.filter((_, index) => isZygote[index]);
}

export async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => "")),
  );
  return lists.join(" ").split(" ").filter(Boolean).map(Number);
}

export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

export async function descriptorsOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length;
}
