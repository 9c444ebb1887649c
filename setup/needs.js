// @ts-check

/**
 * What a machine must have, how its presence is seen, and what each package manager calls it.
 *
 * @typedef {{ executable: string } | { file: string[] }} Evidence
 * @typedef {{ evidence: Evidence, apt: string, dnf: string, apk: string, pacman: string }} Need
 */

/** @type {Need[]} */
const TO_RUN = [
  {
    evidence: { executable: "redis-server" },
    apt: "redis-server",
    dnf: "redis",
    apk: "redis",
    pacman: "redis",
  },
  { evidence: { executable: "g++" }, apt: "g++", dnf: "gcc-c++", apk: "g++", pacman: "gcc" },
  { evidence: { executable: "make" }, apt: "make", dnf: "make", apk: "make", pacman: "make" },
  { evidence: { executable: "python3" }, apt: "python3", dnf: "python3", apk: "python3", pacman: "python" },
  // Comes with Python's headers.
  {
    evidence: { executable: "python3-config" },
    apt: "python3-dev",
    dnf: "python3-devel",
    apk: "python3-dev",
    pacman: "python",
  },
  {
    evidence: { executable: "setpriv" },
    apt: "util-linux",
    dnf: "util-linux",
    apk: "setpriv",
    pacman: "util-linux",
  },
  {
    evidence: { file: ["/usr/include/seccomp.h"] },
    apt: "libseccomp-dev",
    dnf: "libseccomp-devel",
    apk: "libseccomp-dev",
    pacman: "libseccomp",
  },
];

/** @type {Need[]} */
const TO_BENCH = [
  {
    evidence: { executable: "bwrap" },
    apt: "bubblewrap",
    dnf: "bubblewrap",
    apk: "bubblewrap",
    pacman: "bubblewrap",
  },
  { evidence: { executable: "crun" }, apt: "crun", dnf: "crun", apk: "crun", pacman: "crun" },
  { evidence: { executable: "runc" }, apt: "runc", dnf: "runc", apk: "runc", pacman: "runc" },
];

/** @type {Need[]} */
const TO_CHECK = [
  {
    evidence: { executable: "clang-tidy" },
    apt: "clang-tidy",
    dnf: "clang-tools-extra",
    apk: "clang-extra-tools",
    pacman: "clang",
  },
];

/** @type {Need[]} */
const TO_TEST = [
  {
    evidence: { executable: "promtool" },
    apt: "prometheus",
    dnf: "golang-github-prometheus",
    apk: "prometheus",
    pacman: "prometheus",
  },
  {
    evidence: { executable: "docker-compose" },
    apt: "docker-compose",
    dnf: "docker-compose",
    apk: "docker-compose",
    pacman: "docker-compose",
  },
  {
    evidence: { executable: "qemu-system-x86_64" },
    apt: "qemu-system-x86",
    dnf: "qemu-system-x86",
    apk: "qemu-system-x86_64",
    pacman: "qemu-system-x86",
  },
  {
    evidence: { executable: "busybox" },
    apt: "busybox-static",
    dnf: "busybox",
    apk: "busybox-static",
    pacman: "busybox",
  },
  { evidence: { executable: "depmod" }, apt: "kmod", dnf: "kmod", apk: "kmod", pacman: "kmod" },
  ...TO_BENCH,
];

/** @typedef {"run" | "test" | "check" | "bench"} Purpose */
/** @type {Record<Purpose, Need[]>} */
export const NEEDS = {
  run: TO_RUN,
  test: [...TO_RUN, ...TO_TEST],
  check: TO_CHECK,
  bench: [...TO_RUN, ...TO_BENCH],
};
