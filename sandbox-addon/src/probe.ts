import { randomBytes } from "node:crypto";
import { release } from "node:os";
import { checkNames } from "./check-names.ts";
import { controllersOfWalls, type HostFacts, obstacles } from "./enforcement.ts";
import { SandboxError } from "./errors.ts";
import type { Missing } from "./messages.ts";
import { loadNative } from "./native.ts";
import { probeLimits, probeSandbox } from "./probe-limits.ts";
import { compileFilters } from "./profiles.ts";
import { LauncherSandboxes } from "./sandboxes.ts";
import { WALLS, type Wall } from "./types.ts";

/** One thing that a host can or cannot do, found out by doing it. */
export interface Probe {
  readonly name: string;
  /** `WARN`: it works with less, or the operator allowed to do without. */
  readonly status: "PASS" | "WARN" | "FAIL";
  readonly detail: string;
  /** What to do about it; null where nothing is to be done. */
  readonly remedy: string | null;
}

export interface ProbeOptions {
  readonly cgroupParent: string;
  readonly allowWithout: readonly Wall[];
  readonly hostUid: number;
}

/** clone3 into a cgroup, mount_setattr and close_range together. */
const OLDEST_KERNEL = [5, 12] as const;

const NAMESPACE_REMEDY =
  "Run the worker as root with CAP_SYS_ADMIN; in a container, allow the unshare system call (Docker: --cap-add SYS_ADMIN --security-opt seccomp=unconfined). For user namespaces: sysctl user.max_user_namespaces=15000";
const SECCOMP_REMEDY = "Boot a kernel with CONFIG_SECCOMP_FILTER=y";

/**
 * Opens sandboxes, runs some that exceed each limit, and says what held. It takes about a second, and leaves nothing.
 *
 * @example
 * for (const { status, name, detail } of await probe(options)) console.log(status, name, detail);
 */
export async function probe(options: ProbeOptions): Promise<Probe[]> {
  const probes: Probe[] = [probeKernel(release())];
  const sandboxes = await attempt(probes, "native part", async () => {
    const native = loadNative();
    return { native, filters: compileFilters(native), open: new LauncherSandboxes(native, () => undefined) };
  });
  if (sandboxes === undefined) return probes;
  try {
    probes.push(pass("native part", "addon and launcher start, every seccomp profile compiles"));
    const kernel = await attempt(probes, "namespaces", () => sandboxes.open.probe());
    if (kernel === undefined) return probes;
    probes.push(
      ...probeNamespaces(kernel.missingNamespaces, options),
      ...probeSeccomp(kernel.missingSeccomp, options),
    );

    const workerId = `doctor-${process.pid}-${randomBytes(4).toString("hex")}`;
    const facts = await attempt(probes, "cgroups", async () => {
      checkNames({ ...options, workerId });
      return sandboxes.open.open({
        ...options,
        workerId,
        hostGid: options.hostUid,
        allowWithout: controllersOfWalls(options.allowWithout),
        cgroupMode: "",
        debugHoldMs: 0,
        filters: sandboxes.filters,
      });
    });
    if (facts === undefined) return probes;
    probes.push(...probeControllers(facts, options), await probeSandbox(sandboxes.open));
    if (probes.every(({ status }) => status !== "FAIL")) probes.push(...(await probeLimits(sandboxes.open)));
    return probes;
  } finally {
    await sandboxes.open.close();
  }
}

function probeKernel(version: string): Probe {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNewEnough = major > OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor >= OLDEST_KERNEL[1]);
  if (isNewEnough) return pass("kernel", version);
  return {
    name: "kernel",
    status: "FAIL",
    detail: version,
    remedy: `Boot ${OLDEST_KERNEL.join(".")} or newer`,
  };
}

function probeNamespaces(missing: readonly Missing[], { allowWithout }: ProbeOptions): Probe[] {
  if (missing.length === 0) {
    return [pass("namespaces", "cgroup, ipc, mnt, net, pid, time, user and uts can be made")];
  }
  return missing.map(({ name, reason }) =>
    lack(`${name} namespace`, reason, NAMESPACE_REMEDY, allowWithout.includes("namespaces")),
  );
}

function probeSeccomp(missing: readonly Missing[], { allowWithout }: ProbeOptions): Probe[] {
  if (missing.length === 0) return [pass("seccomp", "a filter can be loaded")];
  return missing.map(({ reason }) =>
    lack("seccomp", reason, SECCOMP_REMEDY, allowWithout.includes("seccomp")),
  );
}

function probeControllers(facts: HostFacts, { allowWithout }: ProbeOptions): Probe[] {
  const failing = WALLS.flatMap((wall) =>
    wall === "namespaces" || wall === "seccomp"
      ? []
      : obstacles(wall, facts).map((missing) => ({ ...missing, allowed: allowWithout.includes(wall) })),
  );
  const known = new Set(failing.map(({ name }) => name));
  const others = facts.missingControllers.filter(({ name }) => !known.has(name));
  return [
    pass("cgroups", `mode ${facts.cgroupMode}; the worker's directory was made and locked`),
    ...failing.map(({ name, reason, allowed }) =>
      lack(`${name} controller`, reason, controllerRemedy(facts, name), allowed),
    ),
    // Needed by those functions alone that set such a limit.
    ...others.map(({ name, reason }) =>
      lack(`${name} controller`, reason, controllerRemedy(facts, name), true),
    ),
  ];
}

function controllerRemedy({ cgroupMode }: HostFacts, name: string): string {
  return cgroupMode === "v2"
    ? `echo +${name} > /sys/fs/cgroup/cgroup.subtree_control, for every directory above the worker's (systemd: Delegate=yes); or boot with it enabled`
    : `mount -t cgroup -o ${name} ${name} /sys/fs/cgroup/${name}; if the kernel has it disabled, boot without cgroup_disable=${name}`;
}

/** Adds a failed probe where the attempt throws. */
async function attempt<Result>(
  probes: Probe[],
  name: string,
  tryIt: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await tryIt();
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    probes.push({ name, status: "FAIL", detail: error.reason, remedy: error.remedy });
    return undefined;
  }
}

export const pass = (name: string, detail: string): Probe => ({ name, status: "PASS", detail, remedy: null });

function lack(name: string, detail: string, remedy: string, isAllowed: boolean): Probe {
  return { name, status: isAllowed ? "WARN" : "FAIL", detail, remedy };
}
