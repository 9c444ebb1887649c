import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LIMITS } from "../limits.ts";
import { INSIDE, NODE_FOLDER, type Peer, SYSTEM_FOLDERS, WORKLOAD } from "./peer.ts";

const IMAGE = "mayfly-bench-empty";

/** `docker run` of an image with nothing in it: the host's libraries and node are mounted, as for the other peers. */
export const docker: Peer = {
  title: "docker run + node",
  what: "containerd's container: 5 namespaces (no user, no time), the same cgroup limits, Docker's seccomp profile, no network",
  install: "it needs a running Docker daemon",
  async prepare() {
    await makeImage();
    const mounts = [...SYSTEM_FOLDERS.map((folder) => `${folder}:${folder}:ro`)];
    mounts.push(`${NODE_FOLDER}:/runtime:ro`, `${WORKLOAD}:${INSIDE.folder}:ro`);
    const volumes = mounts.flatMap((mount) => ["--volume", mount]);
    const limits = [
      "--cpus",
      `${LIMITS.cpus}`,
      "--memory",
      `${LIMITS.memoryBytes}`,
      "--pids-limit",
      `${LIMITS.pids}`,
    ];
    const walls = [
      "--network",
      "none",
      "--read-only",
      "--cap-drop",
      "ALL",
      "--tmpfs",
      `/tmp:size=${LIMITS.tmpfsBytes}`,
    ];
    const command = ["docker", "run", "--rm", "--interactive", ...walls, ...limits, ...volumes] as const;
    return () => [...command, "--workdir", INSIDE.folder, IMAGE, INSIDE.node, INSIDE.program];
  },
};

/** An empty archive is two blocks of zeros. */
async function makeImage(): Promise<void> {
  const importing = promisify(execFile)("docker", ["import", "-", IMAGE]);
  importing.child.stdin?.on("error", () => {}); // A client without a daemon says so on stderr.
  importing.child.stdin?.end(Buffer.alloc(1024));
  try {
    await importing;
  } catch (error) {
    throw new Error(((error as { stderr?: string }).stderr || String(error)).trim().split("\n")[0]);
  }
}
