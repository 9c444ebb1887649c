#include "launch_traces.h"

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace mayfly::zygote {
namespace {

// proc_pid_stat(5); counted from the field behind the name, which may hold anything.
constexpr std::size_t kEnvStart = 50 - 3;
constexpr std::size_t kEnvEnd = 51 - 3;

std::vector<std::uint64_t> ReadStat() {
  std::string text;
  std::getline(std::ifstream("/proc/self/stat"), text);
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
  std::string state;
  fields >> state;
  std::vector<std::uint64_t> values = {0};
  // Some are negative, none of which is asked for.
  for (std::string value; fields >> value;) values.push_back(std::strtoull(value.c_str(), nullptr, 10));
  return values;
}

}  // namespace

Refusal BlankLaunchEnvironment() {
  const std::vector<std::uint64_t> stat = ReadStat();
  if (stat.size() <= kEnvEnd || stat[kEnvStart] == 0 || stat[kEnvEnd] < stat[kEnvStart])
    return "the kernel does not say where the environment was handed over";
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; variable++) variables.emplace_back(*variable);
  clearenv();
  for (const std::string& variable : variables) {
    const std::size_t equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  std::memset(reinterpret_cast<void*>(stat[kEnvStart]), 0, stat[kEnvEnd] - stat[kEnvStart]);
  return {};
}

}  // namespace mayfly::zygote
