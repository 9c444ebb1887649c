import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LIMITS } from "../limits.ts";
import { INSIDE, NODE_FOLDER, type Peer, SYSTEM_FOLDERS, WORKLOAD } from "./peer.ts";

const IMAGE = "mayfly-bench-empty";

/** An archive without files. */
const EMPTY_ARCHIVE = Buffer.alloc(1024);

/** Given as an option where the environment names one, since a trial's processes get no environment. */
const { DOCKER_HOST: host } = process.env;
const DAEMON = host === undefined ? [] : ["--host", host];

/** `docker run` of an image with nothing in it: the host's libraries and node are mounted, as for the other peers. */
export const docker: Peer = {
  title: "docker run + node",
  what: "a container by way of dockerd, containerd and runc: 5 namespaces (no user, no time), the same cgroup limits, Docker's seccomp profile, no network",
  install: "it needs a running Docker daemon",
  async prepare() {
    await makeImage();
    const folders = [
      ...SYSTEM_FOLDERS.map((folder) => [folder, folder]),
      [NODE_FOLDER, "/runtime"],
      [WORKLOAD, INSIDE.folder],
    ];
    const options = {
      network: "none",
      "cap-drop": "ALL",
      cpus: LIMITS.cpus,
      memory: LIMITS.memoryBytes,
      "pids-limit": LIMITS.pids,
      tmpfs: `/tmp:size=${LIMITS.tmpfsBytes}`,
      workdir: INSIDE.folder,
    };
    const words = [
      ...["run", "--rm", "--interactive", "--read-only"],
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
      ...folders.map(([source, target]) => `--volume=${source}:${target}:ro`),
      ...[IMAGE, INSIDE.node, INSIDE.program],
    ];
    return () => ["docker", ...DAEMON, ...words];
  },
};

/** @throws Error in the client's own words, where there is no daemon */
async function makeImage(): Promise<void> {
  const run = promisify(execFile);
  if (await run("docker", [...DAEMON, "image", "inspect", IMAGE]).catch(() => null)) return;
  const importing = run("docker", [...DAEMON, "import", "-", IMAGE]);
  importing.child.stdin?.on("error", () => {}); // A client without a daemon says why on stderr.
  importing.child.stdin?.end(EMPTY_ARCHIVE);
  await importing.catch((error: Error & { stderr?: string }) => {
    throw new Error(error.stderr?.trim().split("\n")[0] || error.message, { cause: error });
  });
}
