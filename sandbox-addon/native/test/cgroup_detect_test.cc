// Which cgroups a host has, read from the texts that real hosts give.
#include "cgroup/cgroup.h"
#include "test/tap.h"

using mayfly::CgroupLayout;
using mayfly::CgroupMode;
using mayfly::ParseCgroups;
using mayfly::Result;
using mayfly::tap::Check;

namespace {

constexpr const char* kSystemdV2Mounts =
    "23 28 0:22 / /sys rw,nosuid - sysfs sysfs rw\n"
    "29 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

constexpr const char* kSystemdV1Mounts =
    "31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:1 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "36 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
    "37 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n";

constexpr const char* kV1Cgroup = "9:name=systemd:/user\n8:pids:/a\n4:memory:/process_api/d4\n2:cpu,cpuacct:/\n";

void SystemdV2() {
  const Result<CgroupLayout> layout = ParseCgroups(kSystemdV2Mounts, "0::/user.slice/session-1.scope\n", "");
  Check(layout.ok() && layout.value().mode == CgroupMode::kV2, "a host with cgroup2 alone is v2");
  Check(layout.value().hierarchies.size() == 1 && layout.value().hierarchies[0].own == "user.slice/session-1.scope",
        "the own cgroup is read from the line of hierarchy 0");
}

void SystemdV1AndHybrid() {
  const Result<CgroupLayout> v1 = ParseCgroups(kSystemdV1Mounts, kV1Cgroup, "");
  Check(v1.ok() && v1.value().mode == CgroupMode::kV1, "a host with v1 hierarchies alone is v1");
  Check(v1.value().hierarchies.size() == 3, "hierarchies of controllers that we do not use are left out");
  Check(v1.value().hierarchies[0].name == "cpu,cpuacct" && v1.value().hierarchies[0].Has("cpuacct"),
        "controllers that are mounted together are one hierarchy");
  Check(v1.value().hierarchies[1].own == "process_api/d4", "each hierarchy has its own place for us");

  const std::string both =
      std::string(kSystemdV1Mounts) + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
  const std::string cgroup = std::string(kV1Cgroup) + "0::/init.scope\n";
  const Result<CgroupLayout> hybrid = ParseCgroups(both, cgroup, "");
  Check(hybrid.ok() && hybrid.value().mode == CgroupMode::kHybrid, "v1 controllers beside a cgroup2 mount are hybrid");
  Check(hybrid.value().hierarchies.back().own == "init.scope", "the hybrid's v2 place is the line without controllers");
  const Result<CgroupLayout> forced = ParseCgroups(both, cgroup, "v1");
  Check(forced.ok() && forced.value().mode == CgroupMode::kV1, "a hybrid host can be read as v1");
  Check(!ParseCgroups(both, cgroup, "v2").ok(), "a hybrid host cannot be read as v2");
}

void Containers() {
  const Result<CgroupLayout> shared_namespace = ParseCgroups(
      "50 40 0:26 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n", "4:memory:/docker/abc/x\n", "");
  Check(shared_namespace.ok() && shared_namespace.value().hierarchies[0].own == "x",
        "without a cgroup namespace the own path is taken below the mount's root");
  const Result<CgroupLayout> outside =
      ParseCgroups("50 40 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/../sibling\n", "");
  Check(outside.ok() && outside.value().hierarchies[0].own.empty(),
        "an own cgroup outside of the cgroup namespace falls back to the mount's root");
  const Result<CgroupLayout> spaced =
      ParseCgroups("50 40 0:26 / /sys/fs/my\\040cgroup rw - cgroup2 cgroup rw\n", "0::/\n", "");
  Check(spaced.ok() && spaced.value().hierarchies[0].mount_point == "/sys/fs/my cgroup",
        "escapes of mountinfo are undone");
}

void Nothing() {
  const Result<CgroupLayout> none = ParseCgroups("23 28 0:22 / /sys rw,nosuid - sysfs sysfs rw\n", "", "");
  Check(!none.ok() && !none.error().hint.empty(), "a host without cgroups is an error that tells the remedy");
}

}  // namespace

int main() {
  SystemdV2();
  SystemdV1AndHybrid();
  Containers();
  Nothing();
  return mayfly::tap::Finish();
}
