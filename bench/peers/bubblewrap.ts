import { INSIDE, NODE_FOLDER, type Peer, SYSTEM_FOLDERS, WORKLOAD } from "./peer.ts";

export const bubblewrap: Peer = {
  title: "bubblewrap + node",
  what: "6 namespaces (no time, no cgroup limits), own root of bind mounts, no capabilities, no seccomp",
  install: "apt-get install bubblewrap",
  async prepare() {
    const root = SYSTEM_FOLDERS.flatMap((folder) => ["--ro-bind-try", folder, folder]);
    const code = ["--ro-bind", NODE_FOLDER, "/runtime", "--ro-bind", WORKLOAD, INSIDE.folder];
    const own = [
      "--proc",
      "/proc",
      "--dev",
      "/dev",
      "--tmpfs",
      "/tmp",
      "--chdir",
      INSIDE.folder,
      "--clearenv",
    ];
    const walls = ["--unshare-all", "--cap-drop", "ALL", "--new-session", "--die-with-parent"];
    return () => ["bwrap", ...walls, ...root, ...code, ...own, INSIDE.node, INSIDE.program];
  },
};
