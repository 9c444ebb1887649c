import { openSandboxes, probe } from "../../src/index.ts";
import { ROOT, shell } from "./box.ts";
import { forking } from "./forked.ts";

const [cgroupParent = ""] = process.argv.slice(2);
const probes = await probe({ cgroupParent, allowWithout: [], hostUid: 65_533 });
const sandboxes = await openSandboxes({
  cgroupParent,
  workerId: "forking",
  allowWithout: [],
  hostUid: 65_533,
  debugHoldMs: 0,
});
const forked = await shell(await forking(sandboxes), "id -u; grep CapEff /proc/self/status; echo $$ $PPID", {
  root: ROOT,
});
await sandboxes.close();
console.log(JSON.stringify({ probes, forked }));
