// A worker to be killed: it opens sandboxes, starts one that never ends, tells its numbers, and waits.
import { PARENT_OPTIONS, startForever } from "./forever.ts";

const [parent, workerId] = process.argv.slice(2);
const { sandboxes, running } = await startForever({
  ...PARENT_OPTIONS,
  cgroupParent: parent ?? "",
  workerId: workerId ?? "",
});
console.log(
  JSON.stringify({ pid: running.pid, cgroups: Object.values(running.cgroups), mode: sandboxes.cgroupMode }),
);
setInterval(() => undefined, 1000);
