import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cgroupMode, UNIFIED_MOUNT } from "../host.ts";
import { LIMITS } from "../limits.ts";
import { INSIDE, NODE_FOLDER, type Peer, SYSTEM_FOLDERS, WORKLOAD } from "./peer.ts";

export const crun: Peer = {
  title: "crun + node",
  what: "OCI container: 6 namespaces (no user, no time), the same cgroup limits, own root of bind mounts, no capabilities, no seccomp",
  install: "apt-get install crun",
  async prepare(folder) {
    const config = ociConfig();
    // crun makes a mount point that is missing, and two at the same time would both try.
    for (const { destination } of config.mounts)
      await mkdir(join(folder, "rootfs", destination), { recursive: true });
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    const options = ["--root", join(folder, "state"), "run", "--bundle", folder];
    return (call) => ["crun", ...options, `mayfly-bench-${process.pid}-${call}`];
  },
  // crun 1.8 refuses a host with both cgroup versions, so its trials see none but the first.
  async around() {
    if ((await cgroupMode()) !== "hybrid") return [];
    return ["unshare", "--mount", "sh", "-c", `umount -l ${UNIFIED_MOUNT} && exec "$@"`, "sh"];
  },
};

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
