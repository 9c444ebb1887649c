import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import {
  checkCgroups,
  checkDataFolder,
  checkDisk,
  checkHostNode,
  checkPlatform,
  checkPorts,
  checkUserNamespaces,
} from "./preconditions.js";

const homes = ["memory", "pids", "cpu"].map((controller) => ({
  controller,
  folder: `/sys/fs/cgroup/${controller}`,
}));

describe("what cannot work is one sentence with the remedy", () => {
  test("another system, another processor, an old Node", () => {
    expect(() => checkPlatform("darwin", "arm64")).toThrow(
      /needs Linux .* this is darwin\. Use a virtual machine\.$/,
    );
    expect(() => checkPlatform("linux", "ia32")).toThrow(/runs on x64 and arm64, and this is ia32/);
    expect(() => checkHostNode("18.20.4")).toThrow(
      "Node 18.20.4 is too old to set Mayfly up. Install Node 20 or newer.",
    );
    expect(() => checkHostNode("20.0.0")).not.toThrow();
  });

  test("a full disk", () => {
    expect(() => checkDisk("/", 2 ** 60)).toThrow(
      /^The disk of \/ has \d+ MiB left, and \d+ MiB are needed\. Make room/,
    );
    expect(() => checkDisk("/", 1)).not.toThrow();
  });

  test("a data folder that cannot be made", () => {
    expect(() => checkDataFolder("/etc/passwd/mayfly")).toThrow(
      /^The data folder \/etc\/passwd\/mayfly cannot be made: .* MAYFLY_DATA_DIR\.$/,
    );
  });

  test("no user namespaces", () => {
    const refused = ["sh", "-c", "echo 'unshare failed: Operation not permitted' >&2; exit 1"];
    expect(() => checkUserNamespaces(refused)).toThrow(
      /could not be made \(unshare failed: Operation not permitted\)\. Allow them with: sysctl -w user\.max_user_namespaces/,
    );
    expect(() => checkUserNamespaces(["/no/such/unshare"])).toThrow(/unshare is missing: install util-linux/);
  });

  test("a port that is taken is named, with the variable that names another", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const wanted = [{ variable: "MAYFLY_PORT", host: "127.0.0.1", port }];
    await expect(checkPorts(wanted)).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is in use. Name another with MAYFLY_PORT, or see who has it with: ss -ltnp 'sport = :${port}'`,
    );
    await new Promise((resolve) => server.close(resolve));
    await expect(checkPorts(wanted)).resolves.toBeUndefined();
  });

  test.each([99_999, -1, 80.5, Number.NaN])("%s is no port", async (port) => {
    const wanted = [{ variable: "MAYFLY_PORT", host: "127.0.0.1", port }];
    await expect(checkPorts(wanted)).rejects.toThrow(
      "MAYFLY_PORT is no port: it takes a whole number from 0 to 65535.",
    );
  });

  test("an address that this machine does not have", async () => {
    const wanted = [{ variable: "MAYFLY_PORT", host: "192.0.2.1", port: 8080 }];
    await expect(checkPorts(wanted)).rejects.toThrow("cannot be listened on (EADDRNOTAVAIL)");
  });
});

describe("cgroups", () => {
  test("a controller that is not there", () => {
    expect(() => checkCgroups(true, false, homes.slice(1), () => null)).toThrow(
      /^The cgroup controller "memory" is not available to this process\. .*Delegate=yes/,
    );
  });

  test("a hierarchy that is read-only", () => {
    expect(() => checkCgroups(true, false, homes, () => "EROFS")).toThrow(
      "The cgroup hierarchy /sys/fs/cgroup/memory is read-only. Make it writable: mount -o remount,rw /sys/fs/cgroup/memory;",
    );
  });

  test("neither root nor sudo nor a delegated cgroup", () => {
    expect(() => checkCgroups(false, false, homes, () => "EACCES")).toThrow(
      /\(EACCES\)\. Run as root, install sudo, or delegate a cgroup: systemd-run --user --scope --property=Delegate=yes npm start\.$/,
    );
    expect(() => checkCgroups(false, true, homes, () => "EACCES")).not.toThrow();
    expect(() => checkCgroups(false, false, homes, () => null)).not.toThrow();
  });

  test("a container whose root may not", () => {
    expect(() => checkCgroups(true, true, homes, () => "EPERM")).toThrow(
      /not even by root \(EPERM\).*CAP_SYS_ADMIN/,
    );
  });
});
