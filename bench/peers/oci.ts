import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LIMITS } from "../limits.ts";
import { cgroupMode, UNIFIED_MOUNT } from "../machine/host.ts";
import { INSIDE, NODE_FOLDER, type Peer, SYSTEM_FOLDERS, WORKLOAD } from "./peer.ts";

const walls =
  "OCI container: 6 namespaces (no user, no time), the same cgroup limits, own root of bind mounts, no capabilities, no seccomp";

export const crun: Peer = {
  title: "crun + node",
  what: walls,
  install: "apt-get install crun",
  prepare: (folder) => prepareBundle("crun", folder),
  // crun 1.8 refuses a host with both cgroup versions, so its trials see none but the first.
  async around() {
    if ((await cgroupMode()) !== "hybrid") return [];
    return ["unshare", "--mount", "sh", "-c", `umount -l ${UNIFIED_MOUNT} && exec "$@"`, "sh"];
  },
};

export const runc: Peer = {
  title: "runc + node",
  what: `${walls}; what Docker and containerd run by default`,
  install: "apt-get install runc",
  prepare: (folder) => prepareBundle("runc", folder),
};

/** One bundle for all calls; each container has a name of its own. */
async function prepareBundle(program: "crun" | "runc", folder: string) {
  const config = ociConfig();
  // The runtimes make a mount point that is missing, and two at the same time would both try.
  for (const { destination } of config.mounts)
    await mkdir(join(folder, "rootfs", destination), { recursive: true });
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  const options = ["--root", join(folder, "state"), "run", "--bundle", folder];
  return (call: number) => [program, ...options, `mayfly-bench-${process.pid}-${call}`] as const;
}

function ociConfig() {
  const bind = (destination: string, source: string) => ({
    destination,
    source,
    type: "bind",
    options: ["rbind", "ro"],
  });
  const tmpfs = (destination: string, ...options: string[]) => ({
    destination,
    source: "tmpfs",
    type: "tmpfs",
    options: ["nosuid", ...options],
  });
  return {
    ociVersion: "1.0.0",
    process: {
      terminal: false,
      user: { uid: 0, gid: 0 },
      args: [INSIDE.node, INSIDE.program],
      env: ["PATH=/usr/bin"],
      cwd: INSIDE.folder,
      noNewPrivileges: true,
      capabilities: {},
    },
    root: { path: "rootfs", readonly: true },
    hostname: "bench",
    mounts: [
      { destination: "/proc", source: "proc", type: "proc" },
      tmpfs("/dev", "mode=755", "size=64k"),
      tmpfs("/tmp", "nodev", `size=${LIMITS.tmpfsBytes}`),
      ...SYSTEM_FOLDERS.map((folder) => bind(folder, folder)),
      bind("/runtime", NODE_FOLDER),
      bind(INSIDE.folder, WORKLOAD),
    ],
    linux: {
      resources: {
        memory: { limit: LIMITS.memoryBytes },
        cpu: { quota: LIMITS.cpus * 100_000, period: 100_000 },
        pids: { limit: LIMITS.pids },
        devices: [{ allow: false, access: "rwm" }],
      },
      namespaces: ["pid", "network", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })),
    },
  };
}
