// A program of its own, started by sandbox.ts: it alone of the CLI loads the native part, which may not load here.
import { CGROUP_MODES } from "@mayfly/contract";
import { type Probe, probe, WALLS } from "@mayfly/sandbox-addon";
import { readProgramConfig } from "../config.ts";
import type { Check } from "./check.ts";
import type { SandboxDiagnosis } from "./sandbox.ts";

const { MAYFLY_CGROUP_PARENT, MAYFLY_ALLOW_WITHOUT, MAYFLY_SANDBOX_UID } = readProgramConfig(process.env);

const probes = await probe({
  cgroupParent: MAYFLY_CGROUP_PARENT,
  allowWithout: WALLS.filter((wall) => MAYFLY_ALLOW_WITHOUT.includes(wall)),
  hostUid: MAYFLY_SANDBOX_UID,
});
const diagnosis: SandboxDiagnosis = { checks: probes.map(checkOf), cgroupMode: modeIn(probes) };
process.stdout.write(JSON.stringify(diagnosis));

function checkOf({ name, status, detail, remedy }: Probe): Check {
  return { name, verdict: status, found: detail, remedy };
}

/** The probe of cgroups says the mode first, where one was found. */
function modeIn(all: readonly Probe[]): SandboxDiagnosis["cgroupMode"] {
  const { detail = "" } = all.find(({ name, status }) => name === "cgroups" && status === "PASS") ?? {};
  return CGROUP_MODES.find((mode) => detail.startsWith(`mode ${mode};`)) ?? null;
}
