// Seccomp profiles, in the shape that OCI runtimes and Docker use, to the program that the kernel runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace mayfly {

struct FilterComparison {
  std::uint32_t argument = 0;
  // As libseccomp calls it: SCMP_CMP_EQ, SCMP_CMP_MASKED_EQ, …
  std::string op;
  std::uint64_t value = 0;
  // The compared value where `op` masks with `value`.
  std::uint64_t value_two = 0;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("index", self.argument);
    visit("op", self.op);
    visit("value", self.value);
    visit("valueTwo", self.value_two);
  }
};

struct FilterRule {
  std::vector<std::string> names;
  // SCMP_ACT_ALLOW, SCMP_ACT_ERRNO, …
  std::string action;
  std::uint32_t error = 0;
  std::vector<FilterComparison> comparisons;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("names", self.names);
    visit("action", self.action);
    visit("errnoRet", self.error);
    visit("args", self.comparisons);
  }
};

struct FilterProfile {
  std::string default_action;
  std::uint32_t default_error = 0;
  std::vector<FilterRule> rules;

  template <typename Self, typename Visitor>
  static void Visit(Self& self, Visitor& visit) {
    visit("defaultAction", self.default_action);
    visit("defaultErrnoRet", self.default_error);
    visit("syscalls", self.rules);
  }
};

// The program, as bytes of struct sock_filter[]: a tree over the call's number, which costs a call a few comparisons
// where a list would cost hundreds. System calls of another architecture kill the process; those that are newer than
// every one libseccomp knows answer ENOSYS, so that a C library falls back as on an older kernel.
[[nodiscard]] Result<std::string> CompileFilter(const FilterProfile& profile);

}  // namespace mayfly
