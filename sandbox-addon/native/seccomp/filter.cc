#include "seccomp/filter.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>

#include "base/unique_fd.h"

namespace mayfly {
namespace {

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

constexpr std::uint32_t kX32Bit = 0x40000000;
// Beyond any number of today's kernels; libseccomp names none of the numbers in between.
constexpr int kHighestProbedNumber = 1024;

std::optional<std::uint32_t> ToAction(const std::string& name, std::uint32_t error) {
  if (name == "SCMP_ACT_ALLOW") return SCMP_ACT_ALLOW;
  if (name == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(error);
  if (name == "SCMP_ACT_KILL_PROCESS") return SCMP_ACT_KILL_PROCESS;
  if (name == "SCMP_ACT_LOG") return SCMP_ACT_LOG;
  return std::nullopt;
}

std::optional<scmp_compare> ToCompare(const std::string& name) {
  struct Named {
    const char* name;
    scmp_compare op;
  };
  constexpr std::array kAll = {Named{"SCMP_CMP_NE", SCMP_CMP_NE}, Named{"SCMP_CMP_LT", SCMP_CMP_LT},
                               Named{"SCMP_CMP_LE", SCMP_CMP_LE}, Named{"SCMP_CMP_EQ", SCMP_CMP_EQ},
                               Named{"SCMP_CMP_GE", SCMP_CMP_GE}, Named{"SCMP_CMP_GT", SCMP_CMP_GT},
                               Named{"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
  const auto* found = std::ranges::find_if(kAll, [&](const Named& one) { return name == one.name; });
  if (found == kAll.end()) return std::nullopt;
  return found->op;
}

Error Invalid(const std::string& what, const std::string& name) { return Error{what, name, EINVAL, ""}; }

Result<std::vector<scmp_arg_cmp>> ToComparisons(const FilterRule& rule) {
  std::vector<scmp_arg_cmp> comparisons;
  for (const FilterComparison& one : rule.comparisons) {
    const std::optional<scmp_compare> op = ToCompare(one.op);
    if (!op.has_value()) return Invalid("seccomp comparison", one.op);
    comparisons.push_back({one.argument, *op, one.value, one.value_two});
  }
  return comparisons;
}

Status AddRule(const Context& context, const FilterRule& rule) {
  const std::optional<std::uint32_t> action = ToAction(rule.action, rule.error);
  if (!action.has_value()) return Invalid("seccomp action", rule.action);
  const Result<std::vector<scmp_arg_cmp>> comparisons = ToComparisons(rule);
  if (!comparisons) return comparisons.error();
  for (const std::string& name : rule.names) {
    const int number = seccomp_syscall_resolve_name(name.c_str());
    // A call that this architecture does not have, or that is newer than libseccomp, cannot be named in a filter.
    if (number < 0) continue;
    const int code = seccomp_rule_add_array(context.get(), *action, number,
                                            static_cast<unsigned>(comparisons.value().size()), comparisons.value().data());
    // A rule that is the default already is no error.
    if (code != 0 && code != -EACCES) return Error{"seccomp rule", name, -code, ""};
  }
  return Success();
}

Result<std::string> Export(const Context& context) {
  const UniqueFd file(memfd_create("mayfly-filter", MFD_CLOEXEC));
  if (!file.valid()) return Error{"memfd_create", "", errno, ""};
  if (const int code = seccomp_export_bpf(context.get(), file.get()); code != 0) {
    return Error{"seccomp_export_bpf", "", -code, ""};
  }
  std::string program(static_cast<std::size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
  if (pread(file.get(), program.data(), program.size(), 0) != static_cast<ssize_t>(program.size())) {
    return Error{"read", "seccomp program", errno, ""};
  }
  return program;
}

std::uint32_t HighestKnownNumber() {
  std::uint32_t highest = 0;
  for (int number = 0; number < kHighestProbedNumber; number++) {
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
    if (name != nullptr) highest = static_cast<std::uint32_t>(number);
  }
  return highest;
}

// Runs before libseccomp's program. The architecture is looked at first, for a number means something else on another,
// and x32's numbers are left to the rest, which kills for them.
std::string RefuseNewerCalls(std::uint32_t architecture, std::uint32_t highest) {
  constexpr auto kLoad = static_cast<std::uint16_t>(BPF_LD | BPF_W | BPF_ABS);
  constexpr auto kIfEqual = static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K);
  constexpr auto kIfGreater = static_cast<std::uint16_t>(BPF_JMP | BPF_JGT | BPF_K);
  constexpr auto kIfAnyBit = static_cast<std::uint16_t>(BPF_JMP | BPF_JSET | BPF_K);
  constexpr auto kReturn = static_cast<std::uint16_t>(BPF_RET | BPF_K);
  const std::array<sock_filter, 6> program = {
      sock_filter{kLoad, 0, 0, static_cast<std::uint32_t>(offsetof(seccomp_data, arch))},
      sock_filter{kIfEqual, 0, 4, architecture},
      sock_filter{kLoad, 0, 0, static_cast<std::uint32_t>(offsetof(seccomp_data, nr))},
      sock_filter{kIfAnyBit, 2, 0, kX32Bit},
      sock_filter{kIfGreater, 0, 1, highest},
      sock_filter{kReturn, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
  };
  return {reinterpret_cast<const char*>(program.data()), sizeof program};
}

}  // namespace

Result<std::string> CompileFilter(const FilterProfile& profile) {
  const std::optional<std::uint32_t> fallback = ToAction(profile.default_action, profile.default_error);
  if (!fallback.has_value()) return Invalid("seccomp action", profile.default_action);
  const Context context(seccomp_init(*fallback), &seccomp_release);
  if (context == nullptr) return Error{"seccomp_init", "", ENOMEM, ""};
  seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  constexpr std::uint32_t kTree = 2;
  seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, kTree);
  for (const FilterRule& rule : profile.rules) {
    if (Status added = AddRule(context, rule); !added) return added.error();
  }
  const Result<std::string> program = Export(context);
  if (!program) return program.error();
  return RefuseNewerCalls(seccomp_arch_native(), HighestKnownNumber()) + program.value();
}

}  // namespace mayfly
